//! Calls that set a timer or ask one, and those that ask a clock directly.

use std::os::fd::RawFd;

use super::memory;
use super::proc;
use super::ptrace::Tid;
use super::waits::{Clock, Limit, microseconds, nanoseconds};
use crate::event::Nanos;

/// In nanoseconds.
const THIRTY_YEARS: Nanos = 30 * 365 * 86_400 * 1_000_000_000;

/// Which of a process's timers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Timer {
    /// The one of alarm(2) and setitimer(2).
    Alarm,
    /// One that timer_create(2) has made.
    Posix(i32),
    /// A descriptor (timerfd_create(2)).
    Descriptor(RawFd),
}

/// How a call has times in memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layout {
    /// Whole seconds, in the result of the call.
    Seconds,
    /// A `struct itimerval` at this address; 0 is nowhere.
    Microseconds(u64),
    /// A `struct itimerspec` at this address; 0 is nowhere.
    Nanoseconds(u64),
}

/// What is asked of timers and clocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Timing {
    /// To set a timer, or with a first time of none to switch it off.
    Set {
        /// Which.
        timer: Timer,
        /// When it expires first.
        first: Option<Limit>,
        /// How often after that; 0 is never.
        interval: Nanos,
        /// Where the time that was left is written.
        before: Layout,
    },
    /// To ask what time is left.
    Left {
        /// Of which.
        timer: Timer,
        /// Where it is written.
        to: Layout,
    },
    /// To ask what time it is.
    Ask {
        /// Of which clock.
        clock: Clock,
        /// Where it is written: seconds, then nanoseconds or microseconds.
        to: u64,
        /// Whether the second are nanoseconds; else they are microseconds.
        nanoseconds: bool,
    },
    /// To ask for the seconds since 1970, which the call returns as well.
    Seconds {
        /// Where they are written; 0 is nowhere.
        to: u64,
    },
    /// To ask how many ticks have passed, which the call returns (times(2)).
    Ticks {
        /// Where it is written how many its process has computed; 0 is nowhere.
        to: u64,
    },
    /// To ask how long the machine is up, beside other things (sysinfo(2)).
    Uptime {
        /// Where all of that is written.
        to: u64,
    },
}

/// The call if it is one of those.
pub fn read(tid: Tid, number: libc::c_long, args: &[u64; 6]) -> Option<Timing> {
    let value = |at: u64| memory::timeval(tid, at).map_or(0, microseconds);
    let time = |at: u64| memory::timespec(tid, at).map_or(0, nanoseconds);
    let size = size_of::<libc::timespec>() as u64;
    let within = |time: Nanos| (time > 0).then_some(Limit::In(time));
    let posix = Timer::Posix(args[0] as i32);
    Some(match number {
        #[cfg(target_arch = "x86_64")]
        libc::SYS_alarm => {
            let first = within((args[0] & 0xffff_ffff) * 1_000_000_000);
            Timing::Set { timer: Timer::Alarm, first, interval: 0, before: Layout::Seconds }
        }
        // ITIMER_REAL alone goes on while its process waits.
        libc::SYS_setitimer if args[0] as i32 == libc::ITIMER_REAL => Timing::Set {
            timer: Timer::Alarm,
            first: within(value(args[1].wrapping_add(size))),
            interval: value(args[1]),
            before: Layout::Microseconds(args[2]),
        },
        libc::SYS_getitimer if args[0] as i32 == libc::ITIMER_REAL => {
            Timing::Left { timer: Timer::Alarm, to: Layout::Microseconds(args[1]) }
        }
        libc::SYS_timer_settime | libc::SYS_timerfd_settime => {
            let first = time(args[2].wrapping_add(size));
            let absolute = args[1] as i32 & libc::TIMER_ABSTIME != 0;
            let first = match absolute {
                false => within(first),
                // Which clock it goes by only the timer knows; but no machine has been up for 30 years.
                true if first > THIRTY_YEARS => Some(Limit::At(Clock::Wall, first)),
                true => (first > 0).then_some(Limit::At(Clock::Monotonic, first)),
            };
            let timer = match number {
                libc::SYS_timerfd_settime => Timer::Descriptor(args[0] as RawFd),
                _ => posix,
            };
            let before = Layout::Nanoseconds(args[3]);
            Timing::Set { timer, first, interval: time(args[2]), before }
        }
        libc::SYS_timer_gettime => Timing::Left { timer: posix, to: Layout::Nanoseconds(args[1]) },
        libc::SYS_timerfd_gettime => {
            Timing::Left { timer: Timer::Descriptor(args[0] as RawFd), to: Layout::Nanoseconds(args[1]) }
        }
        libc::SYS_clock_gettime => {
            Timing::Ask { clock: Clock::of(args[0] as i32)?, to: args[1], nanoseconds: true }
        }
        #[cfg(target_arch = "x86_64")]
        libc::SYS_time => Timing::Seconds { to: args[0] },
        libc::SYS_times => Timing::Ticks { to: args[0] },
        libc::SYS_sysinfo => Timing::Uptime { to: args[0] },
        libc::SYS_gettimeofday => Timing::Ask { clock: Clock::Wall, to: args[0], nanoseconds: false },
        _ => return None,
    })
}

/// What a timer of timer_create(2) does when it expires.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Notice {
    /// The signal that it sends.
    pub signal: i32,
    /// The value that comes with it.
    pub value: u64,
    /// To whom.
    pub tid: Tid,
    /// Whether to that thread alone, and not to its process.
    pub thread: bool,
}

