//! Until everybody stands still: is held, or sleeps in the kernel until something happens.

use std::time::{Duration, Instant};

use super::Tracer;
use crate::event::Nanos;
use crate::linux::tracee::proc::{self, Doing};
use crate::linux::tracee::ptrace::{self, Stop, Tid};
use crate::stage::traced::thread::{Call, State, Thread, What};

/// From this time on, a thread that runs without a call takes the clock along, in steps of the same
/// size: coarse ones, since how long a computation takes is chance.
const STEP: Duration = Duration::from_millis(250);

/// How long somebody may compute without a call before the others, who wait, are told.
const LONGEST: Duration = Duration::from_millis(3500);

/// How long somebody may compute without a call before the others go on beside it: perhaps it looks at
/// a variable that one of them will set.
const ALONE: Duration = Duration::from_secs(1);

/// How long it may do so while somebody has a time limit, before time passes faster than it computes.
const LONGEST_WITH_LIMIT: Duration = Duration::from_secs(10);

/// How long nobody is heard of before it is asked who computes.
const MOMENT: Duration = Duration::from_millis(50);

/// How everybody is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Calm {
    /// All stand still.
    Still,
    /// Somebody runs.
    Runs,
    /// All stand still but this thread, which has run for some time without a call.
    Computes {
        /// Which.
        tid: Tid,
        /// Whether it has for so long that nobody waits for it any more.
        long: bool,
    },
}

/// How long those who run have computed since anybody was heard of.
#[derive(Debug)]
pub struct Computing {
    heard: Instant,
    /// Who computes, and how long it had when that was noticed.
    since: Option<(Tid, Nanos)>,
    /// How many steps the clock was taken along.
    steps: u32,
    /// How long those who slept had computed when they were asked last.
    sleepers: Vec<(Tid, Nanos)>,
}

impl Computing {
    /// Nobody has been heard of yet.
    pub fn new(now: Instant) -> Computing {
        Computing { heard: now, since: None, steps: 0, sleepers: Vec::new() }
    }
}

impl Tracer {
    /// The next thread that has stopped. Without one: waits for it if somebody was just let go, until
    /// a signal of this process's comes.
    pub fn next_stop(&mut self) -> Option<(Tid, Stop)> {
        let runs = |thread: &mut Thread| {
            let runs = matches!(thread.state, State::Running | State::Inside(_)) && !thread.stands;
            std::mem::take(&mut thread.fresh) && runs
        };
        // All of them are asked, so that none stays fresh.
        let fresh = self.processes.threads.iter_mut().filter_map(|thread| runs(thread).then_some(())).count();
        let stop = if fresh > 0 {
            ptrace::wait_for_stop()
        } else if self
            .processes
            .threads
            .iter()
            .all(|thread| matches!(thread.state, State::Held(_) | State::Back(_)))
        {
            // Whoever stands still is not heard of.
            None
        } else {
            ptrace::next_stop()
        };
        if stop.is_some() {
            self.computing = Computing::new(Instant::now());
        }
        stop
    }

