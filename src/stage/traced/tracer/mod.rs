//! The tracer: it holds programs at their calls and lets them go on, and has no opinion about who
//! should. What it hears it hands on, in the order in which it happened.

mod asleep;
mod entry;
mod exit;
mod flight;
mod line;
mod settle;
mod sight;
mod signals;
mod timers;
mod turn;

pub use self::exit::pair_of;
pub use self::line::Line;
pub use self::settle::Calm;

use self::flight::Unmoved;

use std::time::Instant;

use super::clock::Clock;
use super::processes::Processes;
use super::thread::{Call, State, Thread, What};
use super::world::World;
use crate::event::{Nanos, Outcome, Who};
use crate::linux::tracee::descriptor::Descriptor;
use crate::linux::tracee::ptrace::{self, Ending, Stop, Tid};
use crate::linux::tracee::{auxv, constants, spawn, vdso};
use std::rc::Rc;

/// The tracer.
#[derive(Debug)]
pub struct Tracer {
    /// Everybody who plays.
    pub processes: Processes,
    /// The play's time.
    pub clock: Clock,
    /// What the programs find in the world that chance decides elsewhere.
    pub world: World,
    /// The line between the two sides.
    pub line: Line,
    /// The timers that are set, where the clock is the play's.
    timers: timers::Timers,
    /// Whether everybody goes on at once, without a turn.
    free: bool,
    /// Whether a signal may wait for somebody who is held.
    signals: bool,
    /// How long those who run have computed since anybody was heard of.
    computing: settle::Computing,
    /// Connections whose bytes have not moved.
    unmoved: Unmoved,
}

/// What was heard.
#[derive(Debug)]
pub enum Heard {
    /// Nothing that anybody has to know about.
    Nothing,
    /// A thread is about to make a call, and waits for nobody's leave.
    Calls(usize),
    /// A call has returned. Its thread stands still until it is let go.
    Returned {
        /// Whose.
        thread: usize,
        /// The call.
        call: Call,
        /// What it returned.
        outcome: Outcome,
        /// Its socket, if that is still open.
        socket: Option<Rc<Descriptor>>,
    },
    /// A thread has printed. It stands still until it is let go.
    Printed {
        /// Whose.
        thread: usize,
        /// What.
        bytes: Vec<u8>,
        /// How many bytes more there were, which were not read.
        more: u64,
    },
    /// A thread is no more.
    Ended {
        /// What it was.
        thread: Box<Thread>,
        /// Its ending, if that is in the record.
        exit: Option<(Call, Outcome)>,
        /// What was left of its program's last line, if the program has ended with it.
        rest: Option<Vec<u8>>,
    },
}

impl Tracer {
    /// A tracer of programs that have not begun.
    pub fn new(clock: Clock, world: World, line: Line, free: bool) -> Tracer {
        Tracer {
            processes: Processes::default(),
            clock,
            world,
            line,
            timers: timers::Timers::default(),
            free,
            signals: false,
            computing: settle::Computing::new(Instant::now()),
            unmoved: Unmoved::default(),
        }
    }

