//! A call: who makes it, what it asks for, and how it ends.

use std::borrow::Cow;
use std::net::SocketAddr;

use serde::{Deserialize, Serialize};

use super::bytes::Bytes;
use super::errno::Errno;
use super::op::{Kind, Op};
use crate::tcp::reading::FlowId;
use crate::tcp::state::State;
use crate::tcp::who::{Nanos, Who};
use crate::text::escape;

/// An argument of a call, without the descriptor that comes first in C.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Arg {
    /// An address and port.
    Address(SocketAddr),
    /// A number: a length, a backlog.
    Number(u64),
    /// The bytes to be sent.
    Bytes(Bytes),
    /// A constant by its name.
    Word(#[serde(deserialize_with = "escape::stored")] Cow<'static, str>),
}

/// A span of time as it stands among the arguments of a call: `5s`, `300ms`.
pub fn span(time: Nanos) -> String {
    if time.is_multiple_of(1_000_000_000) {
        format!("{}s", time / 1_000_000_000)
    } else {
        format!("{}ms", (time / 1000) as f64 / 1000.0)
    }
}

/// Who exactly makes a call, where a side is a program of somebody else's: it can have several
/// processes and threads, and a side several programs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Caller {
    /// The side's program, from 1.
    pub program: u16,
    /// The program's thread or process, from 1, in the order of their first calls.
    pub thread: u16,
    /// The socket's descriptor; none for a call that has none.
    pub descriptor: Option<i32>,
    /// The connection's number on the wire, where it has one.
    pub connection: Option<FlowId>,
}

/// What a side is about to do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Intent {
    /// Who calls.
    pub who: Who,
    /// Who exactly; none for a lesson, where a side is one thread.
    #[serde(default)]
    pub caller: Option<Caller>,
    /// The call.
    pub op: Op,
    /// Its arguments.
    pub args: Vec<Arg>,
}

impl Intent {
    /// Whether one of its arguments has this flag in it.
    pub fn has_flag(&self, flag: &str) -> bool {
        has_flag(&self.args, flag)
    }
}

/// Whether one of these arguments has this flag in it, alone or joined to others by `|`.
pub fn has_flag(args: &[Arg], flag: &str) -> bool {
    args.iter().any(|arg| matches!(arg, Arg::Word(word) if word.split('|').any(|found| found == flag)))
}

/// How a call ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Outcome {
    /// It returned this number: 0, a descriptor, a count of bytes.
    Done(i64),
    /// `recv` returned these bytes; none at all means that the peer will send no more.
    Received(Bytes),
    /// It returned this number of messages, with these bytes in all.
    Messages(i64, Bytes),
    /// It returned 0, and answered this.
    Answered(Arg),
    /// `accept` returned this descriptor, connected with this peer.
    Accepted(i64, SocketAddr),
    /// It failed with this error.
    Failed(Errno),
    /// It never returned: this signal ended the program.
    Killed(#[serde(deserialize_with = "escape::stored")] Cow<'static, str>),
}

impl Outcome {
    /// What the call returned, as a number.
    pub fn number(&self) -> i64 {
        match self {
            Outcome::Done(number) | Outcome::Accepted(number, _) | Outcome::Messages(number, _) => *number,
            Outcome::Received(bytes) => bytes.length as i64,
            Outcome::Answered(_) => 0,
            Outcome::Failed(_) | Outcome::Killed(_) => -1,
        }
    }
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
    /// What its end sent over the wire to say that it closes; none where nobody saw the wire, or for
    /// a call that closes nothing.
    #[serde(default)]
    pub farewell: Option<Farewell>,
}

/// What an end sends when it is closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Farewell {
    /// That nothing more will be sent.
    Fin,
    /// That the connection is broken off.
    Rst,
    /// The same, since bytes were unread.
    RstUnread,
    /// The same, since `SO_LINGER` was at 0.
    RstLinger,
    /// Nothing yet: what was lost before has to arrive first.
    Queued,
    /// Nothing.
    Nothing,
}

impl Call {
    /// Whether a person who reads along learns nothing from it: it asked something, and nothing is
    /// wrong.
    pub fn is_aside(&self) -> bool {
        let told = matches!(self.outcome, Outcome::Failed(_) | Outcome::Answered(Arg::Word(_)));
        self.intent.op.kind() == Kind::Asks && !told
    }
}
