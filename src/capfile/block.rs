//! A block of a pcapng file in the making (the draft `draft-ietf-opsawg-pcapng`): type and length, a
//! body, options, the length once more, everything at multiples of four bytes. It is made in one
//! piece and in the same room as the one before: a file has one for every packet.

/// Where the length stands that is not known before the end.
const LENGTH: usize = 4;

/// The block.
#[derive(Default)]
pub struct Block(Vec<u8>);

impl Block {
    /// Begins a block of this type, in place of the last one.
    pub fn begin(&mut self, kind: u32) {
        self.0.clear();
        self.0.extend(kind.to_le_bytes());
        self.0.extend([0; 4]);
    }

    /// Adds numbers of four bytes.
    pub fn words(&mut self, words: &[u32]) {
        words.iter().for_each(|word| self.0.extend(word.to_le_bytes()));
    }

    /// Adds bytes, and fills up behind them.
    pub fn bytes(&mut self, bytes: &[u8], with: u8) {
        self.0.extend(bytes);
        self.0.resize(self.0.len().next_multiple_of(4), with);
    }

    /// Adds an option.
    pub fn option(&mut self, code: u16, value: &[u8]) {
        // A longer one has no place in the format; it is cut between two characters.
        let mut length = value.len().min(usize::from(u16::MAX));
        while length < value.len() && value[length] & 0xc0 == 0x80 {
            length -= 1;
        }
        self.0.extend(code.to_le_bytes());
        self.0.extend((length as u16).to_le_bytes());
        self.bytes(&value[..length], 0);
    }

    /// Ends the options, where there were any.
    pub fn end_options(&mut self) {
        self.0.extend([0; 4]);
    }

    /// Ends the block: as it stands in the file.
    pub fn end(&mut self) -> &[u8] {
        let length = (self.0.len() as u32 + 4).to_le_bytes();
        self.0[LENGTH..LENGTH + 4].copy_from_slice(&length);
        self.0.extend(length);
        &self.0
    }
}
