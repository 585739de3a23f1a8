//! Calls that wait: until a descriptor is ready, or for a time.

use std::os::fd::RawFd;
use std::time::Duration;

use super::call::{Asked, Place, Poll};
use super::memory;
use super::ptrace::Tid;
use crate::event::Op;

/// How many descriptors of one call are looked at.
const MOST: u64 = 65_536;

/// The call if it is one of those.
pub fn read(tid: Tid, number: libc::c_long, args: &[u64; 6]) -> Option<Asked> {
    let milliseconds = |at: usize| u64::try_from(args[at] as i32).ok().map(Duration::from_millis);
    let structure = |at: usize| memory::timespec(tid, args[at]).map(duration);
    let poll = |op, watched, timeout, place| Some(Asked::Poll(Poll { op, watched, timeout, place }));
    match number {
        #[cfg(target_arch = "x86_64")]
        libc::SYS_poll => poll(Op::Poll, pollfds(tid, args), milliseconds(2), Place::Argument(2)),
        libc::SYS_ppoll => poll(Op::Poll, pollfds(tid, args), structure(2), Place::Memory(args[2])),
        #[cfg(target_arch = "x86_64")]
        libc::SYS_select => {
            let timeout = memory::timeval(tid, args[4])
                .map(|time| duration(libc::timespec { tv_sec: time.tv_sec, tv_nsec: time.tv_usec * 1000 }));
            poll(Op::Select, fd_sets(tid, args), timeout, Place::Memory(args[4]))
        }
        libc::SYS_pselect6 => poll(Op::Select, fd_sets(tid, args), structure(4), Place::Memory(args[4])),
        #[cfg(target_arch = "x86_64")]
        libc::SYS_epoll_wait => poll(Op::EpollWait, epoll(args), milliseconds(3), Place::Argument(3)),
        libc::SYS_epoll_pwait => poll(Op::EpollWait, epoll(args), milliseconds(3), Place::Argument(3)),
        libc::SYS_epoll_pwait2 => poll(Op::EpollWait, epoll(args), structure(3), Place::Memory(args[3])),
        libc::SYS_nanosleep | libc::SYS_clock_nanosleep => Some(Asked::Sleep),
        // ITIMER_REAL alone goes on while its process waits.
        libc::SYS_setitimer if args[0] as i32 == libc::ITIMER_REAL => {
            // A struct itimerval: the interval, then the time until the first signal.
            let first = memory::timeval(tid, args[1].wrapping_add(size_of::<libc::timeval>() as u64));
            let first = first
                .map(|time| duration(libc::timespec { tv_sec: time.tv_sec, tv_nsec: time.tv_usec * 1000 }));
            Some(Asked::Alarm(first.filter(|time| !time.is_zero())))
        }
        libc::SYS_setitimer => Some(Asked::Nothing),
        #[cfg(target_arch = "x86_64")]
        libc::SYS_alarm => Some(Asked::Alarm(
            Some(Duration::from_secs(args[0] & 0xffff_ffff)).filter(|time| !time.is_zero()),
        )),
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

fn duration(time: libc::timespec) -> Duration {
    let (seconds, nanoseconds) = (u64::try_from(time.tv_sec), u32::try_from(time.tv_nsec));
    Duration::new(seconds.unwrap_or(0), nanoseconds.unwrap_or(0).min(999_999_999))
}
