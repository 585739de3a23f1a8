//! Timers that programs have set: they expire in the play's time.

use std::collections::BTreeMap;

use super::Tracer;
use crate::event::Nanos;
use crate::tracee::descriptor::ready;
use crate::tracee::ptrace::{self, Tid};
use crate::tracee::timers::{self, Timer, Timing, write_left, write_words};

/// A timer that runs.
#[derive(Clone, Copy, Debug)]
struct Running {
    next: Nanos,
    interval: Nanos,
}

/// The timers that run, by their processes.
#[derive(Debug, Default)]
pub struct Timers(BTreeMap<(Tid, Timer), Running>);

impl Timers {
    /// A process runs another program, which has no timers but the one of alarm(2).
    pub fn forget(&mut self, pid: Tid) {
        self.0.retain(|&(owner, timer), _| owner != pid || timer == Timer::Alarm);
    }
}

impl Tracer {
    /// When the next timer expires.
    pub fn next_timer(&self) -> Option<Nanos> {
        let timers = self.timers.0.iter();
        timers
            .filter(|((pid, _), _)| self.processes.processes.contains_key(pid))
            .map(|(_, timer)| timer.next)
            .min()
    }

    /// What a call about time returns; none if the kernel is to say.
    pub(super) fn answer_timing(&mut self, index: usize, timing: Timing) -> Option<i64> {
        let thread = &self.processes.threads[index];
        let (tid, pid, now) = (thread.tid, thread.process, self.clock.now());
        let left = |timer: Option<&Running>| {
            timer.map_or((0, 0), |timer| (timer.next.saturating_sub(now), timer.interval))
        };
        match timing {
            Timing::Set { timer, first, interval, before } => {
                let next = first.and_then(|limit| self.clock.deadline(limit));
                let (old, old_interval) = left(self.timers.0.get(&(pid, timer)));
                match next {
                    Some(next) => drop(self.timers.0.insert((pid, timer), Running { next, interval })),
                    None => drop(self.timers.0.remove(&(pid, timer))),
                }
                // Without a time to come the kernel may do it, and forgets what has expired.
                (self.clock.is_held() && next.is_some()).then(|| write_left(tid, before, old, old_interval))
            }
            Timing::Left { timer, to } => {
                let (left, interval) = left(self.timers.0.get(&(pid, timer)));
                self.clock.is_held().then(|| write_left(tid, to, left, interval))
            }
            Timing::Ask { .. } | Timing::Seconds { .. } if !self.clock.is_held() => None,
            Timing::Ask { clock, to, nanoseconds } => {
                let times = self.clock.times();
                let time = match clock {
                    crate::tracee::waits::Clock::Wall => times.wall,
                    crate::tracee::waits::Clock::Monotonic => times.monotonic,
                };
                let part = time % 1_000_000_000 / if nanoseconds { 1 } else { 1000 };
                Some(write_words(tid, to, &[time / 1_000_000_000, part]))
            }
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
            match self.timers.0.get_mut(&(pid, timer)) {
                Some(running) if running.interval > 0 => {
                    // What was missed in between is not made up for, as with a signal that is pending.
                    let missed = (now - running.next) / running.interval;
                    running.next += (missed + 1) * running.interval;
                }
                _ => drop(self.timers.0.remove(&(pid, timer))),
            }
            self.expire(pid, timer);
        }
    }

    fn expire(&mut self, pid: Tid, timer: Timer) {
        let Some(process) = self.processes.processes.get(&pid) else { return };
        match timer {
            Timer::Alarm => ptrace::kill(pid, libc::SIGALRM),
            Timer::Posix(number) => {
                if let Some(notice) = timers::notice(pid, number) {
                    timers::notify(pid, notice);
                }
            }
            Timer::Descriptor(number) => {
                if let Some(found) = process.descriptors.get(number) {
                    found.expire();
                    // It takes the kernel a moment.
                    let watched = [(found, libc::POLLIN)];
                    let begun = std::time::Instant::now();
                    while !ready(&watched)[0] && begun.elapsed() < std::time::Duration::from_millis(50) {}
                }
            }
        }
        self.signals = true;
    }
}
