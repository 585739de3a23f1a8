//! What can be hoped for when nobody can go on: time, a person, the kernel. And if nothing can: how
//! the play ended.

use std::time::{Duration, Instant};

use super::company::Process;
use super::director::Director;
use super::task::{State, Task, What};
use crate::error::Result;
use crate::event::{Caller, Op, Who};
use crate::tracee::descriptor::identity;
use crate::tracee::ptrace::{Ending, Entry};
use crate::tracee::{constants, memory, proc};
use crate::verdict::{End, Verdict, Waiting};

/// How long something that is under way all the time and helps nobody, such as probes of a window
/// that stays shut, or threads that look up now and then, is waited for.
const LONGEST: Duration = Duration::from_secs(5);

/// How many times in a row a call that waits for a time may do so in vain before that counts as
/// waiting for ever: less where a server alone is left, since it does not matter to anybody.
const MOST_IDLE: u32 = 3;
const MOST_IDLE_ALONE: u32 = 1;

/// What can be hoped for.
enum Hope {
    /// That somebody's time comes.
    Time(Instant),
    /// That a person types something.
    Person,
    /// That something changes by itself, for this long.
    Change(Duration),
    /// Nothing.
    Nothing,
}

impl Director {
    /// Nobody can go on. The verdict, if that is the end.
    ///
    /// # Errors
    /// As for [`Director::play`].
    pub fn rest(&mut self) -> Result<Option<Verdict>> {
        if self.cast.is_waiting(Who::Client) && self.server_rests() {
            self.enter(Who::Client)?;
            return Ok(None);
        }
        match self.hope() {
            Hope::Time(until) => self.pass_time(Some(until))?,
            Hope::Person => self.pass_time(None)?,
            Hope::Change(patience) if self.still_since.elapsed() < patience => self.pass_time(None)?,
            Hope::Change(_) | Hope::Nothing if self.cast.is_waiting(Who::Client) && !self.has_failed() => {
                // A server that waits for anything but clients, or is done already: they are let in,
                // and will see.
                self.enter(Who::Client)?;
            }
            Hope::Change(_) | Hope::Nothing => return Ok(Some(self.verdict())),
        }
        Ok(None)
    }

    /// Whether a program has come to a bad end.
    fn has_failed(&self) -> bool {
        let mut endings = self.company.programs.iter().filter_map(|program| program.ending);
        endings.any(|ending| ending != Ending::Exit(0))
    }

    /// Whether the server has come to rest where clients are expected.
    fn server_rests(&self) -> bool {
        let mut servers = self.company.tasks.iter().filter(|task| self.who(task) == Who::Server);
        self.listens
            && servers.any(|task| {
                let op = task.doing().and_then(|doing| doing.what.op());
                matches!(op, Some(Op::Accept | Op::Poll | Op::Select | Op::EpollWait))
            })
    }

    fn who(&self, task: &Task) -> Who {
        self.company.programs[task.program].who
    }

    fn hope(&self) -> Hope {
        let most_idle = if self.awaits_clients() { MOST_IDLE } else { MOST_IDLE_ALONE };
        let mut time: Option<Instant> = None;
        let mut change = Duration::ZERO;
        let mut person = false;
        let mut sooner = |at: Instant| time = Some(time.map_or(at, |time| time.min(at)));
        for task in &self.company.tasks {
            if let Some(held) = task.held()
                && let Some(deadline) = held.deadline
                && task.idle < most_idle
            {
                sooner(deadline);
            }
            let Some(process) = self.company.process_of(task) else { continue };
            if let Some(alarm) = process.alarm.filter(|&alarm| alarm > Instant::now()) {
                sooner(alarm);
            }
            person |= self.waits_for_person(task, process);
            if matches!(task.state, State::Large | State::Inside(_)) {
                match asleep(task) {
                    Sleep::ForEver => {}
                    // A sleeper who is left alone may do so again and again: nobody waits for it.
                    Sleep::ForATime if !self.awaits_clients() => change = LONGEST,
                    Sleep::ForATime => sooner(Instant::now() + LONGEST),
                    Sleep::NowAndThen => change = LONGEST,
                }
            }
        }
        if self.trace.ends().are_in_flight() == Some(true) {
            change = LONGEST;
        }
        match (time, person) {
            (Some(time), _) => Hope::Time(time),
            (None, true) => Hope::Person,
            (None, false) if change.is_zero() => Hope::Nothing,
            (None, false) => Hope::Change(change),
        }
    }

