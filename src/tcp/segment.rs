//! A TCP segment (RFC 9293, section 3.1).

use std::fmt;
use std::net::SocketAddr;
use std::ops::Range;

use serde::{Deserialize, Serialize};

use crate::tcp::frame::Frame;

/// The control bits of a TCP header (RFC 9293, section 3.1), lowest bit first.
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Flags(pub u8);

impl Flags {
    /// No more data from the sender.
    pub const FIN: Flags = Flags(0x01);
    /// Synchronize sequence numbers.
    pub const SYN: Flags = Flags(0x02);
    /// Reset the connection.
    pub const RST: Flags = Flags(0x04);
    /// Push.
    pub const PSH: Flags = Flags(0x08);
    /// The acknowledgment field counts.
    pub const ACK: Flags = Flags(0x10);
    /// The urgent pointer counts.
    pub const URG: Flags = Flags(0x20);
    /// ECN echo.
    pub const ECE: Flags = Flags(0x40);
    /// Congestion window reduced.
    pub const CWR: Flags = Flags(0x80);

    const NAMES: [&'static str; 8] = ["FIN", "SYN", "RST", "PSH", "ACK", "URG", "ECE", "CWR"];

    /// Whether all of `other`'s bits are set.
    pub fn has(self, other: Flags) -> bool {
        self.0 & other.0 == other.0
    }

    /// The names of the bits that are set, lowest bit first.
    pub fn names(self) -> impl Iterator<Item = &'static str> {
        // One or two of the eight are set: the loop goes over those.
        let mut bits = self.0;
        std::iter::from_fn(move || {
            let lowest = bits.trailing_zeros();
            bits &= bits.wrapping_sub(1);
            Flags::NAMES.get(lowest as usize).copied()
        })
    }
}

impl fmt::Display for Flags {
    /// The names joined by commas, as textbooks write them: `SYN,ACK`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut separator = "";
        for name in self.names() {
            write!(f, "{separator}{name}")?;
            separator = ",";
        }
        Ok(())
    }
}

impl fmt::Debug for Flags {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Flags({self})")
    }
}

/// The options that change how a connection is read (RFC 9293, 7323, 2018).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// Maximum segment size, in bytes.
    pub mss: Option<u16>,
    /// Window scale: the shift count, 0 to 14.
    pub window_scale: Option<u8>,
    /// Selective acknowledgment permitted.
    pub sack_permitted: bool,
    /// Selective acknowledgment blocks, left and right edge.
    pub sack: [Option<(u32, u32)>; 4],
    /// Timestamp value and echo reply.
    pub timestamps: Option<(u32, u32)>,
}

/// What a checksum turned out to be.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Checksum {
    /// Not looked at: the segment was not captured whole.
    #[default]
    Unknown,
    /// It fits the bytes.
    Right,
    /// It covers the pseudo header alone (RFC 9293, section 3.1): the rest was left to a network
    /// card that never saw it.
    Unfilled,
    /// It fits nothing.
    Wrong,
}

/// One TCP segment as it was on the wire.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Segment {
    /// Address and port of the sender.
    pub source: SocketAddr,
    /// Address and port of the receiver.
    pub destination: SocketAddr,
    /// Sequence number, absolute.
    pub seq: u32,
    /// Acknowledgment number, absolute; it counts only with the ACK flag.
    pub ack: u32,
    /// The control bits.
    pub flags: Flags,
    /// The window field, unscaled.
    pub window: u16,
    /// What the options said.
    pub options: Options,
    /// The identification that its IPv4 header gave the packet, and the checksum as it stood there:
    /// together they tell the same packet captured twice from the same bytes sent twice.
    pub identification: Option<u16>,
    /// The checksum field.
    pub checksum: u16,
    /// What that turned out to be.
    pub verdict: Checksum,
    /// Whether the IP header told no length, so that the frame's had to do.
    pub unmeasured: bool,
    /// Length of the payload on the wire, in bytes.
    pub length: usize,
    /// Where in the frame the payload is, as far as it was captured: never more than `length`.
    pub body: Range<usize>,
    /// The frame that it came in.
    pub frame: Frame,
}

impl Segment {
    /// The payload as far as it was captured.
    pub fn payload(&self) -> &[u8] {
        self.frame.bytes.get(self.body.clone()).unwrap_or_default()
    }

    /// How much sequence space the segment takes: its payload, and one for SYN and FIN each.
    pub fn space(&self) -> u32 {
        self.length as u32 + u32::from(self.flags.has(Flags::SYN)) + u32::from(self.flags.has(Flags::FIN))
    }
}

#[cfg(test)]
mod tests {
    use super::Flags;

    #[test]
    fn flags_have_their_rfc_names() {
        assert_eq!(Flags(0xff).to_string(), "FIN,SYN,RST,PSH,ACK,URG,ECE,CWR");
        assert_eq!(Flags(0x12).to_string(), "SYN,ACK");
        assert_eq!(Flags(0).to_string(), "");
    }
}