/// What the kernel says of a process's timer (`/proc/PID/timers`, proc(5)); none for one that sends
/// nothing.
pub fn notice(pid: Tid, timer: i32) -> Option<Notice> {
    read_notice(&std::fs::read_to_string(format!("/proc/{pid}/timers")).ok()?, timer)
}

fn read_notice(list: &str, timer: i32) -> Option<Notice> {
    let mut lines = list.lines().skip_while(|line| line.strip_prefix("ID: ") != Some(&timer.to_string()));
    let (signal, value) = lines.nth(1)?.strip_prefix("signal: ")?.split_once('/')?;
    let (kind, tid) = lines.next()?.strip_prefix("notify: signal/")?.split_once('.')?;
    Some(Notice {
        signal: signal.parse().ok()?,
        value: u64::from_str_radix(value.trim_start_matches("0x"), 16).unwrap_or(0),
        tid: tid.parse().ok()?,
        thread: kind == "tid",
    })
}

/// Sends what a timer sends when it expires (rt_sigqueueinfo(2)).
pub fn notify(pid: Tid, notice: Notice) {
    // SAFETY: a siginfo_t is plain numbers, for which zeros are valid.
    let mut info: libc::siginfo_t = unsafe { std::mem::zeroed() };
    info.si_signo = notice.signal;
    info.si_code = libc::SI_TIMER;
    // Behind three numbers and a gap come the timer's number, its overruns, and the value.
    let at = (&raw mut info).cast::<u8>();
    // SAFETY: the value is within the structure, which is 128 bytes long.
    unsafe { at.add(24).cast::<u64>().write_unaligned(notice.value) };
    // SAFETY: the structure is live, and the kernel only reads it.
    unsafe {
        if notice.thread {
            libc::syscall(libc::SYS_rt_tgsigqueueinfo, pid, notice.tid, notice.signal, &raw const info);
        } else {
            libc::syscall(libc::SYS_rt_sigqueueinfo, pid, notice.signal, &raw const info);
        }
    }
}

/// Writes what was left of a timer to where a call wants it; what the call returns for that.
pub fn write_left(tid: Tid, to: Layout, left: Nanos, interval: Nanos) -> i64 {
    let words =
        |unit: u64| [interval, left].map(|time| [time / 1_000_000_000, time % 1_000_000_000 / unit]).concat();
    let (address, words) = match to {
        Layout::Seconds => return left.div_ceil(1_000_000_000) as i64,
        Layout::Microseconds(address) => (address, words(1000)),
        Layout::Nanoseconds(address) => (address, words(1)),
    };
    write_words(tid, address, &words)
}

/// Writes numbers into a program's memory; what its call returns for that.
pub fn write_words(tid: Tid, address: u64, words: &[u64]) -> i64 {
    if address == 0 {
        return 0;
    }
    let bytes: Vec<u8> = words.iter().flat_map(|word| word.to_ne_bytes()).collect();
    match memory::write(tid, address, &bytes) {
        Ok(()) => 0,
        Err(_) => -i64::from(libc::EFAULT),
    }
}

/// How many ticks a second has (`USER_HZ`).
const TICKS: Nanos = 100;

/// Writes how long a process and its children have computed, which is the machine's to say; what times(2)
/// returns at this time.
pub fn write_ticks(pid: Tid, tid: Tid, to: u64, now: Nanos) -> i64 {
    match write_words(tid, to, &proc::ticks(pid).unwrap_or_default()) {
        0 => (now / (1_000_000_000 / TICKS)) as i64,
        error => error,
    }
}

/// Writes what sysinfo(2) says, with this time as that for which the machine has been up; what the call
/// returns.
pub fn write_uptime(tid: Tid, to: u64, now: Nanos) -> i64 {
    // SAFETY: the structure is plain numbers, for which zeros are valid.
    let mut info: libc::sysinfo = unsafe { std::mem::zeroed() };
    // SAFETY: sysinfo(2) writes one structure, which is live. It cannot fail then.
    unsafe { libc::sysinfo(&raw mut info) };
    info.uptime = now.div_ceil(1_000_000_000) as libc::c_long;
    // SAFETY: the structure is plain numbers, and was all zeros before.
    let bytes = unsafe { std::slice::from_raw_parts((&raw const info).cast(), size_of_val(&info)) };
    memory::write(tid, to, bytes).map_or(-i64::from(libc::EFAULT), |()| 0)
}

#[cfg(test)]
mod tests {
    use super::{Notice, read_notice};

    #[test]
    fn the_kernels_list_of_timers() {
        let list = "ID: 0\nsignal: 34/0000000000a1b2c3\nnotify: signal/tid.815\nClockID: 1\n\
                    ID: 1\nsignal: 14/0000000000000000\nnotify: signal/pid.814\nClockID: 0\n\
                    ID: 2\nsignal: 0/0000000000000000\nnotify: none/pid.814\nClockID: 0\n";
        let first = Notice { signal: 34, value: 0xa1_b2c3, tid: 815, thread: true };
        assert_eq!(read_notice(list, 0), Some(first));
        assert_eq!(read_notice(list, 1), Some(Notice { signal: 14, value: 0, tid: 814, thread: false }));
        assert_eq!((read_notice(list, 2), read_notice(list, 3)), (None, None));
    }
}
