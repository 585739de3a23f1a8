//! Whose turn it is: one thread goes on at a time, and only when all others stand still or sleep.

use std::os::fd::OwnedFd;
use std::time::{Duration, Instant};

use super::calls::pair;
use super::company::Process;
use super::director::Director;
use super::task::{Held, State, Task, What};
use crate::ends::Pair;
use crate::error::Result;
use crate::event::{Outcome, Who};
use crate::poll::Interest;
use crate::tracee::descriptor::ready;
use crate::tracee::proc;
use crate::tracee::ptrace;
use crate::verdict::Verdict;

/// How long somebody who has slept enough lets the others go first.
const POLITENESS: Duration = Duration::from_secs(1);

/// What stands between a thread that is held and its turn.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Rank {
    /// Nothing.
    Ready,
    /// It can go on, but lets everybody else go first: time alone has brought it here.
    Late,
    /// It cannot go on.
    Waits,
}

impl Director {
    /// Whether everybody stands still: is held, or sleeps until something happens. Whoever sleeps is
    /// looked at twice: if nobody ran between the looks, nobody can have woken anybody.
    pub fn is_settled(&self) -> bool {
        let mut sleepers = Vec::new();
        for task in &self.company.tasks {
            match task.state {
                State::Unborn => return false,
                State::Held(_) => {}
                State::Large | State::Inside(_) if task.stands => {}
                State::Large | State::Inside(_) if task.leaving && self.company.ends_soon(task) => {
                    return false;
                }
                State::Large | State::Inside(_) => sleepers.push(task.tid),
            }
        }
        let look = || sleepers.iter().map(|&tid| proc::rest(tid)).collect::<Option<Vec<_>>>();
        sleepers.is_empty()
            || look().is_some_and(|first| {
                first.iter().all(|rest| rest.asleep) && look().is_some_and(|second| first == second)
            })
    }

    /// Lets somebody go on, or else sees what can be hoped for. The verdict, when that is nothing.
    ///
    /// # Errors
    /// As for [`Director::play`].
    pub fn turn(&mut self) -> Result<Option<Verdict>> {
        // The clients enter one after another, so that they are always the same ones.
        if !self.cast.is_waiting(Who::Client) && self.enter(Who::Client)? {
            return Ok(None);
        }
        self.announce()?;
        self.show_unfinished_lines()?;
        if let Some(index) = self.next() {
            self.let_go(index)?;
            return Ok(None);
        }
        self.rest()
    }

    /// Tells of everybody who has come to a call that cannot go on.
    fn announce(&mut self) -> Result<()> {
        for index in self.in_turn() {
            let task = &self.company.tasks[index];
            let tells =
                task.held().is_some_and(|held| held.pending.is_none() && self.is_about_sockets(task, held));
            if tells && self.rank(task) == Rank::Waits {
                self.wait(index)?;
            }
        }
        Ok(())
    }

    /// A call cannot go on yet.
    fn wait(&mut self, index: usize) -> Result<()> {
        let mut pending = self.trace.call()?;
        let pair = self.company.tasks[index].held().and_then(|held| self.pair_of(index, held));
        if let State::Held(held) = &mut self.company.tasks[index].state {
            held.pair = pair;
        }
        let task = &self.company.tasks[index];
        let Some(intent) = task.held().and_then(|held| self.intent(task, held)) else { return Ok(()) };
        self.trace.waits(&mut pending, &intent)?;
        if let State::Held(held) = &mut self.company.tasks[index].state {
            held.pending = Some(pending);
        }
        Ok(())
    }

    /// Whether a call that waits is worth telling: one that has a TCP socket to wait for.
    fn is_about_sockets(&self, task: &Task, held: &Held) -> bool {
        match &held.what {
            What::Network(_) => true,
            What::Poll(poll) => self.company.process_of(task).is_some_and(|process| {
                poll.all(process.handle.pid()).into_iter().any(|number| process.handle.tcp(number).is_some())
            }),
            What::Birth | What::Write(_) | What::Sleep | What::Awake | What::Exit(_) => false,
        }
    }

    /// The questions that programs have asked without ending the line: they are about to wait.
    fn show_unfinished_lines(&mut self) -> Result<()> {
        for program in 0..self.company.programs.len() {
            let writes = self.company.tasks.iter().any(|task| {
                task.program == program && task.held().is_some_and(|held| matches!(held.what, What::Write(_)))
            });
            if !writes && let Some(line) = self.company.programs[program].screen.rest() {
                self.show(program, vec![line])?;
            }
        }
        Ok(())
    }

    /// Everybody, beginning with whoever had the last turn.
    fn in_turn(&self) -> impl Iterator<Item = usize> + use<> {
        let count = self.company.tasks.len();
        let first = self.company.find(self.owner).unwrap_or(0);
        (0..count).map(move |step| (first + step) % count)
    }

