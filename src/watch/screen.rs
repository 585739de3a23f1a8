//! What a program prints, cut into lines.

/// The longest line, in bytes; what is longer is shown in pieces.
const LONGEST: usize = 1024;

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
            match byte {
                b'\n' => lines.push(std::mem::take(&mut self.line)),
                _ => self.line.push(byte),
            }
            if self.line.len() >= LONGEST {
                lines.push(std::mem::take(&mut self.line));
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
    }
}