    /// What is held of the programs besides their calls on sockets.
    pub fn setting(&self) -> spawn::Setting<'_> {
        self.world.setting(self.clock.is_held())
    }

    /// A program has been started.
    pub fn enter(&mut self, who: Who, started: spawn::Program) {
        self.processes.enter(who, started);
    }

    /// The play's time jumps, and so do the clocks of all programs.
    pub fn advance(&mut self, to: Nanos) {
        self.clock.advance(to);
        let times = self.clock.times();
        for process in self.processes.processes.values() {
            if let Some(clock) = &process.clock {
                // A process that has ended meanwhile needs none.
                let _ = clock.set(times);
            }
        }
        self.fire_timers();
    }

    /// Hears of a thread that has stopped, or is no more.
    pub fn hear(&mut self, tid: Tid, stop: Stop) -> Heard {
        let steps = self.processes.find(tid).is_some_and(|index| {
            let thread = &mut self.processes.threads[index];
            thread.computes = None;
            std::mem::take(&mut thread.steps)
        });
        match stop {
            Stop::Born => self.stopped_first(tid),
            Stop::Entry => return self.enters(tid),
            Stop::Exit => return self.returns(tid),
            Stop::Signal(libc::SIGTRAP) if steps => return self.handles(tid),
            Stop::Signal(signal) => self.signalled(tid, signal),
            Stop::Group(signal) => {
                self.with(tid, |thread| (thread.stands, thread.stopped_by) = (true, Some(signal)));
                ptrace::listen(tid);
            }
            Stop::Parent(child) | Stop::ParentThatWaits(child) => {
                self.processes.forked(tid, child);
                self.let_newborn_go(child);
                self.go_on(tid, 0);
                let waits = matches!(stop, Stop::ParentThatWaits(_));
                self.with(tid, |thread| (thread.stands, thread.stands_for) = (waits, waits.then_some(child)));
            }
            Stop::WaitedForChild => {
                self.with(tid, |thread| (thread.stands, thread.stands_for) = (false, None));
                self.waits_for_turn(tid);
            }
            Stop::Program(former) => self.execed(tid, former),
            Stop::Ending => self.ends(tid),
            Stop::Ended(ending) => return self.ended(tid, ending),
        }
        Heard::Nothing
    }

    /// Lets a thread go on, with a signal for it or 0.
    pub fn go_on(&mut self, tid: Tid, signal: i32) {
        self.with(tid, |thread| thread.fresh = true);
        ptrace::go_on(tid, signal);
    }

    /// A thread goes on to the exit of a call in which it will sleep: nobody waits for it to be heard
    /// of.
    fn go_to_sleep(&mut self, index: usize, call: Call) {
        self.go_to_exit(index, call);
        self.processes.threads[index].fresh = false;
    }

    /// A thread goes on to the exit of its call.
    fn go_to_exit(&mut self, index: usize, call: Call) {
        let thread = &mut self.processes.threads[index];
        thread.fresh = true;
        thread.state = State::Inside(call);
        ptrace::go_to_exit(thread.tid);
    }

    fn with(&mut self, tid: Tid, change: impl FnOnce(&mut Thread)) {
        if let Some(index) = self.processes.find(tid) {
            change(&mut self.processes.threads[index]);
        }
    }

    /// A thread has stopped for the first time, or after a stop that was asked for or has ended.
    fn stopped_first(&mut self, tid: Tid) {
        match self.processes.find(tid).map(|index| &mut self.processes.threads[index]) {
            Some(thread) if !matches!(thread.state, State::Unborn) => {
                (thread.stands, thread.stopped_by) = (false, None);
                self.go_on(tid, 0);
            }
            _ => {
                self.processes.stopped_first(tid);
                self.let_newborn_go(tid);
            }
        }
    }

    /// A thread could go on beside another one that runs: it waits until that stands still.
    fn waits_for_turn(&mut self, tid: Tid) {
        match self.processes.find(tid).map(|index| &mut self.processes.threads[index].state) {
            Some(state @ State::Running) if !self.free => *state = State::Held(Call::none(What::Pass)),
            _ => self.go_on(tid, 0),
        }
    }

    /// Where nobody has turns, nobody waits to begin.
    fn let_newborn_go(&mut self, tid: Tid) {
        let Some(index) = self.processes.find(tid) else { return };
        let thread = &mut self.processes.threads[index];
        if self.free && thread.held().is_some_and(|call| matches!(call.what, What::Pass)) {
            thread.state = State::Running;
            self.go_on(tid, 0);
        }
    }

    /// A child runs another program now, or is no more: whoever stood still for it will be heard of, and
    /// is waited for. When it would come by itself is chance.
    fn wakes_parent(&mut self, child: Tid) {
        for thread in self.processes.threads.iter_mut().filter(|thread| thread.stands_for == Some(child)) {
            (thread.stands, thread.stands_for) = (false, None);
        }
    }

    /// A process runs another program now.
    fn execed(&mut self, tid: Tid, former: Tid) {
        self.wakes_parent(tid);
        self.processes.execed(tid, former);
        self.timers.forget(tid);
        self.furnish(tid);
        // An execve that is in the record has its exit still to come.
        match self.processes.find(tid).map(|index| &self.processes.threads[index].state) {
            Some(State::Inside(_)) => ptrace::go_to_exit(tid),
            _ => self.go_on(tid, 0),
        }
    }

    /// Gives a new program the clock and the chance of the play.
    fn furnish(&mut self, pid: Tid) {
        let Some(process) = self.processes.processes.get_mut(&pid) else { return };
        process.furnished = true;
        if let Some(bytes) = self.world.first_random(process.birth) {
            let _ = auxv::set_random(pid, bytes);
        }
        if !self.clock.is_held() {
            return;
        }
        process.clock = vdso::Clock::install(pid, self.clock.times()).ok();
        if process.clock.is_none() {
            // It asks the kernel then, and the stage answers.
            let _ = auxv::hide_vdso(pid);
        }
    }

    /// A side of a lesson runs as a copy of this process: it gets the clock at its first call.
    fn furnish_copy(&mut self, pid: Tid) {
        let Some(process) = self.processes.processes.get_mut(&pid).filter(|process| !process.furnished)
        else {
            return;
        };
        process.furnished = true;
        if self.clock.is_held() {
            process.clock = vdso::Clock::install(pid, self.clock.times()).ok();
        }
    }

    /// A thread is about to end.
    fn ends(&mut self, tid: Tid) {
        let Some(index) = self.processes.find(tid) else { return ptrace::go_on(tid, 0) };
        let last = self.processes.is_last(tid);
        let thread = &mut self.processes.threads[index];
        let process = self.processes.processes.get(&thread.process);
        let networks = process.is_some_and(|process| process.networks);
        let exit = Call::none(What::Exit(ptrace::ending(tid)));
        if last && networks && !self.free {
            thread.state = State::Held(exit);
        } else {
            if last && let Some(process) = process {
                process.descriptors.give_back(..);
            }
            thread.leaving = true;
            thread.state = if last && networks { State::Inside(exit) } else { State::Running };
            self.go_on(tid, 0);
        }
    }

    /// A thread is no more.
    fn ended(&mut self, tid: Tid, ending: Ending) -> Heard {
        self.wakes_parent(tid);
        let Some(index) = self.processes.find(tid) else { return Heard::Nothing };
        // Its parent may be told by a signal.
        self.signals = true;
        let thread = &mut self.processes.threads[index];
        let exit = match std::mem::replace(&mut thread.state, State::Running) {
            State::Inside(call) if matches!(call.what, What::Exit(_)) => Some(call),
            _ => None,
        };
        let exit = exit.map(|call| {
            let outcome = match ending {
                Ending::Exit(code) => Outcome::Done(code.into()),
                Ending::Signal(signal) => Outcome::Killed(constants::signal(signal)),
            };
            (call, outcome)
        });
        let program = &mut self.processes.programs[thread.program];
        let rest = if program.pid == tid { program.screen.rest() } else { None };
        match self.processes.exited(tid, ending) {
            Some(thread) => Heard::Ended { thread: Box::new(thread), exit, rest },
            None => Heard::Nothing,
        }
    }
}
