//! The short notations that the pictures share: a call with its arguments, its result, a segment's
//! numbers. Whatever came from a peer is escaped here.

use std::io;
use std::net::SocketAddr;

use super::columns::push_spaces;
use super::digits::push_number;
use crate::event::{Arg, Bytes, Intent, Outcome, Reading};
use crate::tcp::segment::Segment;
use crate::text::escape;

/// The longest that a call's bytes are written out, in bytes. The rest is counted.
const MOST_BYTES: usize = 64;

/// Words that say nothing about the conversation: JSON lines have them.
const SILENT: [&str; 4] = ["SOCK_CLOEXEC", "IPPROTO_IP", "IPPROTO_TCP", "MSG_CMSG_CLOEXEC"];

/// `connect(127.0.0.1:12000)`.
pub fn call(intent: &Intent) -> String {
    let telling = |arg: &&Arg| !matches!(arg, Arg::Word(word) if SILENT.contains(&word.as_ref()));
    let args: Vec<_> = intent.args.iter().filter(telling).map(argument).collect();
    format!("{}({})", intent.op.name(), args.join(", "))
}

fn argument(arg: &Arg) -> String {
    match arg {
        Arg::Address(address) => address.to_string(),
        Arg::Number(number) => number.to_string(),
        Arg::Bytes(bytes) => moved(bytes),
        Arg::Word(word) => word.replace("|SOCK_CLOEXEC", "").replace("SOCK_CLOEXEC|", ""),
    }
}

/// What a call returned: `3`, `"hi"`, `ECONNREFUSED`.
pub fn result(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Done(number) => number.to_string(),
        Outcome::Received(bytes) if bytes.is_empty() => "0".to_owned(),
        Outcome::Received(bytes) => format!("{} {}", bytes.length, moved(bytes)),
        Outcome::Messages(count, bytes) => format!("{count}, {}", bytes.length),
        Outcome::Answered(answer) => argument(answer),
        Outcome::Accepted(descriptor, peer) => format!("{descriptor}, {}", client(*peer)),
        Outcome::Failed(error) => error.name().to_owned(),
        Outcome::Killed(signal) => signal.to_string(),
    }
}

/// The bytes of a call in quotes, as far as they were kept.
fn moved(bytes: &Bytes) -> String {
    let mut line = String::new();
    match bytes.kept.is_empty() && bytes.length > 0 {
        true => push_rest(&mut line, bytes.length),
        false => push_cut(&mut line, &bytes.kept, bytes.length),
    }
    line
}

/// The client's address without its port: the kernel draws that at random, and a picture should be
/// the same on every run. JSON lines have it.
fn client(peer: SocketAddr) -> String {
    format!("{}:*", peer.ip())
}

/// Adds bytes in quotes to a line, escaped, the end of long ones counted only.
pub fn push_quoted(line: &mut String, bytes: &[u8]) {
    push_cut(line, bytes, bytes.len());
}

/// Adds the first of `length` bytes to a line, and counts the others.
fn push_cut(line: &mut String, bytes: &[u8], length: usize) {
    // A character is not torn in two by the shortening.
    let cut = match bytes.len() <= MOST_BYTES {
        true => bytes.len(),
        false => {
            (MOST_BYTES - 3..=MOST_BYTES).rev().find(|&at| bytes[at] & 0xc0 != 0x80).unwrap_or(MOST_BYTES)
        }
    };
    line.push('"');
    escape::push_text(line, &bytes[..cut]);
    line.push('"');
    push_rest(line, length - cut);
}

/// Adds bytes in hexadecimal to a line, the end of long ones counted only.
pub fn push_hex(line: &mut String, bytes: &[u8]) {
    let cut = bytes.len().min(MOST_BYTES);
    escape::push_hex(line, &bytes[..cut]);
    push_rest(line, bytes.len() - cut);
}

fn push_rest(line: &mut String, rest: usize) {
    if rest > 0 {
        line.push_str("… +");
        push_number(line, rest as u64);
    }
}

