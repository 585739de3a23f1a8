//! What the director hears: who has stopped, and where.

use super::company::NOTHING;
use super::director::Director;
use super::task::{Held, State, Task, What};
use crate::error::Result;
use crate::event::Outcome;
use crate::tracee::constants;
use crate::tracee::ptrace::{self, Ending, Stop, Tid};

impl Director {
    /// A thread has stopped, or is no more.
    pub fn hear(&mut self, tid: Tid, stop: Stop) -> Result<()> {
        match stop {
            Stop::Born => {
                self.company.born(tid);
                self.let_newborn_go(tid);
            }
            Stop::Entry => self.enters(tid)?,
            Stop::Exit => self.returns(tid)?,
            Stop::Signal(signal) => {
                // Ctrl-C reaches everybody at the terminal; here it ends the play, and no program
                // is to be blamed for how it takes it.
                let ours = signal == libc::SIGINT && ptrace::is_from_kernel(tid);
                self.go_on(tid, if ours { 0 } else { signal });
            }
            Stop::Group => {
                self.with(tid, |task| task.stands = true);
                ptrace::listen(tid);
            }
            Stop::Parent(child) | Stop::ParentThatWaits(child) => {
                self.company.adopt(tid, child);
                self.let_newborn_go(child);
                self.go_on(tid, 0);
                self.with(tid, |task| task.stands = matches!(stop, Stop::ParentThatWaits(_)));
            }
            Stop::WaitedForChild => {
                self.with(tid, |task| task.stands = false);
                self.go_on(tid, 0);
            }
            Stop::Program(former) => {
                self.company.became(tid, former);
                // An execve that is in the record has its exit still to come.
                match self.company.find(tid).map(|index| &self.company.tasks[index].state) {
                    Some(State::Inside(_)) => ptrace::go_to_exit(tid),
                    _ => self.go_on(tid, 0),
                }
            }
            Stop::Ending => self.ends(tid),
            Stop::Ended(ending) => self.ended(tid, ending)?,
        }
        Ok(())
    }

    fn with(&mut self, tid: Tid, change: impl FnOnce(&mut Task)) {
        if let Some(index) = self.company.find(tid) {
            change(&mut self.company.tasks[index]);
        }
    }

    /// Where nobody has turns, nobody waits to begin.
    fn let_newborn_go(&mut self, tid: Tid) {
        let Some(index) = self.company.find(tid) else { return };
        let born =
            matches!(&self.company.tasks[index].state, State::Held(held) if matches!(held.what, What::Birth));
        if self.free && born {
            self.company.tasks[index].state = State::Large;
            self.go_on(tid, 0);
        }
    }

    /// Lets a thread go on, with a signal for it or 0.
    pub fn go_on(&mut self, tid: Tid, signal: i32) {
        self.with(tid, |task| task.fresh = true);
        ptrace::go_on(tid, signal);
    }

    /// A thread is about to end.
    fn ends(&mut self, tid: Tid) {
        let Some(index) = self.company.find(tid) else { return ptrace::go_on(tid, 0) };
        let last = self.company.is_last(tid);
        let task = &mut self.company.tasks[index];
        let networks = self.company.processes.get(&task.process).is_some_and(|process| process.networks);
        let ending = ptrace::ending(tid);
        if last && networks && !self.free {
            task.state = State::Held(Held::new(What::Exit(ending), NOTHING));
        } else {
            task.leaving = true;
            task.state = match last && networks {
                true => State::Inside(Held::new(What::Exit(ending), NOTHING)),
                false => State::Large,
            };
            self.go_on(tid, 0);
        }
    }

    /// A thread is no more.
    fn ended(&mut self, tid: Tid, ending: Ending) -> Result<()> {
        let Some(index) = self.company.find(tid) else { return Ok(()) };
        let task = &mut self.company.tasks[index];
        let state = std::mem::replace(&mut task.state, State::Large);
        if let Some(lapsed) = task.lapsed.take() {
            self.record(index, lapsed, Outcome::Done(0), None)?;
        }
        if let State::Inside(held) = state
            && matches!(held.what, What::Exit(_))
        {
            let outcome = match ending {
                Ending::Exit(code) => Outcome::Done(code.into()),
                Ending::Signal(signal) => Outcome::Killed(constants::signal(signal)),
            };
            self.trace.focus(None);
            self.record(index, held, outcome, None)?;
        }
        let program = self.company.tasks[index].program;
        if self.company.programs[program].pid == tid {
            let rest = self.company.programs[program].screen.rest();
            self.show(program, rest.into_iter().collect())?;
        }
        self.company.left(tid, ending);
        Ok(())
    }
}
