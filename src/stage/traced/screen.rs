//! What a program prints, cut into lines.

/// The longest line, in bytes; what is longer is shown in pieces, each of whole characters.
const LONGEST: usize = 64 * 1024;

/// The longest character, in bytes.
const CHARACTER: usize = 4;

/// What a program has printed and nobody has seen.
#[derive(Debug, Default)]
pub struct Screen {
    line: Vec<u8>,
}

impl Screen {
    /// Takes what was printed, and gives back the lines that are complete.
    pub fn print(&mut self, bytes: &[u8]) -> Vec<Vec<u8>> {
        let mut lines = Vec::new();
        for &byte in bytes {
            let goes_on = byte & 0b1100_0000 == 0b1000_0000 && self.line.len() < LONGEST + CHARACTER;
            if self.line.len() >= LONGEST && byte != b'\n' && !goes_on {
                lines.push(std::mem::take(&mut self.line));
            }
            match byte {
                b'\n' => lines.push(std::mem::take(&mut self.line)),
                _ => self.line.push(byte),
            }
        }
        for line in &mut lines {
            if line.last() == Some(&b'\r') {
                line.pop();
            }
        }
        lines
    }

    /// The beginning of a line whose end has not come yet, such as a question to a person.
    pub fn rest(&mut self) -> Option<Vec<u8>> {
        (!self.line.is_empty()).then(|| std::mem::take(&mut self.line))
    }
}

#[cfg(test)]
mod tests {
    use super::{LONGEST, Screen};

    #[test]
    fn lines_however_they_come() {
        let mut screen = Screen::default();
        assert_eq!(screen.print(b"one\r\ntwo\n\nthr"), [&b"one"[..], b"two", b""]);
        assert_eq!(screen.print(b"ee\n"), [b"three"]);
        assert_eq!(screen.rest(), None);
        assert!(screen.print(b"Input : ").is_empty());
        assert_eq!(screen.rest().as_deref(), Some(&b"Input : "[..]));
    }

    #[test]
    fn a_line_without_an_end_is_shown_in_pieces() {
        let pieces = Screen::default().print(&vec![b'x'; 3 * LONGEST + 5]);
        assert_eq!(pieces.iter().map(Vec::len).collect::<Vec<_>>(), [LONGEST; 3]);
        let letters = format!("x{}\n", "가".repeat(LONGEST));
        let pieces = Screen::default().print(letters.as_bytes());
        assert_eq!(pieces.len(), 3);
        assert!(pieces.iter().all(|piece| str::from_utf8(piece).is_ok()));
    }
}
