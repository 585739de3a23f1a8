//! What can happen: a call, a segment, a word from the kernel. Plain data, without colour and
//! without a sentence; everything above makes its picture from these.

use std::borrow::Cow;
use std::net::SocketAddr;

use serde::{Deserialize, Serialize};

use crate::errno::Errno;
use crate::frame::Frame;
use crate::malformed::Malformed;
pub use crate::reading::{FlowId, Reading, Reset, Role};
use crate::segment::Segment;
use crate::state::State;
use crate::summary::Summary;

/// One of the two ends of the play.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Who {
    /// The end that connects.
    Client,
    /// The end that listens.
    Server,
}

impl Who {
    /// Both ends, the client first, as the pictures have them from left to right.
    pub const BOTH: [Who; 2] = [Who::Client, Who::Server];

    /// `client` or `server`.
    pub fn name(self) -> &'static str {
        match self {
            Who::Client => "client",
            Who::Server => "server",
        }
    }

    /// The end across the wire.
    pub fn other(self) -> Who {
        match self {
            Who::Client => Who::Server,
            Who::Server => Who::Client,
        }
    }
}

/// Nanoseconds since the play began.
pub type Nanos = u64;

/// A system call on a socket, by its POSIX name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the names are POSIX's own")]
pub enum Op {
    Socket,
    Setsockopt,
    Bind,
    Listen,
    Connect,
    Accept,
    Send,
    Recv,
    Close,
}

impl Op {
    /// The name as a C program writes it.
    pub fn name(self) -> &'static str {
        match self {
            Op::Socket => "socket",
            Op::Setsockopt => "setsockopt",
            Op::Bind => "bind",
            Op::Listen => "listen",
            Op::Connect => "connect",
            Op::Accept => "accept",
            Op::Send => "send",
            Op::Recv => "recv",
            Op::Close => "close",
        }
    }
}

/// An argument of a call, without the descriptor that comes first in C.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Arg {
    /// An address and port.
    Address(SocketAddr),
    /// A number: a length, a backlog.
    Number(u64),
    /// The bytes to be sent.
    Bytes(Vec<u8>),
    /// A constant by its name.
    Word(Cow<'static, str>),
}

/// What a side is about to do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Intent {
    /// Who calls.
    pub who: Who,
    /// The call.
    pub op: Op,
    /// Its arguments.
    pub args: Vec<Arg>,
}

/// How a call ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Outcome {
    /// It returned this number: 0, a descriptor, a count of bytes.
    Done(i64),
    /// `recv` returned these bytes; none at all means that the peer will send no more.
    Received(Vec<u8>),
    /// `accept` returned this descriptor, connected with this peer.
    Accepted(i64, SocketAddr),
    /// The time set for waiting passed and nothing had come (`EAGAIN`).
    Silence,
    /// It failed with this error.
    Failed(Errno),
}

/// The number of a call in its trace, from 1.
pub type CallId = u32;

/// A call that has returned.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Call {
    /// Its number.
    pub id: CallId,
    /// When it was begun.
    pub at: Nanos,
    /// What was asked.
    pub intent: Intent,
    /// How it ended.
    pub outcome: Outcome,
    /// Whether it had to wait, and so was announced before.
    pub waited: bool,
    /// The state of its socket after it, as the kernel reports it.
    pub state: Option<State>,
    /// The states of both ends as far as the kernel reports them changed by this call.
    pub changes: Vec<(Who, State)>,
    /// How many segments it caused; they follow.
    pub segments: usize,
}

/// Anything that can be shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Event {
    /// A call has returned.
    Call(Call),
    /// A call cannot go on yet and waits; it will return under the same number.
    Wait {
        /// The call's number.
        id: CallId,
        /// When it began to wait.
        at: Nanos,
        /// What was asked.
        intent: Intent,
    },
    /// A segment was on the wire. A file keeps it as the frame it came in.
    #[serde(skip)]
    Segment {
        /// The call that caused it; none for what the kernel does of its own accord.
        cause: Option<CallId>,
        /// When the kernel saw it.
        at: Nanos,
        /// The segment.
        segment: Segment,
        /// What it means.
        reading: Reading,
    },
    /// The kernel reports another state than before, and no call of ours was the reason.
    State {
        /// When it was noticed.
        at: Nanos,
        /// Whose end.
        who: Who,
        /// The state now.
        state: State,
    },
    /// A side stands still for a moment, so that the other may go on.
    Pause {
        /// When.
        at: Nanos,
        /// Who.
        who: Who,
    },
    /// A side printed a line.
    Output {
        /// When.
        at: Nanos,
        /// Who.
        who: Who,
        /// The line, as bytes: part of it came from the peer.
        line: Vec<u8>,
    },
    /// The server gave one client up, and goes on with the next.
    GivenUp {
        /// When.
        at: Nanos,
        /// The client.
        peer: SocketAddr,
        /// Which call failed.
        op: Op,
        /// The error.
        error: Errno,
    },
    /// Both sides wait, and nothing is under way that could wake them.
    Deadlock {
        /// When it became certain.
        at: Nanos,
        /// Who waits in which call.
        waiting: Vec<(Who, Op)>,
    },
    /// A frame that cannot be read as a segment. A file keeps the frame.
    #[serde(skip)]
    Malformed {
        /// When the kernel saw it.
        at: Nanos,
        /// What does not hold together.
        malformed: Malformed,
        /// The frame.
        frame: Frame,
    },
    /// What became of a connection that is over, or no longer watched.
    Connection(Summary),
}