/// Adds `PSH,ACK  seq 1  ack 1  len 2` to a line, the flags filled up so that the numbers stand in a
/// column.
pub fn push_numbers(line: &mut String, segment: &Segment, reading: &Reading, absolute: bool) {
    let start = line.len();
    for name in segment.flags.names() {
        if line.len() > start {
            line.push(',');
        }
        line.push_str(name);
    }
    let used = line.len() - start;
    push_spaces(line, 9usize.saturating_sub(used).max(1));
    let (seq, ack) = sequence(segment, reading, absolute);
    line.push_str("seq ");
    push_number(line, seq.into());
    if let Some(ack) = ack {
        line.push_str("  ack ");
        push_number(line, ack.into());
    }
    if segment.length > 0 {
        line.push_str("  len ");
        push_number(line, segment.length as u64);
    }
}

/// Sequence and acknowledgment number, counted from each end's first or as they were on the wire.
pub fn sequence(segment: &Segment, reading: &Reading, absolute: bool) -> (u32, Option<u32>) {
    match absolute {
        true => (segment.seq, reading.ack.map(|_| segment.ack)),
        false => (reading.seq, reading.ack),
    }
}

/// Hands out the payload in rows of `per_row` bytes: as they are, and as text. A character stands in
/// the row of its first byte; one that has no picture is a dot, as it is in every hex dump.
///
/// # Errors
/// What `each` reports.
pub fn dump(
    bytes: &[u8],
    per_row: usize,
    mut each: impl FnMut(&[u8], &str) -> io::Result<()>,
) -> io::Result<()> {
    let mut text = String::with_capacity(bytes.len());
    // Where the text of each row ends.
    let mut ends = Vec::with_capacity(bytes.len() / per_row + 1);
    let mut at = 0;
    let mut show = |character, length| {
        while at >= per_row * (ends.len() + 1) {
            ends.push(text.len());
        }
        text.push(character);
        at += length;
    };
    for chunk in bytes.utf8_chunks() {
        for character in chunk.valid().chars() {
            let shown = if escape::is_plain(character) { character } else { '.' };
            show(shown, character.len_utf8());
        }
        for _ in chunk.invalid() {
            show('.', 1);
        }
    }
    let mut start = 0;
    for (index, row) in bytes.chunks(per_row).enumerate() {
        let end = ends.get(index).copied().unwrap_or(text.len());
        each(row, &text[start..end])?;
        start = end;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{dump, push_quoted};
    use crate::text::escape;

    #[test]
    fn long_bytes_are_counted_and_no_character_is_torn() {
        let long = "안".repeat(30);
        let quoted = |bytes: &[u8]| {
            let mut line = String::new();
            push_quoted(&mut line, bytes);
            line
        };
        assert_eq!(quoted(long.as_bytes()), format!("\"{}\"… +27", "안".repeat(21)));
        assert_eq!(quoted(b"h\n"), "\"h\\n\"");
    }

    #[test]
    fn a_dump_has_every_byte_and_every_character_once() {
        let dump = |bytes: &[u8], per_row| {
            let mut rows = Vec::new();
            dump(bytes, per_row, |row, text| {
                rows.push((escape::hex(row), text.to_owned()));
                Ok(())
            })
            .unwrap();
            rows
        };
        assert_eq!(dump(b"hi", 8), [("68 69".into(), "hi".into())]);
        let rows = dump("안녕\x1b[m\u{202e}".as_bytes(), 4);
        assert_eq!(rows[0], ("ec 95 88 eb".into(), "안녕".into()));
        assert_eq!(rows[1], ("85 95 1b 5b".into(), ".[".into()));
        assert_eq!(rows[2], ("6d e2 80 ae".into(), "m.".into()));
        assert_eq!(dump(b"\xff\xfe", 8)[0].1, "..");
        assert_eq!(
            dump("abc안".as_bytes(), 4),
            [("61 62 63 ec".into(), "abc안".into()), ("95 88".into(), "".into())]
        );
    }
}
