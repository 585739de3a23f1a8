//! What can be said of a connection once it is over, or nobody watches it any longer.

use std::net::SocketAddr;

use serde::{Deserialize, Serialize};

use crate::tcp::anomaly::Oddity;
use crate::tcp::reading::FlowId;
use crate::tcp::who::{Nanos, Who};

/// How a connection ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Ending {
    /// It was still open when the capture ended.
    Open,
    /// One end had said that it would send no more; the other had not.
    HalfClosed(Who),
    /// Both ends closed.
    Closed,
    /// One end broke it off.
    Reset(Who),
    /// Nobody listened: the SYN was answered with a RST.
    Refused,
    /// The SYN was never answered.
    Unanswered,
}

/// What became of a handshake.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Handshake {
    /// It happened before the capture began.
    Unseen,
    /// It was begun and not finished.
    Unfinished,
    /// It was seen whole.
    Complete,
}

/// One connection.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Summary {
    /// Its number, from 1.
    pub flow: FlowId,
    /// The end that connected.
    pub client: SocketAddr,
    /// The end that was connected to.
    pub server: SocketAddr,
    /// What became of its handshake.
    pub handshake: Handshake,
    /// How long the answer to its SYN took, and the answer to that: a round trip, in nanoseconds.
    pub rtt: Option<Nanos>,
    /// Segments from the client and from the server.
    pub segments: [u64; 2],
    /// Payload bytes from the client and from the server, each counted once.
    pub bytes: [u64; 2],
    /// Bytes that were acknowledged and not captured, likewise.
    pub unseen: [u64; 2],
    /// How it ended.
    pub ending: Ending,
    /// What was odd, and on how many segments.
    pub odd: Vec<(Oddity, u64)>,
}
