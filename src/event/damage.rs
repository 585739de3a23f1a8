//! Where and why a capture file cannot be read any further.

use std::io;

/// The end of what can be read.
#[derive(Debug)]
pub struct Damage {
    /// How many bytes were read without fault.
    pub offset: u64,
    /// What is wrong there.
    pub fault: Fault,
}

/// What is wrong with a file.
#[derive(Debug)]
pub enum Fault {
    /// It is no capture at all; these are its first bytes.
    Foreign(Vec<u8>),
    /// It ends in the middle of a record.
    Cut,
    /// A record that does not hold together.
    Broken,
    /// A record that claims to be longer than any can be, in bytes.
    Oversized(u64),
    /// A packet from an interface that was never described.
    UnknownInterface(u32),
    /// The system could not read it.
    Unreadable(io::Error),
}
