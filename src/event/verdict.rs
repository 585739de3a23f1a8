//! How a play ended, as a fact.

use std::borrow::Cow;
use std::net::SocketAddr;

use serde::{Deserialize, Serialize};

use super::call::{CallId, Caller};
use crate::event::errno::Errno;
use crate::event::op::Op;
use crate::tcp::reading::FlowId;
use crate::tcp::state::State;
use crate::tcp::who::{Nanos, Who};
use crate::text::escape;

/// How a play ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Verdict {
    /// Everybody came to the end of their part.
    Finished,
    /// The clients are done, and the server waits.
    Resting {
        /// How many connections it accepted.
        served: u32,
        /// For what.
        #[serde(default)]
        waits_for: WaitsFor,
        /// In how many nanoseconds a timer expires that it has set: that is not waited for.
        #[serde(default)]
        timer: Option<Nanos>,
    },
    /// Everybody waits, and nothing is under way that could wake anyone.
    Deadlock {
        /// Who waits in which call.
        waiting: Vec<Waiting>,
        /// What lies in receive buffers and was never read.
        unread: Vec<Unread>,
        /// Why, as far as it is known.
        #[serde(default)]
        because: Vec<Cause>,
    },
    /// Somebody does the same again and again, or computes without end, and nothing will come of it.
    Spinning {
        /// Whose program.
        who: Who,
        /// Which program and thread.
        caller: Option<Caller>,
        /// The call that it makes again and again; none for one that makes no call.
        op: Option<Op>,
        /// Who waits meanwhile.
        waiting: Vec<Waiting>,
        /// What lies in receive buffers and was never read.
        unread: Vec<Unread>,
        /// Why, as far as it is known.
        because: Vec<Cause>,
    },
    /// Time has passed for long, somebody has woken up now and then, and nothing has happened.
    Still {
        /// For how long nothing has happened, in nanoseconds of the programs' own time.
        time: Nanos,
        /// How often somebody has woken up.
        lapses: u32,
        /// Who waits.
        waiting: Vec<Waiting>,
        /// What lies in receive buffers and was never read.
        unread: Vec<Unread>,
        /// Why, as far as it is known.
        because: Vec<Cause>,
    },
    /// Nobody can go on, and whether something is on its way could not be found out.
    Unknown {
        /// Who waits.
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
        /// Why, as far as it is known.
        #[serde(default)]
        because: Vec<Cause>,
    },
    /// The time set for it was over, as older files have it.
    TimeUp,
    /// The time set for it was over.
    TimeOver {
        /// Who waited.
        waiting: Vec<Waiting>,
    },
    /// Somebody pressed Ctrl-C.
    Interrupted,
}

/// What a server waits for whose clients are gone.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum WaitsFor {
    /// Other clients.
    #[default]
    Clients,
    /// Other clients, or for a time that it has set itself.
    ClientsOrTime,
    /// Such a time, again and again.
    Time,
    /// Nothing that the stage knows of.
    Nothing,
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

/// Why a play ended as it did: a fact that the kernel or the record knows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Cause {
    /// What one call received had been sent by several, and lay together.
    LayTogether {
        /// Who received it.
        who: Who,
        /// The call that did.
        op: Op,
        /// How many bytes of each call that sent them.
        sends: Vec<u64>,
    },
    /// Both sides wait to receive, and no FIN has gone in either direction.
    NobodyClosed,
    /// A side was told that the other will send no more, and has not closed.
    NotClosed {
        /// Who has not closed.
        who: Who,
    },
    /// A connection that nobody has accepted.
    NotAccepted {
        /// Its number on the wire.
        connection: Option<FlowId>,
        /// The client of that connection.
        client: SocketAddr,
        /// How many bytes lie in it.
        bytes: u32,
    },
    /// A queue of connections that has no room: whoever connects is not answered.
    QueueFull {
        /// Where it listens.
        server: SocketAddr,
        /// How many wait in it to be accepted.
        waiting: u32,
    },
    /// A thread is told of bytes once, when they arrive (`EPOLLET`), and some lie unread.
    EdgeTriggered {
        /// Who.
        who: Who,
        /// How many bytes lie there.
        bytes: u32,
    },
    /// A call wants more bytes than there are.
    WantsMore {
        /// Who.
        who: Who,
        /// How many bytes there are.
        has: u32,
        /// How many it wants.
        wants: u64,
    },
    /// Both sides send, and neither receives.
    BothSend,
    /// Another process has the same connection, so that closing it closed nothing.
    AlsoHeld {
        /// Whose process.
        who: Who,
        /// What it is called.
        name: String,
    },
    /// A thread sleeps until another wakes it: who holds the lock, if it is one, is not known.
    SleepsInFutex {
        /// Who.
        who: Who,
        /// Which thread.
        thread: u16,
    },
    /// A process was stopped by a signal.
    Stopped {
        /// Who.
        who: Who,
        /// The signal, named as in signal(7).
        #[serde(deserialize_with = "escape::stored")]
        signal: Cow<'static, str>,
    },
    /// The peer has closed, and this end does not look at it.
    EndIgnored {
        /// Who.
        who: Who,
    },
    /// The time limit of a call was over.
    TimeLimit {
        /// The call.
        op: Op,
        /// How long it was, in nanoseconds.
        time: Nanos,
    },
    /// The address is held by connections of before.
    AddressHeld {
        /// In which state the kernel keeps one.
        state: State,
    },
    /// Servers listen elsewhere.
    ListensAt {
        /// Where.
        addresses: Vec<SocketAddr>,
        /// Whether the port asked for is one of these with its bytes swapped.
        swapped: bool,
    },
    /// The end was shut down for sending by its own program.
    OwnShutdown,
    /// The socket listens: it is not a connection.
    OnListener,
    /// The socket does not listen.
    NotListening,
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
            Verdict::Spinning { .. } => "spinning",
            Verdict::Still { .. } => "still",
            Verdict::Unknown { .. } => "unknown",
            Verdict::TimeUp | Verdict::TimeOver { .. } => "time-up",
            Verdict::Interrupted => "interrupted",
        }
    }
}
