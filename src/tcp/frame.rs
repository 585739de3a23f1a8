//! A frame: what an interface or a file hands over, link header and all.

use serde::{Deserialize, Serialize};

/// How the bytes of a frame begin.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Link {
    /// Ethernet II, with or without VLAN tags (IEEE 802.3, 802.1Q).
    #[default]
    Ethernet,
    /// No link header: IPv4 or IPv6 at once, told apart by its version.
    Raw,
    /// BSD's loopback: an address family of four bytes, in the byte order of its machine (`NULL`)
    /// or the network's (`LOOP`).
    Loopback,
    /// Linux's cooked capture, version 1: 16 bytes.
    Cooked,
    /// Linux's cooked capture, version 2: 20 bytes.
    Cooked2,
    /// Anything else, by its number in the registry of link types.
    Other(u16),
}

impl Link {
    /// The link type of a number of the registry (`LINKTYPE_…`; the draft of pcap has the table).
    /// Some systems wrote their own numbers for raw IP.
    pub fn of_number(number: u16) -> Link {
        match number {
            1 => Link::Ethernet,
            12 | 14 | 101 | 228 | 229 => Link::Raw,
            0 | 108 => Link::Loopback,
            113 => Link::Cooked,
            276 => Link::Cooked2,
            other => Link::Other(other),
        }
    }

    /// The number under which a file names it.
    pub fn number(self) -> u16 {
        match self {
            Link::Ethernet => 1,
            Link::Raw => 101,
            // Both byte orders are understood by everybody who reads it.
            Link::Loopback => 0,
            Link::Cooked => 113,
            Link::Cooked2 => 276,
            Link::Other(number) => number,
        }
    }
}

/// Which way a frame went, seen from the machine that captured it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Direction {
    /// The capture does not say.
    #[default]
    Unknown,
    /// It came in.
    Inbound,
    /// It went out.
    Outbound,
}

/// A frame as it was captured.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Frame {
    /// Its place in the capture, from 1.
    pub number: u64,
    /// When it was seen, in nanoseconds since 1970.
    pub at: u64,
    /// How its bytes begin.
    pub link: Link,
    /// Which way it went.
    pub direction: Direction,
    /// How many bytes were on the wire; never less than there are here.
    pub length: usize,
    /// The bytes, as far as they were captured.
    pub bytes: Vec<u8>,
}

impl Frame {
    /// How many bytes of its end were not captured.
    pub fn missing(&self) -> usize {
        self.length.saturating_sub(self.bytes.len())
    }
}

#[cfg(test)]
mod tests {
    use super::Link;

    #[test]
    fn a_number_leads_to_its_link_and_back() {
        for number in 0..300 {
            let link = Link::of_number(number);
            assert_eq!(Link::of_number(link.number()), link);
        }
        assert_eq!(Link::of_number(147), Link::Other(147));
    }
}
