//! The tutorial's own rules: which mode a sentence asks for, how a request comes out of the byte
//! stream, and the conversion. CPython's `isupper`, `islower`, `upper` and `lower` are the measure.

use std::time::Duration;

/// How much one `recv` of the tutorial asks for, in bytes.
pub const PIECE: usize = 1024;

/// The longest request that is taken, in bytes. A peer that sends more is no client of ours.
pub const LONGEST: usize = 1 << 20;

/// The longest answer that is taken, in bytes: no case mapping of Unicode makes UTF-8 more than
/// three times as long.
pub const LONGEST_ANSWER: usize = 3 * LONGEST;

/// The mode that a sentence asks for by itself: all upper case wants lower (`2`), all lower case
/// wants upper (`1`). None where a person has to be asked.
pub fn mode_of(sentence: &str) -> Option<&'static str> {
    if is_upper(sentence) {
        Some("2")
    } else if is_lower(sentence) {
        Some("1")
    } else {
        None
    }
}

/// Whether there is an upper-case character and none of another case, as `str.isupper` says it.
fn is_upper(sentence: &str) -> bool {
    sentence.chars().any(char::is_uppercase) && !sentence.chars().any(|c| c.is_lowercase() || is_title(c))
}

/// Whether there is a lower-case character and none of another case, as `str.islower` says it.
fn is_lower(sentence: &str) -> bool {
    sentence.chars().any(char::is_lowercase) && !sentence.chars().any(|c| c.is_uppercase() || is_title(c))
}

/// The title-case letters (general category Lt), such as U+01C5: neither upper nor lower case.
fn is_title(character: char) -> bool {
    matches!(character,
        '\u{1c5}' | '\u{1c8}' | '\u{1cb}' | '\u{1f2}'
        | '\u{1f88}'..='\u{1f8f}' | '\u{1f98}'..='\u{1f9f}' | '\u{1fa8}'..='\u{1faf}'
        | '\u{1fbc}' | '\u{1fcc}' | '\u{1ffc}')
}

/// The answer to a sentence: upper case for mode `1`, lower case for `2`, `Error` for any other.
pub fn convert(sentence: &str, mode: &str) -> String {
    match mode {
        "1" => sentence.to_uppercase(),
        "2" => sentence.to_lowercase(),
        _ => "Error".to_owned(),
    }
}

/// How long a client is waited for that has said nothing yet, at a time.
const LOOK: Duration = Duration::from_secs(2);

/// How many times: its person may be typing.
const MOST_LOOKS: u32 = 150;

/// A request on its way out of the byte stream.
///
/// The tutorial sends a sentence and then a mode, and nothing on the wire says where one ends and
/// the other begins. `recv` may return them together, apart, or in many pieces. What both ends can
/// rely on is the order: whatever comes last is the mode.
#[derive(Debug, Default)]
pub struct Request {
    bytes: Vec<u8>,
    /// Where each piece began.
    pieces: Vec<usize>,
    ended: bool,
    /// How many times nothing had come.
    looks: u32,
}

impl Request {
    /// A request of which nothing has come.
    pub fn new() -> Request {
        Request::default()
    }

    /// Adds what one `recv` returned. No bytes are the end of the stream.
    pub fn push(&mut self, piece: &[u8]) {
        match piece {
            [] => self.ended = true,
            _ => self.pieces.push(self.bytes.len()),
        }
        self.bytes.extend_from_slice(piece);
    }

    /// How long it is worth waiting for more; none when the request is whole.
    ///
    /// Only the tutorial's own rhythm can be known at once: two pieces, the second a lone mode. For
    /// everything else silence decides: a short one if a mode may have come already, and a longer
    /// one if it must still be on its way.
    pub fn patience(&self) -> Option<Duration> {
        if self.ended || self.bytes.len() > LONGEST {
            return None;
        }
        match (self.pieces.as_slice(), self.bytes.last()) {
            (&[], _) => Some(LOOK),
            (&[_, second], _) if matches!(self.bytes[second..], [b'1' | b'2']) => None,
            (_, Some(b'1' | b'2')) => Some(Duration::from_millis(200)),
            (_, _) => Some(Duration::from_secs(1)),
        }
    }

    /// Nothing came for that long. What has come is all, then; a client that has said nothing at all is
    /// waited for, as long as no other one has to wait for it. False when it is given up.
    pub fn stands_silence(&mut self, other_waits: bool) -> bool {
        if !self.bytes.is_empty() {
            self.ended = true;
            return true;
        }
        self.looks += 1;
        !other_waits && self.looks < MOST_LOOKS
    }

