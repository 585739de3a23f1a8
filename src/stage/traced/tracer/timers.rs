//! Timers that programs have set: they expire in the play's time.

use std::collections::BTreeMap;
use std::rc::Rc;

use super::Tracer;
use crate::event::Nanos;
use crate::linux::tracee::descriptor::{Descriptor, ready};
use crate::linux::tracee::ptrace::{self, Tid};
use crate::linux::tracee::timers::{self, Timer, Timing, write_left, write_words};

/// A timer that runs.
#[derive(Clone, Debug)]
struct Running {
    next: Nanos,
    interval: Nanos,
    /// The timer, where it is a descriptor.
    descriptor: Option<Rc<Descriptor>>,
}

/// The timers that run, by their processes.
#[derive(Debug, Default)]
pub struct Timers(BTreeMap<(Tid, Timer), Running>);

impl Timers {
    /// A process runs another program, which has no timers but the one of alarm(2).
    pub fn forget(&mut self, pid: Tid) {
        self.0.retain(|&(owner, timer), _| owner != pid || !matches!(timer, Timer::Posix(_)));
    }

    /// The key of a timer. One that is a descriptor may have been set by another number, or by another
    /// process, than it is now.
    fn key(&self, pid: Tid, timer: Timer, descriptor: Option<&Descriptor>) -> (Tid, Timer) {
        let is_same = |running: &Running| {
            descriptor
                .is_some_and(|one| running.descriptor.as_ref().is_some_and(|other| one.is_same_file(other)))
        };
        let known = self.0.iter().find(|(_, running)| is_same(running)).map(|(&key, _)| key);
        known.unwrap_or((pid, timer))
    }
}

impl Tracer {
    /// When the next timer expires, or the line heals.
    pub fn next_timer(&self) -> Option<Nanos> {
        let timers = self.timers.0.iter();
        timers
            .filter(|((pid, _), timer)| {
                timer.descriptor.is_some() || self.processes.processes.contains_key(pid)
            })
            .map(|(_, timer)| timer.next)
            .chain(self.line.heals_at())
            .min()
    }

    /// What a call about time returns; none if the kernel is to say.
    pub(super) fn answer_timing(&mut self, index: usize, timing: Timing) -> Option<i64> {
        let thread = &self.processes.threads[index];
        let (tid, pid, now) = (thread.tid, thread.process, self.clock.now());
        let left = |timer: Option<&Running>| {
            timer.map_or((0, 0), |timer| (timer.next.saturating_sub(now), timer.interval))
        };
        let descriptor = match timing {
            Timing::Set { timer: Timer::Descriptor(number), .. }
            | Timing::Left { timer: Timer::Descriptor(number), .. } => {
                self.processes.descriptors_of(thread).and_then(|descriptors| descriptors.get(number))
            }
            _ => None,
        };
        match timing {
            Timing::Set { timer, first, interval, before } => {
                let next = first.and_then(|limit| self.clock.deadline(limit));
                let key = self.timers.key(pid, timer, descriptor.as_deref());
                let (old, old_interval) = left(self.timers.0.get(&key));
                if let Some(descriptor) = descriptor.as_ref().filter(|_| self.clock.is_held()) {
                    // What has expired and was not read is forgotten.
                    descriptor.disarm();
                }
                match next {
                    Some(next) => drop(self.timers.0.insert(key, Running { next, interval, descriptor })),
                    None => drop(self.timers.0.remove(&key)),
                }
                // Without a time to come the kernel may do it, and forgets what has expired.
                (self.clock.is_held() && next.is_some()).then(|| write_left(tid, before, old, old_interval))
            }
            Timing::Left { timer, to } => {
                let key = self.timers.key(pid, timer, descriptor.as_deref());
                let (left, interval) = left(self.timers.0.get(&key));
                self.clock.is_held().then(|| write_left(tid, to, left, interval))
            }
            _ if !self.clock.is_held() => None,
            Timing::Ask { clock, to, nanoseconds } => {
                let times = self.clock.times();
                let time = match clock {
                    crate::linux::tracee::waits::Clock::Wall => times.wall,
                    crate::linux::tracee::waits::Clock::Monotonic => times.monotonic,
                };
                let part = time % 1_000_000_000 / if nanoseconds { 1 } else { 1000 };
                Some(write_words(tid, to, &[time / 1_000_000_000, part]))
            }
            Timing::Ticks { to } => Some(timers::write_ticks(pid, tid, to, self.clock.times().monotonic)),
            Timing::Uptime { to } => Some(timers::write_uptime(tid, to, self.clock.times().monotonic)),
            Timing::Seconds { to } => {
                let seconds = self.clock.times().wall / 1_000_000_000;
                match write_words(tid, to, &[seconds]) {
                    0 => Some(seconds as i64),
                    error => Some(error),
                }
            }
        }
    }

    /// Has every timer expire whose time has come.
    pub(super) fn fire_timers(&mut self) {
        let now = self.clock.now();
        let due: Vec<_> =
            self.timers.0.iter().filter(|(_, timer)| timer.next <= now).map(|(&key, _)| key).collect();
        for (pid, timer) in due {
            let Some(running) = self.timers.0.get_mut(&(pid, timer)) else { continue };
            let mut times = 1;
            let descriptor = running.descriptor.clone();
            if let Some(missed) = (now - running.next).checked_div(running.interval) {
                running.next += (missed + 1) * running.interval;
                times += missed;
            }
            if running.interval == 0 || descriptor.as_ref().is_some_and(|found| !self.is_open(found)) {
                self.timers.0.remove(&(pid, timer));
            }
            if let Some(descriptor) = descriptor {
                expire(descriptor, times);
                continue;
            }
            // What was missed in between is not made up for, as with a signal that is pending.
            self.expire(pid, timer);
        }
    }

    fn expire(&mut self, pid: Tid, timer: Timer) {
        if !self.processes.processes.contains_key(&pid) {
            return;
        }
        match timer {
            Timer::Alarm => ptrace::kill(pid, libc::SIGALRM),
            Timer::Posix(number) => {
                if let Some(notice) = timers::notice(pid, number) {
                    timers::notify(pid, notice);
                }
            }
            Timer::Descriptor(_) => {}
        }
        self.signals = true;
    }

    /// Whether a process still has a timer's descriptor.
    fn is_open(&self, timer: &Descriptor) -> bool {
        self.processes.processes.values().any(|process| process.descriptors.has_timer(timer))
    }
}

/// Has a timer expire that is a descriptor.
fn expire(timer: Rc<Descriptor>, times: u64) {
    timer.expire(times);
    // It may take the kernel a moment.
    let watched = [(timer, libc::POLLIN)];
    let begun = std::time::Instant::now();
    while !ready(&watched)[0] && begun.elapsed() < std::time::Duration::from_millis(50) {}
}
