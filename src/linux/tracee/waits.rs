//! Calls that wait: until a descriptor is ready, for a time, or for something with a time limit.

use std::os::fd::RawFd;
use std::time::Duration;

use super::call::Asked;
use super::memory;
use super::ptrace::Tid;
use crate::event::{Nanos, Op};

/// How many descriptors of one call are looked at.
const MOST: u64 = 65_536;

/// How long a call waits at most.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Limit {
    /// As long as it takes.
    Never,
    /// For this time, in nanoseconds.
    In(Nanos),
    /// Until a clock says this, in nanoseconds.
    At(Clock, Nanos),
}

/// Which of the clocks (clock_gettime(2)).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Clock {
    /// The time of day.
    Wall,
    /// One that is never set.
    Monotonic,
}

impl Clock {
    /// The clock of a number; none for those that count processor time.
    pub fn of(number: i32) -> Option<Clock> {
        match number {
            libc::CLOCK_REALTIME
            | libc::CLOCK_REALTIME_COARSE
            | libc::CLOCK_REALTIME_ALARM
            | libc::CLOCK_TAI => Some(Clock::Wall),
            libc::CLOCK_MONOTONIC
            | libc::CLOCK_MONOTONIC_RAW
            | libc::CLOCK_MONOTONIC_COARSE
            | libc::CLOCK_BOOTTIME
            | libc::CLOCK_BOOTTIME_ALARM => Some(Clock::Monotonic),
            _ => None,
        }
    }
}

/// A call that waits until descriptors are ready.
#[derive(Clone, Debug)]
pub struct Poll {
    /// Which.
    pub op: Op,
    /// Descriptors, and what is asked of each (poll(2)).
    pub watched: Vec<(RawFd, i16)>,
    /// How long it waits at most.
    pub limit: Limit,
    /// Where the kernel will look for that.
    pub place: Place,
}

impl Poll {
    /// The descriptor that it is made on, if it is made on one.
    pub fn descriptor(&self) -> Option<RawFd> {
        match (self.op, self.watched.as_slice()) {
            (Op::EpollWait, [(number, _)]) => Some(*number),
            _ => None,
        }
    }

    /// Whether it looks once and does not wait.
    pub fn is_look(&self) -> bool {
        self.limit == Limit::In(0)
    }
}

/// What was put into an epoll descriptor (proc(5), `fdinfo`): numbers, and what is asked of each.
pub fn members(pid: Tid, epoll: RawFd) -> Vec<(RawFd, u32)> {
    let info = std::fs::read_to_string(format!("/proc/{pid}/fdinfo/{epoll}")).unwrap_or_default();
    let member = |line: &str| {
        let mut words = line.strip_prefix("tfd:")?.split_ascii_whitespace();
        let number = words.next()?.parse().ok()?;
        let events = words.skip_while(|word| *word != "events:").nth(1)?;
        Some((number, u32::from_str_radix(events, 16).ok()?))
    };
    info.lines().filter_map(member).collect()
}

/// Where the limit of a call's waiting is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// In the argument of this number, as milliseconds; -1 is for ever.
    Milliseconds(usize),
    /// In a structure that the argument of this number points to; a null pointer is for ever.
    Pointer(usize),
}

