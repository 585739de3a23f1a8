//! A thread of a watched program, and what it is about to do.

use std::os::fd::RawFd;
use std::rc::Rc;
use std::time::Duration;

use super::choice::ThreadKey;
use crate::event::{CallId, Nanos, Op, Who};
use crate::linux::tracee::call::Network;
use crate::linux::tracee::descriptor::Descriptor;
use crate::linux::tracee::memory::Buffer;
use crate::linux::tracee::proc::Look;
use crate::linux::tracee::ptrace::{Ending, Entry, Tid};
use crate::linux::tracee::regs::Registers;
use crate::linux::tracee::waits::Poll;
use crate::stage::attribution::Pending;
use crate::stage::ends::Pair;

/// A thread of a watched program.
#[derive(Debug)]
pub struct Thread {
    /// What it is in the play.
    pub key: ThreadKey,
    /// Its number.
    pub tid: Tid,
    /// Its process's.
    pub process: Tid,
    /// Which program it belongs to.
    pub program: usize,
    /// Where it is.
    pub state: State,
    /// Which of its program's threads it is, from its first call on a socket.
    pub number: Option<u16>,
    /// Its last call that was shown, and what that returned.
    pub last: Option<(CallId, Op, i64)>,
    /// When the sleep ends that was shown last.
    pub sleeps_until: Option<Nanos>,
    /// A call that a signal has broken off, and that the kernel may make again.
    pub broken: Option<Call>,
    /// Whether it was let go and has not been heard of since.
    pub fresh: bool,
    /// Whether it stands still until something other than the stage lets it go on: its child, after
    /// vfork(2), or SIGCONT.
    pub stands: bool,
    /// The child that it stands still for (vfork(2)).
    pub stands_for: Option<Tid>,
    /// The signal that has stopped its process.
    pub stopped_by: Option<i32>,
    /// Whether it is on its way into the handler of a signal, one step at a time.
    pub steps: bool,
    /// Whether it has been let go for the last time.
    pub leaving: bool,
    /// Whether it has computed for some time without a call: how long it had on a processor before, in
    /// nanoseconds.
    pub computes: Option<Nanos>,
    /// The way to see what it does when it is not held.
    pub look: Option<Look>,
    /// The call in which it was seen to sleep last.
    pub sleeps_in: Option<Entry>,
}

/// Where a thread is.
#[derive(Debug)]
pub enum State {
    /// Somebody has made it, and it has not stopped for the first time.
    Unborn,
    /// It runs, or sleeps in a call that the stage has nothing to do with.
    Running,
    /// It stands still until it is its turn.
    Held(Call),
    /// It makes its call.
    Inside(Call),
    /// Its call, in which it slept, has returned; it stands still until it is its turn.
    Back(Call),
}

/// What a thread that is held is about to do.
#[derive(Debug)]
pub struct Call {
    /// What.
    pub what: What,
    /// The call as the kernel found it.
    pub entry: Entry,
    /// Its place in the record, once it has one.
    pub pending: Option<Pending>,
    /// The connection that it is about.
    pub pair: Option<Pair>,
    /// When its own time limit is over, in the play's time; none once it is.
    pub deadline: Option<Nanos>,
    /// How long that is, in nanoseconds.
    pub limit: Option<Nanos>,
    /// What has to be undone when it returns.
    pub restore: Restore,
    /// Whether its time limit is over, and it was told so.
    pub expired: bool,
    /// Whether it was seen to sleep in the kernel.
    pub sleeps: bool,
    /// Whether it was told that it sleeps.
    pub told: bool,
    /// Whether its socket was asked what has to be known of it.
    pub asked: bool,
}

/// What was changed so that a call waits as long as the stage wants it to.
#[derive(Debug)]
pub enum Restore {
    /// Nothing.
    Nothing,
    /// An argument: these were the registers.
    Registers(Box<Registers>),
    /// The time limit of a socket.
    TimeLimit {
        /// The socket.
        socket: Rc<Descriptor>,
        /// Whether it is the limit for sending.
        sends: bool,
        /// What it was.
        limit: Duration,
    },
    /// The number of a call that was skipped so that a signal comes through.
    Number,
}

