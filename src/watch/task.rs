//! A thread of a watched program, and what it is about to do.

use std::time::Instant;

use crate::blame::Pending;
use crate::ends::Pair;
use crate::event::{CallId, Op};
use crate::tracee::call::{Network, Poll};
use crate::tracee::memory::Buffer;
use crate::tracee::ptrace::{Ending, Entry, Tid};
use crate::tracee::regs::Registers;

/// A thread of a watched program.
pub struct Task {
    /// Its number.
    pub tid: Tid,
    /// Its process's.
    pub process: Tid,
    /// Which program it belongs to.
    pub program: usize,
    /// Where it is in its part.
    pub state: State,
    /// Which of its program's threads it is, from its first call on a socket.
    pub number: Option<u16>,
    /// Its last call that was shown, and what that returned.
    pub last: Option<(CallId, Op, i64)>,
    /// A call that was to wait for a time, did so in vain, and may be made again at once.
    pub lapsed: Option<Held>,
    /// How many times in a row that happened.
    pub idle: u32,
    /// Whether it was let go and has not been looked at since.
    pub fresh: bool,
    /// Whether it stands still until something other than the stage lets it go on: its child, after
    /// vfork(2), or SIGCONT.
    pub stands: bool,
    /// Whether it has been let go for the last time.
    pub leaving: bool,
}

/// Where a thread is in its part.
pub enum State {
    /// Somebody has made it, and it has not stopped for the first time.
    Unborn,
    /// It runs, or sleeps in a call that the stage has nothing to do with.
    Large,
    /// It stands still until it is its turn.
    Held(Held),
    /// It makes its call.
    Inside(Held),
}

/// What a thread that is held is about to do.
pub struct Held {
    /// What.
    pub what: What,
    /// The call as the kernel found it.
    pub entry: Entry,
    /// Its place in the record, once it has one.
    pub pending: Option<Pending>,
    /// The connection that it is about.
    pub pair: Option<Pair>,
    /// When its own patience ends.
    pub deadline: Option<Instant>,
    /// Since when it is held.
    pub since: Instant,
    /// What has to be undone when it returns.
    pub borrowed: Borrowed,
}

/// What was changed so that a call whose patience has ended returns at once.
pub enum Borrowed {
    /// Nothing.
    Nothing,
    /// An argument: these were the registers.
    Registers(Box<Registers>),
    /// The socket does not make anybody wait for the time being.
    Blocking,
}

/// What a thread is about to do.
pub enum What {
    /// To begin.
    Birth,
    /// A call on a socket.
    Network(Network),
    /// To wait until descriptors are ready.
    Poll(Poll),
    /// To write to its own screen: from here.
    Write(Vec<Buffer>),
    /// To sleep.
    Sleep,
    /// To go on after it has slept.
    Awake,
    /// To end, and this is known of how.
    Exit(Ending),
}

impl What {
    /// The call, if it is one that is shown.
    pub fn op(&self) -> Option<Op> {
        match self {
            What::Network(network) => Some(network.op),
            What::Poll(poll) => Some(poll.op),
            What::Exit(_) => Some(Op::Exit),
            What::Birth | What::Write(_) | What::Sleep | What::Awake => None,
        }
    }
}

impl Held {
    /// Something to do, from now on.
    pub fn new(what: What, entry: Entry) -> Held {
        let now = Instant::now();
        let deadline = match &what {
            What::Poll(poll) => poll.timeout.and_then(|timeout| now.checked_add(timeout)),
            _ => None,
        };
        Held { what, entry, pending: None, pair: None, deadline, since: now, borrowed: Borrowed::Nothing }
    }

    /// Whether its own patience has ended.
    pub fn is_overdue(&self) -> bool {
        self.deadline.is_some_and(|deadline| Instant::now() >= deadline)
    }
}

impl Task {
    /// A thread that has been made.
    pub fn new(tid: Tid, process: Tid, program: usize, state: State) -> Task {
        Task {
            tid,
            process,
            program,
            state,
            number: None,
            last: None,
            lapsed: None,
            idle: 0,
            fresh: true,
            stands: false,
            leaving: false,
        }
    }

    /// What it is held before.
    pub fn held(&self) -> Option<&Held> {
        match &self.state {
            State::Held(held) => Some(held),
            State::Unborn | State::Large | State::Inside(_) => None,
        }
    }

    /// What it is held before, or does.
    pub fn doing(&self) -> Option<&Held> {
        match &self.state {
            State::Held(held) | State::Inside(held) => Some(held),
            State::Unborn | State::Large => None,
        }
    }
}