    /// Who goes on: whoever had the last turn if it can, or else the next who can.
    fn next(&self) -> Option<usize> {
        let ranked = self.in_turn().map(|index| (self.rank(&self.company.tasks[index]), index));
        let mut late = None;
        for (rank, index) in ranked {
            match rank {
                Rank::Ready => return Some(index),
                Rank::Late => late = late.or(Some(index)),
                Rank::Waits => {}
            }
        }
        late.or_else(|| {
            // Somebody who is held takes no notice of a signal before it goes on.
            self.in_turn().find(|&index| {
                let task = &self.company.tasks[index];
                task.held().is_some() && proc::has_signal(task.tid)
            })
        })
    }

    fn rank(&self, task: &Task) -> Rank {
        let (Some(held), Some(process)) = (task.held(), self.company.process_of(task)) else {
            return Rank::Waits;
        };
        let late = |is_late: bool| if is_late { Rank::Late } else { Rank::Waits };
        match &held.what {
            What::Birth | What::Write(_) | What::Sleep | What::Exit(_) => Rank::Ready,
            What::Awake if held.since.elapsed() >= POLITENESS => Rank::Ready,
            What::Awake => Rank::Late,
            What::Network(network) => match (network.waits_for, network.descriptor) {
                (Some(interest), Some(number)) => {
                    let events = match interest {
                        Interest::Read => libc::POLLIN,
                        Interest::Write => libc::POLLOUT,
                    };
                    match is_ready(process, &[(number, events)]) {
                        true => Rank::Ready,
                        false => late(held.is_overdue()),
                    }
                }
                _ => Rank::Ready,
            },
            What::Poll(poll) if is_ready(process, &poll.watched) => Rank::Ready,
            What::Poll(_) => late(held.is_overdue()),
        }
    }

    /// Lets one go on with what it is held before.
    fn let_go(&mut self, index: usize) -> Result<()> {
        let tid = self.company.tasks[index].tid;
        self.owner = tid;
        let State::Held(held) = std::mem::replace(&mut self.company.tasks[index].state, State::Large) else {
            return Ok(());
        };
        match &held.what {
            What::Birth | What::Awake => self.go_on(tid, 0),
            What::Write(_) | What::Sleep => {
                self.company.tasks[index].state = State::Inside(held);
                self.company.tasks[index].fresh = true;
                ptrace::go_to_exit(tid);
            }
            What::Network(_) | What::Poll(_) | What::Exit(_) => {
                if matches!(held.what, What::Network(_)) && !self.hold_back()? {
                    self.company.tasks[index].state = State::Held(held);
                    return Ok(());
                }
                self.begin(index, held)?;
            }
        }
        Ok(())
    }

    /// A call is made.
    pub fn begin(&mut self, index: usize, mut held: Held) -> Result<()> {
        let tid = self.company.tasks[index].tid;
        held.pair = self.pair_of(index, &held);
        self.trace.focus(held.pair);
        match &mut held.pending {
            Some(pending) => {
                self.trace.arrivals()?;
                pending.resumed(self.trace.now());
            }
            // A call that polls and need not wait is not worth telling.
            None if matches!(held.what, What::Poll(_)) => {}
            None => held.pending = Some(self.trace.call()?),
        }
        if held.is_overdue() {
            self.cut_short(index, &mut held);
        }
        let exits = matches!(held.what, What::Exit(_));
        let task = &mut self.company.tasks[index];
        task.leaving |= exits;
        task.fresh = true;
        task.state = State::Inside(held);
        if exits {
            ptrace::go_on(tid, 0)
        } else {
            ptrace::go_to_exit(tid)
        }
        Ok(())
    }

    /// The connection that a call is about, before it is made.
    fn pair_of(&self, index: usize, held: &Held) -> Option<Pair> {
        let What::Network(network) = &held.what else { return None };
        let task = &self.company.tasks[index];
        let who = self.company.programs[task.program].who;
        pair(&self.company.process_of(task)?.handle, network, &Outcome::Done(0), who)
    }

    /// A call that is in the record has returned.
    pub fn record(
        &mut self,
        index: usize,
        mut held: Held,
        outcome: Outcome,
        socket: Option<&socket2::Socket>,
    ) -> Result<()> {
        let Some(pending) = held.pending.take() else { return Ok(()) };
        let Some(intent) = self.intent(&self.company.tasks[index], &held) else { return Ok(()) };
        self.company.tasks[index].last = Some((pending.id, intent.op, outcome.number()));
        self.still_since = Instant::now();
        self.trace.returned(pending, intent, outcome, socket)
    }

    /// Whether anybody of the clients is still there, or is still to come.
    pub fn awaits_clients(&self) -> bool {
        self.cast.is_waiting(Who::Client) || self.company.has(Who::Client)
    }
}

/// Whether one of a process's descriptors is ready for what is asked of it. One that is not open is:
/// the call will say so.
fn is_ready(process: &Process, watched: &[(i32, i16)]) -> bool {
    let mut borrowed: Vec<(OwnedFd, i16)> = Vec::with_capacity(watched.len());
    for &(number, events) in watched {
        match process.handle.borrow(number) {
            Ok(descriptor) => borrowed.push((descriptor, events)),
            Err(_) => return true,
        }
    }
    ready(&borrowed).into_iter().any(|ready| ready)
}