    /// The sentence and the mode, once nothing more is awaited.
    pub fn parts(&self) -> (&[u8], &[u8]) {
        let split = match *self.pieces.as_slice() {
            // Apart, as they were sent; a mode such as `12` stays whole, and is an error.
            [_, second] if second < PIECE && self.bytes[second..].iter().all(u8::is_ascii_digit) => second,
            _ => self.bytes.len().saturating_sub(1),
        };
        self.bytes.split_at(split)
    }

    /// What the server answers. A sentence that is not UTF-8 is an error too, as a wrong mode is.
    pub fn answer(&self) -> String {
        let (sentence, mode) = self.parts();
        match (str::from_utf8(sentence), str::from_utf8(mode)) {
            (Ok(sentence), Ok(mode)) if self.bytes.len() <= LONGEST => convert(sentence, mode),
            _ => "Error".to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{PIECE, Request, convert, mode_of};

    /// The answer to pieces after which nothing more came.
    fn answer(pieces: &[&str]) -> String {
        let mut request = Request::new();
        pieces.iter().for_each(|piece| request.push(piece.as_bytes()));
        request.answer()
    }

    #[test]
    fn the_mode_a_sentence_asks_for() {
        for (sentence, mode) in [
            ("hi", Some("1")),
            ("HI", Some("2")),
            ("Hi", None),
            ("hi 1!", Some("1")),
            ("A1", Some("2")),
            ("123", None),
            ("안녕", None),
            ("", None),
            ("안녕 a", Some("1")),
            ("\u{1c5}", None),
            ("A\u{1c5}", None),
            ("\u{aa}", Some("1")),
            ("\u{2160}", Some("2")),
        ] {
            assert_eq!(mode_of(sentence), mode, "{sentence:?}");
        }
    }

    #[test]
    fn conversion_is_pythons() {
        assert_eq!(convert("straße", "1"), "STRASSE");
        assert_eq!(convert("ΑΣ ΣΑ Σ", "2"), "ας σα σ");
        assert_eq!(convert("İ", "2"), "i\u{307}");
        assert_eq!(convert("hi", "3"), "Error");
        assert_eq!(convert("hi", ""), "Error");
    }

    #[test]
    fn the_tutorials_rhythm_is_known_at_once() {
        let mut request = Request::new();
        request.push(b"hi");
        assert!(request.patience().is_some());
        request.push(b"1");
        assert_eq!(request.patience(), None);
        assert_eq!(request.answer(), "HI");
    }

    #[test]
    fn glued_apart_or_byte_by_byte() {
        assert_eq!(answer(&["hi1"]), "HI");
        assert_eq!(answer(&["h", "i", "1"]), "HI");
        assert_eq!(answer(&["h", "i1"]), "HI");
        assert_eq!(answer(&["hi1", "1"]), "HI1");
        assert_eq!(answer(&["HI 2", "2"]), "hi 2");
        assert_eq!(answer(&["안", "녕a1"]), "안녕A");
    }

    #[test]
    fn other_modes_are_an_error() {
        assert_eq!(answer(&["Hi", "12"]), "Error");
        assert_eq!(answer(&["Hi", "3"]), "Error");
        assert_eq!(answer(&["Hi3"]), "Error");
        assert_eq!(answer(&["Hi"]), "Error");
        assert_eq!(answer(&[]), "Error");
    }

    #[test]
    fn the_end_of_the_stream_is_no_piece() {
        let mut request = Request::new();
        request.push(b"hi1");
        request.push(b"");
        assert_eq!((request.patience(), request.answer().as_str()), (None, "HI"));
    }

    #[test]
    fn an_empty_sentence_is_answered_with_nothing() {
        assert_eq!(answer(&["1"]), "");
    }

    #[test]
    fn a_sentence_longer_than_one_piece() {
        let long = "a".repeat(3 * PIECE + 7);
        let pieces: Vec<&str> = [&long[..PIECE], &long[PIECE..2 * PIECE], &long[2 * PIECE..], "1"].to_vec();
        assert_eq!(answer(&pieces), long.to_uppercase());
        assert_eq!(answer(&[&"7".repeat(PIECE), "771"]), "7".repeat(PIECE + 2));
    }

    #[test]
    fn bytes_that_are_no_text_are_an_error() {
        let mut request = Request::new();
        request.push(b"h\xff1");
        assert_eq!(request.answer(), "Error");
    }
}