/// What a thread is about to do.
#[derive(Debug)]
pub enum What {
    /// To begin, or to do something that is not shown.
    Pass,
    /// A call on a TCP socket.
    Network(Network),
    /// To wait until descriptors are ready.
    Poll(Poll),
    /// To take what comes from another process or thread, otherwise than over TCP.
    Take {
        /// The call.
        op: Op,
        /// The pipe or the socket.
        descriptor: RawFd,
    },
    /// To print to its terminal: from here.
    Print(Vec<Buffer>),
    /// To sleep.
    Sleep {
        /// How long, in nanoseconds.
        time: Nanos,
        /// Where the time that is left is written if a signal ends it; 0 is nowhere.
        rest: u64,
    },
    /// To wait in the kernel for something else.
    Wait(Op),
    /// To end, and this is known of how.
    Exit(Ending),
}

impl What {
    /// The call, if it is one that has a name.
    pub fn op(&self) -> Option<Op> {
        match self {
            What::Network(network) => Some(network.op),
            What::Poll(poll) => Some(poll.op),
            What::Wait(op) | What::Take { op, .. } => Some(*op),
            What::Sleep { .. } => Some(Op::Nanosleep),
            What::Exit(_) => Some(Op::Exit),
            What::Pass | What::Print(_) => None,
        }
    }
}

/// No call: for what is no call's doing.
const NOTHING: Entry = Entry { number: -1, args: [0; 6] };

impl Call {
    /// Something to do that is no call.
    pub fn none(what: What) -> Call {
        Call::new(what, NOTHING, None)
    }

    /// A call, and when its time limit is over.
    pub fn new(what: What, entry: Entry, deadline: Option<Nanos>) -> Call {
        Call {
            what,
            entry,
            pending: None,
            pair: None,
            deadline,
            limit: None,
            restore: Restore::Nothing,
            expired: false,
            sleeps: false,
            told: false,
            asked: false,
        }
    }

    /// It waits for this time at most, from now on.
    pub fn set_limit(&mut self, now: Nanos, limit: Nanos) {
        (self.limit, self.deadline) = (Some(limit), Some(now.saturating_add(limit)));
    }

    /// The descriptor that it is made on.
    pub fn descriptor(&self) -> Option<i32> {
        match &self.what {
            What::Network(network) => network.descriptor,
            What::Poll(poll) => poll.descriptor(),
            What::Pass
            | What::Take { .. }
            | What::Print(_)
            | What::Sleep { .. }
            | What::Wait(_)
            | What::Exit(_) => None,
        }
    }
}

impl Thread {
    /// A thread that has been made.
    pub fn new(key: ThreadKey, tid: Tid, process: Tid, program: usize, state: State) -> Thread {
        Thread {
            key,
            tid,
            process,
            program,
            state,
            number: None,
            last: None,
            sleeps_until: None,
            broken: None,
            fresh: true,
            stands: false,
            stands_for: None,
            stopped_by: None,
            steps: false,
            leaving: false,
            computes: None,
            look: None,
            sleeps_in: None,
        }
    }

    /// Its side.
    pub fn who(&self) -> Who {
        self.key.who
    }

    /// What it is held before.
    pub fn held(&self) -> Option<&Call> {
        match &self.state {
            State::Held(call) => Some(call),
            State::Unborn | State::Running | State::Inside(_) | State::Back(_) => None,
        }
    }

    /// What it is held before, or does.
    pub fn call(&self) -> Option<&Call> {
        match &self.state {
            State::Held(call) | State::Inside(call) | State::Back(call) => Some(call),
            State::Unborn | State::Running => None,
        }
    }

    /// The same, to be changed.
    pub fn call_mut(&mut self) -> Option<&mut Call> {
        match &mut self.state {
            State::Held(call) | State::Inside(call) | State::Back(call) => Some(call),
            State::Unborn | State::Running => None,
        }
    }
}
