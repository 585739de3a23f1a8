//! The bytes that one end sent, in the order in which the other reads them.

use std::collections::BTreeMap;

/// How many bytes that came too early are kept, in one direction.
const MOST: usize = 256 << 10;

/// What a piece takes besides its bytes, about.
const OVERHEAD: usize = 64;

/// A piece of a byte stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece {
    /// The next bytes.
    Bytes(Vec<u8>),
    /// So many bytes are missing: they were not captured.
    Gap(u64),
}

/// One direction.
#[derive(Debug, Default)]
pub struct Stream {
    /// How far it has been put together: the offset of the next byte, from 0.
    next: u64,
    /// Bytes that came too early, by their offset.
    early: BTreeMap<u64, Vec<u8>>,
    kept: usize,
    /// Where its sender said that it ends: the FIN that stands there is no byte.
    end: Option<u64>,
}

impl Stream {
    /// Takes the payload that begins at a relative sequence number (1 is the first byte), of which
    /// `length` bytes were on the wire; gives what can be read now.
    pub fn take(&mut self, seq: u32, payload: &[u8], length: usize) -> Vec<Piece> {
        if length == 0 {
            return Vec::new();
        }
        let mut offset = self.unwrap(seq);
        let mut bytes = payload;
        if offset < self.next {
            let known = (self.next - offset).min(bytes.len() as u64) as usize;
            bytes = &bytes[known..];
            offset += known as u64;
        }
        if offset == self.next && self.early.is_empty() && !bytes.is_empty() {
            // The usual case: the next bytes in their order.
            self.next += bytes.len() as u64;
            return vec![Piece::Bytes(bytes.to_vec())];
        }
        if !bytes.is_empty() && self.early.get(&offset).is_none_or(|known| known.len() < bytes.len()) {
            self.kept += bytes.len() + OVERHEAD;
            let old = self.early.insert(offset, bytes.to_vec());
            self.kept -= old.map_or(0, |old| old.len() + OVERHEAD);
        }
        self.ready(self.kept > MOST)
    }

    /// Its sender says that nothing comes from this relative sequence number on.
    pub fn ends_at(&mut self, seq: u32) {
        self.end = self.end.or(Some(self.unwrap(seq)));
    }

    /// The peer has acknowledged everything before this relative number: what is missing before it
    /// will not come again.
    pub fn acknowledge(&mut self, ack: u32) -> Vec<Piece> {
        let until = self.unwrap(ack).min(self.end.unwrap_or(u64::MAX));
        let mut pieces = Vec::new();
        while self.next < until {
            let start = self.early.keys().next().map_or(until, |&start| start.min(until));
            if start > self.next {
                pieces.push(Piece::Gap(start - self.next));
                self.next = start;
            }
            let ready = self.ready(false);
            if ready.is_empty() && start >= until {
                break;
            }
            pieces.extend(ready);
        }
        pieces
    }

    /// What is left when nothing more comes.
    pub fn finish(&mut self) -> Vec<Piece> {
        self.ready(true)
    }

    /// Takes what is next; across gaps as well, if they have to be given up.
    fn ready(&mut self, give_up: bool) -> Vec<Piece> {
        let mut pieces = Vec::new();
        while let Some(entry) = self.early.first_entry() {
            let offset = *entry.key();
            if offset > self.next {
                if !give_up {
                    break;
                }
                pieces.push(Piece::Gap(offset - self.next));
                self.next = offset;
            }
            let bytes = entry.remove();
            self.kept -= bytes.len() + OVERHEAD;
            let known = (self.next - offset).min(bytes.len() as u64) as usize;
            if known < bytes.len() {
                self.next += (bytes.len() - known) as u64;
                pieces.push(Piece::Bytes(bytes[known..].to_vec()));
            }
        }
        pieces
    }

    /// The offset of a relative sequence number, the one nearest to where the stream is: the
    /// numbers wrap around every 4 GiB.
    fn unwrap(&self, seq: u32) -> u64 {
        let ahead = seq.wrapping_sub(1).wrapping_sub(self.next as u32) as i32;
        self.next.saturating_add_signed(ahead.into())
    }
}

#[cfg(test)]
mod tests {
    use super::{Piece, Stream};

    fn text(pieces: Vec<Piece>) -> String {
        let show = |piece| match piece {
            Piece::Bytes(bytes) => String::from_utf8(bytes).unwrap(),
            Piece::Gap(count) => format!("<{count}>"),
        };
        pieces.into_iter().map(show).collect()
    }

    #[test]
    fn whatever_the_order_the_bytes_come_out_in_theirs() {
        let mut stream = Stream::default();
        assert_eq!(text(stream.take(1, b"he", 2)), "he");
        assert_eq!(text(stream.take(5, b"o", 1)), "");
        assert_eq!(text(stream.take(2, b"ell", 3)), "llo");
        assert_eq!(text(stream.take(1, b"he", 2)), "");
        assert_eq!(text(stream.take(6, b"!", 1)), "!");
    }

    #[test]
    fn what_was_acknowledged_and_not_captured_is_a_gap() {
        let mut stream = Stream::default();
        stream.take(1, b"a", 1);
        assert_eq!(text(stream.take(4, b"d", 1)), "");
        assert_eq!(text(stream.acknowledge(5)), "<2>d");
        assert_eq!(text(stream.acknowledge(7)), "<2>");
        assert_eq!(text(stream.take(7, b"g", 1)), "g");
    }

    #[test]
    fn a_payload_cut_by_the_capture_leaves_a_gap() {
        let mut stream = Stream::default();
        assert_eq!(text(stream.take(1, b"ab", 4)), "ab");
        assert_eq!(text(stream.take(5, b"e", 1)), "");
        assert_eq!(text(stream.finish()), "<2>e");
    }

    #[test]
    fn the_end_is_no_byte() {
        let mut stream = Stream::default();
        stream.take(1, b"hi", 2);
        stream.ends_at(3);
        assert_eq!(stream.acknowledge(4), []);
    }

    #[test]
    fn the_numbers_wrap_around() {
        let mut stream = Stream { next: (1 << 32) - 2, ..Stream::default() };
        assert_eq!(text(stream.take(u32::MAX, b"abcd", 4)), "abcd");
        assert_eq!(stream.next, (1 << 32) + 2);
        assert_eq!(text(stream.take(3, b"e", 1)), "e");
    }

    #[test]
    fn what_waits_is_bounded() {
        let mut stream = Stream::default();
        let block = [b'x'; 60_000];
        let mut pieces = Vec::new();
        for n in 0..40 {
            pieces.extend(stream.take(100 + n * 60_000, &block, block.len()));
        }
        assert!(stream.kept <= super::MOST + block.len() + super::OVERHEAD);
        assert_eq!(pieces[0], Piece::Gap(99));
    }
}