    /// Whether a thread waits for what a person types.
    fn waits_for_person(&self, task: &Task, process: &Process) -> bool {
        if !self.cast.has_person() || self.who(task) == Who::Server {
            return false;
        }
        let keyboard = identity(&std::io::stdin());
        let is_keyboard = |number: i32| {
            let found = process.handle.borrow(number).ok().as_ref().and_then(identity);
            found.is_some() && found == keyboard
        };
        match &task.state {
            State::Held(held) => match &held.what {
                What::Poll(poll) => poll.watched.iter().any(|&(number, _)| is_keyboard(number)),
                _ => false,
            },
            State::Large => proc::call(task.tid).is_some_and(|Entry { number, args }| {
                matches!(number, libc::SYS_read | libc::SYS_readv) && is_keyboard(args[0] as i32)
            }),
            State::Unborn | State::Inside(_) => false,
        }
    }

    /// How the play ended.
    fn verdict(&self) -> Verdict {
        for program in &self.company.programs {
            let end = match program.ending {
                Some(Ending::Exit(code)) if code != 0 => End::Code(code),
                Some(Ending::Signal(signal)) => End::Signal(constants::signal(signal)),
                Some(Ending::Exit(_)) | None => continue,
            };
            let caller = self.cast.has_several(program.who).then_some(Caller {
                program: program.number,
                thread: 1,
                descriptor: None,
                connection: None,
            });
            return Verdict::Crashed { who: program.who, caller, end, failed: program.failed };
        }
        if self.company.tasks.is_empty() {
            return Verdict::Finished;
        }
        let mut waiting: Vec<_> = self.company.tasks.iter().filter_map(|task| self.waiting(task)).collect();
        // A server's process that waits for nothing on the wire, a daemon that sleeps, rests as well.
        if !self.company.has(Who::Client) && (waiting.is_empty() || self.server_rests()) {
            return Verdict::Resting { served: self.served };
        }
        waiting.sort_by_key(|waiting| waiting.who as usize);
        Verdict::Deadlock { waiting, unread: self.trace.ends().unread() }
    }

    /// Who waits in which call, if that was told.
    fn waiting(&self, task: &Task) -> Option<Waiting> {
        let doing = task.doing()?;
        let id = doing.pending.as_ref()?.id;
        let program = &self.company.programs[task.program];
        let caller = Caller {
            program: program.number,
            thread: task.number.unwrap_or(1),
            descriptor: doing_descriptor(task),
            connection: doing.pair.and_then(|pair| self.trace.connection(pair)),
        };
        Some(Waiting { who: program.who, caller: Some(caller), op: doing.what.op()?, id, since: task.last })
    }
}

fn doing_descriptor(task: &Task) -> Option<i32> {
    match &task.doing()?.what {
        What::Network(network) => network.descriptor,
        What::Poll(poll) => poll.descriptor(),
        _ => None,
    }
}

/// How long a thread sleeps that is not held.
enum Sleep {
    /// Until somebody wakes it.
    ForEver,
    /// Until a time that it has chosen.
    ForATime,
    /// Until it looks up by itself, and will perhaps go on as before.
    NowAndThen,
}

fn asleep(task: &Task) -> Sleep {
    if let State::Inside(held) = &task.state {
        return match held.what {
            What::Sleep => Sleep::ForATime,
            _ => Sleep::ForEver,
        };
    }
    let Some(Entry { number, args }) = proc::call(task.tid) else { return Sleep::NowAndThen };
    let limited = |at: usize| {
        if memory::timespec(task.tid, args[at]).is_some() { Sleep::NowAndThen } else { Sleep::ForEver }
    };
    match number {
        libc::SYS_futex => limited(3),
        libc::SYS_rt_sigtimedwait => limited(2),
        libc::SYS_restart_syscall => Sleep::NowAndThen,
        _ => Sleep::ForEver,
    }
}
