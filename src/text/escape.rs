//! Bytes made fit to be shown: whatever a peer, a file or the wire sent, the terminal gets no
//! control byte of theirs, and no byte is lost.

use std::borrow::Cow;
use std::fmt::Write;

use serde::{Deserialize, Deserializer};

/// How many bytes are looked at together.
const BLOCK: usize = 32;

/// Bytes as text in one line: UTF-8 as it is, everything else and everything that could steer a
/// terminal or reorder a line as a backslash escape. The escapes are Rust's own (`\n`, `\\`,
/// `\xff`, `\u{202e}`), so the bytes can be read back without loss.
pub fn text(bytes: &[u8]) -> String {
    let mut shown = String::with_capacity(bytes.len());
    push_text(&mut shown, bytes);
    shown
}

/// Adds the same to a line.
pub fn push_text(shown: &mut String, bytes: &[u8]) {
    escape(shown, bytes, "\\\\");
}

/// The same for a line that is read by a person and not read back: a backslash stays one.
pub fn line(bytes: &[u8]) -> String {
    let mut shown = String::with_capacity(bytes.len());
    push_line(&mut shown, bytes);
    shown
}

/// Adds the same to a longer one.
pub fn push_line(shown: &mut String, bytes: &[u8]) {
    escape(shown, bytes, "\\");
}

/// Reads a text out of a file, made fit to be shown: what was written there by ourselves comes back
/// as it was.
///
/// # Errors
/// What the file's own format reports.
pub fn stored<'de, D: Deserializer<'de>>(stored: D) -> Result<Cow<'static, str>, D::Error> {
    let text = String::deserialize(stored)?;
    Ok(Cow::Owned(line(text.as_bytes())))
}

fn escape(shown: &mut String, bytes: &[u8], backslash: &str) {
    // Most of what is sent is plain ASCII, and goes through as it is. Looked at in blocks, whose
    // bytes the machine compares all at once.
    let is_plain = |byte: &u8| (b' '..=b'~').contains(byte) & (*byte != b'\\');
    let blocks = bytes.chunks(BLOCK);
    let plain = blocks.take_while(|block| block.iter().fold(true, |plain, byte| plain & is_plain(byte)));
    let (plain, bytes) = bytes.split_at(bytes.len().min(BLOCK * plain.count()));
    shown.push_str(str::from_utf8(plain).expect("it is ASCII"));
    for chunk in bytes.utf8_chunks() {
        for character in chunk.valid().chars() {
            match character {
                '\\' => shown.push_str(backslash),
                _ => push(shown, character),
            }
        }
        for byte in chunk.invalid() {
            write!(shown, "\\x{byte:02x}").expect("writing to a String cannot fail");
        }
    }
}

fn push(shown: &mut String, character: char) {
    match character {
        '\n' => shown.push_str("\\n"),
        '\r' => shown.push_str("\\r"),
        '\t' => shown.push_str("\\t"),
        '\0'..='\x1f' | '\x7f' => {
            write!(shown, "\\x{:02x}", character as u32).expect("writing to a String cannot fail");
        }
        _ if is_unsafe(character) => {
            write!(shown, "\\u{{{:x}}}", character as u32).expect("writing to a String cannot fail");
        }
        _ => shown.push(character),
    }
}

/// Whether a character stands for itself on a terminal.
pub fn is_plain(character: char) -> bool {
    matches!(character, ' '..='~') || !character.is_control() && !is_unsafe(character)
}

/// Characters that have no picture of their own but change how others look: C1 controls,
/// separators, zero-width marks, bidirectional controls, tags, variation selectors, fillers.
fn is_unsafe(character: char) -> bool {
    matches!(character,
        '\u{80}'..='\u{9f}'
        | '\u{ad}' | '\u{34f}' | '\u{61c}'
        | '\u{115f}'..='\u{1160}' | '\u{17b4}'..='\u{17b5}'
        | '\u{180b}'..='\u{180f}'
        | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
        | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}'
        | '\u{fff0}'..='\u{fffb}'
        | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}'
        | '\u{e0000}'..='\u{e0fff}')
}

/// The bytes that a person means with a text in which `\n`, `\t`, `\r`, `\0`, `\\` and `\xff` may
/// stand for bytes that are hard to type. Anything else after a backslash stays as it is.
pub fn bytes(text: &str) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('\\') {
        bytes.extend(before.as_bytes());
        let hex = after.strip_prefix('x').and_then(|digits| u8::from_str_radix(digits.get(..2)?, 16).ok());
        let (byte, taken) = match (after.chars().next(), hex) {
            (Some('n'), _) => (b'\n', 1),
            (Some('t'), _) => (b'\t', 1),
            (Some('r'), _) => (b'\r', 1),
            (Some('0'), _) => (0, 1),
            (Some('\\'), _) => (b'\\', 1),
            (Some('x'), Some(byte)) => (byte, 3),
            _ => (b'\\', 0),
        };
        bytes.push(byte);
        rest = &after[taken..];
    }
    bytes.extend(rest.as_bytes());
    bytes
}

/// Bytes as two-digit hexadecimal numbers with a space between them.
pub fn hex(bytes: &[u8]) -> String {
    let mut shown = String::with_capacity(bytes.len() * 3);
    push_hex(&mut shown, bytes);
    shown
}

/// Adds the same to a line.
pub fn push_hex(shown: &mut String, bytes: &[u8]) {
    let digit = |number: u8| char::from(b"0123456789abcdef"[usize::from(number)]);
    for (index, &byte) in bytes.iter().enumerate() {
        if index > 0 {
            shown.push(' ');
        }
        shown.push(digit(byte >> 4));
        shown.push(digit(byte & 15));
    }
}

#[cfg(test)]
mod tests {
    use super::{bytes, hex, line, text};

    #[test]
    fn plain_text_and_korean_stay_as_they_are() {
        assert_eq!(text("hi 안녕 \u{1f600}".as_bytes()), "hi 안녕 \u{1f600}");
    }

    #[test]
    fn nothing_that_steers_a_terminal_gets_through() {
        assert_eq!(text(b"\x1b[31m\x07\x7f\n"), "\\x1b[31m\\x07\\x7f\\n");
        assert_eq!(
            text("\u{9b}31m\u{202e}\u{200b}\u{feff}".as_bytes()),
            "\\u{9b}31m\\u{202e}\\u{200b}\\u{feff}"
        );
        assert_eq!(text(b"\xff\xc3(\xe2\x82"), "\\xff\\xc3(\\xe2\\x82");
    }

    #[test]
    fn every_single_byte_is_shown_in_printable_ascii() {
        for byte in 0..=u8::MAX {
            let shown = text(&[byte]);
            assert!(
                !shown.is_empty() && shown.chars().all(|c| (' '..='~').contains(&c)),
                "{byte:#x}: {shown}"
            );
        }
    }

    #[test]
    fn a_backslash_cannot_be_mistaken_for_an_escape() {
        assert_eq!(text(b"\\x1b"), "\\\\x1b");
        assert_eq!(line(b"a\\b\x1b"), "a\\b\\x1b");
    }

    #[test]
    fn what_a_person_means() {
        assert_eq!(bytes("hi\\n안\\t\\\\n\\x1b\\q\\x"), "hi\n안\t\\n\x1b\\q\\x".as_bytes());
        assert_eq!(bytes(""), b"");
    }

    #[test]
    fn hexadecimal() {
        assert_eq!(hex(b"hi"), "68 69");
        assert_eq!(hex(b""), "");
    }
}
