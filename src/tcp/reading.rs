//! What a segment means in its connection.

use serde::{Deserialize, Serialize};

use crate::tcp::anomaly::Oddities;
use crate::tcp::state::State;
use crate::tcp::who::{Nanos, Who};

/// What a segment is to its connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Role {
    /// The first segment of the handshake: SYN.
    Syn,
    /// The second: SYN,ACK that acknowledges the client's first number.
    SynAck,
    /// The third: ACK that acknowledges the server's first number.
    HandshakeAck,
    /// Bytes of the stream.
    Data,
    /// An acknowledgment of bytes that had not been acknowledged.
    Ack,
    /// The sender will send no more.
    Fin,
    /// An acknowledgment of the other end's FIN.
    FinAck,
    /// The connection is torn down at once.
    Reset,
    /// An acknowledgment that says nothing new but the window.
    Window,
    /// Bytes or numbers that were on the wire before.
    Again,
    /// Anything else.
    Other,
}

impl Role {
    /// The name used in JSON lines.
    pub fn name(self) -> &'static str {
        match self {
            Role::Syn => "handshake 1/3",
            Role::SynAck => "handshake 2/3",
            Role::HandshakeAck => "handshake 3/3",
            Role::Data => "data",
            Role::Ack => "ack",
            Role::Fin => "fin",
            Role::FinAck => "ack of fin",
            Role::Reset => "reset",
            Role::Window => "window",
            Role::Again => "again",
            Role::Other => "other",
        }
    }
}

/// Why a RST was sent, as far as the wire tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Reset {
    /// Nobody listened where the SYN went.
    Refused,
    /// The number was none that its receiver waited for.
    Unexpected,
    /// Bytes came to an end that was closed.
    AfterClose,
    /// An end gave up in the middle.
    Abort,
    /// It was closed with bytes unread, which the stage knows and the wire does not.
    Unread,
    /// It was closed with `SO_LINGER` at 0, likewise.
    Linger,
}

/// The number of a connection in its trace, from 1.
pub type FlowId = u32;

/// What a segment means in its connection.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reading {
    /// Which connection.
    pub flow: FlowId,
    /// Who sent it: the client is the end that sent the first SYN.
    pub from: Who,
    /// Sequence number relative to the sender's first.
    pub seq: u32,
    /// Acknowledgment number relative to the receiver's first; none without the ACK flag.
    pub ack: Option<u32>,
    /// The window that its sender offers, in bytes, scaled as both ends agreed (RFC 7323).
    pub window: u32,
    /// What it is for.
    pub role: Role,
    /// The states it brings the two ends into by the rules of the RFC, where they change.
    pub states: Vec<(Who, State)>,
    /// The time since what it acknowledges was sent, where it is the first to do so.
    pub rtt: Option<Nanos>,
    /// If it breaks the connection off: why.
    pub reset: Option<Reset>,
    /// What is odd about it.
    pub odd: Oddities,
    /// Which repetition of the same acknowledgment it is, if it is a duplicate.
    pub repeats: u32,
}
