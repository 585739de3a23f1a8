//! An end that a cut line does not reach any more.

use std::net::SocketAddr;

use serde::{Deserialize, Serialize};

use super::segment::Segment;

/// An end that nothing reaches any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Severed {
    /// Its address; that of a listener may be unspecified.
    pub to: SocketAddr,
    /// Its peer's; none for a listener, which no SYN reaches.
    pub from: Option<SocketAddr>,
}

impl Severed {
    /// Whether a segment is for it.
    pub fn is_meant_by(&self, segment: &Segment) -> bool {
        let (to, own) = (segment.destination, self.to);
        to.port() == own.port()
            && (to.ip() == own.ip() || own.ip().is_unspecified())
            && self.from.is_none_or(|from| from == segment.source)
    }
}