/// The call if it is one of those.
pub fn read(tid: Tid, number: libc::c_long, args: &[u64; 6]) -> Option<Asked> {
    let milliseconds = |at: usize| match u64::try_from(args[at] as i32) {
        Ok(time) => Limit::In(time * 1_000_000),
        Err(_) => Limit::Never,
    };
    let time = |at: usize| memory::timespec(tid, args[at]).map(nanoseconds);
    let limit = |at: usize| time(at).map_or(Limit::Never, Limit::In);
    let poll = |op, watched, limit, place| Some(Asked::Poll(Poll { op, watched, limit, place }));
    let waits = |op, limit, argument| Some(Asked::Wait { op, limit, argument });
    match number {
        #[cfg(target_arch = "x86_64")]
        libc::SYS_poll => poll(Op::Poll, pollfds(tid, args), milliseconds(2), Place::Milliseconds(2)),
        libc::SYS_ppoll => poll(Op::Poll, pollfds(tid, args), limit(2), Place::Pointer(2)),
        #[cfg(target_arch = "x86_64")]
        libc::SYS_select => {
            let limit =
                memory::timeval(tid, args[4]).map_or(Limit::Never, |time| Limit::In(microseconds(time)));
            poll(Op::Select, fd_sets(tid, args), limit, Place::Pointer(4))
        }
        libc::SYS_pselect6 => poll(Op::Select, fd_sets(tid, args), limit(4), Place::Pointer(4)),
        #[cfg(target_arch = "x86_64")]
        libc::SYS_epoll_wait => poll(Op::EpollWait, epoll(args), milliseconds(3), Place::Milliseconds(3)),
        libc::SYS_epoll_pwait => poll(Op::EpollWait, epoll(args), milliseconds(3), Place::Milliseconds(3)),
        libc::SYS_epoll_pwait2 => poll(Op::EpollWait, epoll(args), limit(3), Place::Pointer(3)),
        libc::SYS_nanosleep => Some(Asked::Sleep { limit: Limit::In(time(0)?), rest: args[1] }),
        libc::SYS_clock_nanosleep => {
            let (clock, time) = (Clock::of(args[0] as i32)?, time(2)?);
            Some(match args[1] as i32 & libc::TIMER_ABSTIME {
                0 => Asked::Sleep { limit: Limit::In(time), rest: args[3] },
                _ => Asked::Sleep { limit: Limit::At(clock, time), rest: 0 },
            })
        }
        libc::SYS_futex => {
            let (operation, time) = (args[1] as i32, time(3)?);
            let clock = match operation & libc::FUTEX_CLOCK_REALTIME {
                0 => Clock::Monotonic,
                _ => Clock::Wall,
            };
            let limit = match operation & libc::FUTEX_CMD_MASK {
                libc::FUTEX_WAIT => Limit::In(time),
                libc::FUTEX_LOCK_PI => Limit::At(Clock::Wall, time),
                _ => Limit::At(clock, time),
            };
            waits(Op::Futex, limit, 3)
        }
        libc::SYS_rt_sigtimedwait => waits(Op::Sigtimedwait, Limit::In(time(2)?), 2),
        libc::SYS_mq_timedreceive | libc::SYS_mq_timedsend => {
            waits(Op::Other, Limit::At(Clock::Wall, time(4)?), 4)
        }
        libc::SYS_semtimedop => waits(Op::Semtimedop, Limit::In(time(3)?), 3),
        _ => None,
    }
}

fn pollfds(tid: Tid, args: &[u64; 6]) -> Vec<(RawFd, i16)> {
    let entries = memory::pollfds(tid, args[0], args[1].min(MOST) as usize);
    entries.into_iter().filter(|entry| entry.fd >= 0).map(|entry| (entry.fd, entry.events)).collect()
}

fn fd_sets(tid: Tid, args: &[u64; 6]) -> Vec<(RawFd, i16)> {
    let count = args[0].min(MOST) as usize;
    [(args[1], libc::POLLIN), (args[2], libc::POLLOUT), (args[3], libc::POLLPRI)]
        .into_iter()
        .flat_map(|(set, events)| {
            memory::fd_set(tid, set, count).into_iter().map(move |number| (number, events))
        })
        .collect()
}

/// An epoll descriptor is readable when one of those in it is ready.
fn epoll(args: &[u64; 6]) -> Vec<(RawFd, i16)> {
    vec![(args[0] as RawFd, libc::POLLIN)]
}

/// A time in nanoseconds; one below 0 is none at all, one beyond the end of the count is its end.
pub fn nanoseconds(time: libc::timespec) -> Nanos {
    let (seconds, nanoseconds) = (u64::try_from(time.tv_sec), u32::try_from(time.tv_nsec));
    let time = Duration::new(seconds.unwrap_or(0), nanoseconds.unwrap_or(0).min(999_999_999));
    Nanos::try_from(time.as_nanos()).unwrap_or(Nanos::MAX)
}

/// The same of a time that has microseconds.
pub fn microseconds(time: libc::timeval) -> Nanos {
    nanoseconds(libc::timespec { tv_sec: time.tv_sec, tv_nsec: time.tv_usec.saturating_mul(1000) })
}
