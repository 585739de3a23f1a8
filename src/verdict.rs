//! How a play ended, as a fact.

use std::borrow::Cow;
use std::net::SocketAddr;

use serde::{Deserialize, Serialize};

use crate::errno::Errno;
use crate::escape;
use crate::event::{CallId, Caller, Who};
use crate::op::Op;

/// How a play ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Verdict {
    /// Everybody came to the end of their part.
    Finished,
    /// The clients are done, and the server waits for the next.
    Resting {
        /// How many connections it accepted.
        served: u32,
    },
    /// Everybody waits, and nothing is under way that could wake anyone.
    Deadlock {
        /// Who waits in which call.
        waiting: Vec<Waiting>,
        /// What lies in receive buffers and was never read.
        unread: Vec<Unread>,
    },
    /// A program came to a bad end.
    Crashed {
        /// Whose program.
        who: Who,
        /// Which of that side's programs; none where it has one.
        caller: Option<Caller>,
        /// How.
        end: End,
        /// Its last call that failed.
        failed: Option<(Op, Errno)>,
    },
    /// The time set for it was over.
    TimeUp,
    /// Somebody pressed Ctrl-C.
    Interrupted,
}

/// How a program ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum End {
    /// With an exit code that is not 0.
    Code(i32),
    /// By a signal, named as in signal(7).
    Signal(#[serde(deserialize_with = "escape::stored")] Cow<'static, str>),
}

/// Somebody who waits in vain.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Waiting {
    /// Whose program.
    pub who: Who,
    /// Which program and thread; none where there is but one.
    pub caller: Option<Caller>,
    /// The call that does not return.
    pub op: Op,
    /// Its number.
    pub id: CallId,
    /// The call before it, and what that one returned.
    pub since: Option<(CallId, Op, i64)>,
}

/// Bytes that nobody read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unread {
    /// In whose buffer they lie.
    pub who: Who,
    /// The client of that connection.
    pub client: SocketAddr,
    /// How many.
    pub bytes: u32,
}

impl Verdict {
    /// Its name in JSON lines.
    pub fn name(&self) -> &'static str {
        match self {
            Verdict::Finished => "finished",
            Verdict::Resting { .. } => "resting",
            Verdict::Deadlock { .. } => "deadlock",
            Verdict::Crashed { .. } => "crashed",
            Verdict::TimeUp => "time-up",
            Verdict::Interrupted => "interrupted",
        }
    }
}
