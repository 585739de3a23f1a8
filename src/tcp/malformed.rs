//! Why a frame could not be read as a segment.

use std::fmt;

/// The layer at which a frame stopped making sense.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layer {
    /// Ethernet and its kin.
    Link,
    /// IPv4.
    Ipv4,
    /// IPv6.
    Ipv6,
    /// TCP.
    Tcp,
}

impl Layer {
    /// The layer's usual name.
    pub fn name(self) -> &'static str {
        match self {
            Layer::Link => "link",
            Layer::Ipv4 => "IPv4",
            Layer::Ipv6 => "IPv6",
            Layer::Tcp => "TCP",
        }
    }
}

/// A header that needs more bytes than there are, or claims fewer than it must have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Malformed {
    /// Where it stopped.
    pub layer: Layer,
    /// Bytes that the layer needs.
    pub needed: usize,
    /// Bytes that it had.
    pub had: usize,
}

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: needs {} bytes, had {}", self.layer.name(), self.needed, self.had)
    }
}
