//! Bytes that a call moved: as many of them as were kept, and how many there were.

use serde::{Deserialize, Serialize};

/// The bytes of one call.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bytes {
    /// The first of them.
    pub kept: Vec<u8>,
    /// How many there were in all; never fewer than were kept.
    pub length: usize,
}

impl Bytes {
    /// Whether there was no byte at all.
    pub fn is_empty(&self) -> bool {
        self.length == 0
    }
}

impl From<Vec<u8>> for Bytes {
    /// All of them.
    fn from(kept: Vec<u8>) -> Bytes {
        Bytes { length: kept.len(), kept }
    }
}