    /// Whether everybody stands still. Who sleeps is looked at while nobody else can run: if this
    /// process has not left its processor meanwhile, on which all others are as well.
    pub fn calm(&mut self) -> Calm {
        if self.processes.threads.iter().all(|thread| matches!(thread.state, State::Held(_) | State::Back(_)))
        {
            return Calm::Still;
        }
        let before = proc::own_switches();
        let (mut runs, mut beside) = (None, None);
        for thread in &mut self.processes.threads {
            match &mut thread.state {
                State::Unborn => return Calm::Runs,
                State::Held(_) | State::Back(_) => {}
                State::Running | State::Inside(_) if thread.stands => {
                    // A SIGCONT has come for it, and it will tell of that when it gets a processor.
                    if thread.stopped_by.is_some()
                        && thread.look.as_ref().and_then(proc::Look::doing) == Some(Doing::Runs)
                    {
                        runs = runs.or(Some(thread.tid));
                    }
                }
                // Whoever has no room to print goes on when the terminal is emptied.
                State::Inside(Call { what: What::Print(_), .. }) => runs = runs.or(Some(thread.tid)),
                State::Running | State::Inside(_) => {
                    let doing = thread.look.as_ref().and_then(proc::Look::doing);
                    thread.sleeps_in = None;
                    match doing {
                        Some(Doing::Sleeps(call)) => thread.sleeps_in = call,
                        Some(Doing::Runs) if thread.computes.is_some() => {
                            beside = beside.or(Some(thread.tid))
                        }
                        Some(Doing::Runs) | None => runs = runs.or(Some(thread.tid)),
                    }
                }
            }
        }
        if let Some(tid) = runs {
            self.computes(tid);
            return Calm::Runs;
        }
        let leaves = |thread: &Thread| {
            thread.leaving
                && !thread.stands
                && !matches!(thread.state, State::Held(_) | State::Back(_))
                && self.processes.ends_soon(thread)
        };
        // Whoever has stopped since somebody was heard of last looks as if it slept in its call.
        if self.processes.threads.iter().any(leaves) || ptrace::is_stop_waiting() {
            return Calm::Runs;
        }
        // Beside somebody who computes this process has no processor to itself.
        if beside.is_none() && proc::own_switches() != before && !self.has_nobody_run() {
            return Calm::Runs;
        }
        for thread in &mut self.processes.threads {
            if let State::Inside(call) = &mut thread.state {
                call.sleeps = true;
            }
        }
        match beside {
            Some(tid) => {
                let (computed, since_heard) = self.computes(tid);
                let limited = self.processes.threads.iter().any(|thread| self.deadline(thread).is_some());
                let long = match limited || self.next_timer().is_some() {
                    true => computed >= LONGEST_WITH_LIMIT && since_heard >= MOMENT,
                    false => since_heard >= LONGEST,
                };
                Calm::Computes { tid, long }
            }
            None => Calm::Still,
        }
    }

    /// Whether nobody who sleeps has run since this was asked last: where this process is put off its
    /// processor again and again, by a tracer of its own for instance.
    fn has_nobody_run(&mut self) -> bool {
        let sleepers = self
            .processes
            .threads
            .iter()
            .filter(|thread| matches!(thread.state, State::Running | State::Inside(_)) && !thread.stands);
        let computed: Vec<_> = sleepers
            .map(|thread| (thread.tid, thread.look.as_ref().map_or(0, proc::Look::computed)))
            .collect();
        let same = self.computing.sleepers == computed;
        self.computing.sleepers = computed;
        same
    }

    /// Somebody runs: the clock is taken along by those who compute for long. How long it has, if that
    /// is for some time, and how long since anybody was heard of.
    fn computes(&mut self, tid: Tid) -> (Duration, Duration) {
        let none = (Duration::ZERO, Duration::ZERO);
        let Some(index) = self.processes.find(tid) else { return none };
        let begun = self.processes.threads[index].computes;
        if begun.is_none() && self.computing.heard.elapsed() < MOMENT {
            return none;
        }
        let look = self.processes.threads[index].look.as_ref();
        let Some(computed) = look.map(proc::Look::computed) else { return none };
        let (_, since) = *match &mut self.computing.since {
            Some(since) if since.0 == tid => since,
            other => other.insert((tid, computed)),
        };
        let time = Duration::from_nanos(computed.saturating_sub(since));
        let steps = (time.as_nanos() / STEP.as_nanos()) as u32;
        if steps > self.computing.steps {
            let step = STEP.as_nanos() as Nanos * Nanos::from(steps - self.computing.steps);
            self.computing.steps = steps;
            self.advance(self.clock.now().saturating_add(step));
        }
        if begun.is_none() && time >= ALONE {
            self.processes.threads[index].computes = Some(since);
        }
        (Duration::from_nanos(computed.saturating_sub(begun.unwrap_or(computed))), time)
    }
}
