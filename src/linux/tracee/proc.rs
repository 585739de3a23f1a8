//! What `/proc` says of a thread (proc(5)): whether it sleeps and in which call, how long it has
//! computed, and which signals wait for it.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::FileExt;

use super::ptrace::{Entry, Tid};
use crate::event::Nanos;

/// What a thread that is not held does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Doing {
    /// It runs, or could.
    Runs,
    /// It sleeps in the kernel until something happens, in this call; none where it is in no call,
    /// such as a thread that has ended before the others of its process.
    Sleeps(Option<Entry>),
}

/// The calls in which a thread sleeps only until something happens.
const WAITS: &[libc::c_long] = &[
    libc::SYS_futex,
    libc::SYS_wait4,
    libc::SYS_waitid,
    libc::SYS_nanosleep,
    libc::SYS_clock_nanosleep,
    libc::SYS_rt_sigtimedwait,
    libc::SYS_rt_sigsuspend,
    libc::SYS_ppoll,
    libc::SYS_pselect6,
    libc::SYS_epoll_pwait,
    libc::SYS_accept,
    libc::SYS_accept4,
    libc::SYS_recvfrom,
    libc::SYS_recvmsg,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_poll,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_epoll_wait,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_select,
];

/// The way to see what a thread does, again and again.
#[derive(Debug)]
pub struct Look {
    call: File,
    stat: File,
    time: File,
}

impl Look {
    /// Opens the way.
    ///
    /// # Errors
    /// `NotFound` when the thread is no more.
    pub fn open(tid: Tid) -> io::Result<Look> {
        let open = |name: &str| File::open(format!("/proc/{tid}/{name}"));
        Ok(Look { call: open("syscall")?, stat: open("stat")?, time: open("schedstat")? })
    }

    /// What the thread does now; none when it is no more.
    pub fn doing(&self) -> Option<Doing> {
        let mut buffer = [0; 256];
        let length = self.call.read_at(&mut buffer, 0).ok()?;
        let line = std::str::from_utf8(&buffer[..length]).ok()?.trim_end();
        if line == "running" {
            return Some(Doing::Runs);
        }
        let call = entry(line);
        // Elsewhere it may be in the middle of something that ends by itself, such as a page that
        // comes from a disk.
        let waits = call.is_some_and(|call| WAITS.contains(&call.number)) || self.is_asleep()?;
        Some(if waits { Doing::Sleeps(call) } else { Doing::Runs })
    }

    /// Whether the thread sleeps until something happens (S), or until a signal lets it go on (T, t),
    /// or has ended before the other threads of its process (Z). D ends by itself.
    fn is_asleep(&self) -> Option<bool> {
        let mut buffer = [0; 512];
        let length = self.stat.read_at(&mut buffer, 0).ok()?;
        let line = String::from_utf8_lossy(&buffer[..length]);
        // The name before it is in parentheses, and may have anything in it.
        let state = line.rsplit_once(") ")?.1.chars().next()?;
        Some(matches!(state, 'S' | 'T' | 't' | 'Z'))
    }

    /// For how long it has run on a processor, in nanoseconds.
    pub fn computed(&self) -> Nanos {
        let mut buffer = [0; 128];
        let length = self.time.read_at(&mut buffer, 0).unwrap_or(0);
        let line = String::from_utf8_lossy(&buffer[..length]);
        line.split_ascii_whitespace().next().and_then(|time| time.parse().ok()).unwrap_or(0)
    }
}

/// A line such as `202 0x7f… 0x80 …`: a call's number and arguments.
fn entry(line: &str) -> Option<Entry> {
    let mut fields = line.split_ascii_whitespace();
    let number = fields.next()?.parse().ok().filter(|&number: &libc::c_long| number >= 0)?;
    let mut args = [0; 6];
    for arg in &mut args {
        *arg = u64::from_str_radix(fields.next()?.trim_start_matches("0x"), 16).ok()?;
    }
    Some(Entry { number, args })
}

/// How often this process has not been on a processor: two equal counts mean that nobody else can
/// have run on it in between.
pub fn own_switches() -> i64 {
    // SAFETY: an rusage is plain numbers, for which zeros are valid.
    let mut usage: libc::rusage = unsafe { std::mem::zeroed() };
    // SAFETY: getrusage(2) writes one rusage, which is live.
    unsafe { libc::getrusage(libc::RUSAGE_SELF, &raw mut usage) };
    usage.ru_nvcsw + usage.ru_nivcsw
}

/// The process that a thread belongs to.
pub fn process_of(tid: Tid) -> Option<Tid> {
    field(&status(tid)?, "Tgid")?.parse().ok()
}

/// How many ticks a process has computed by itself, and in the kernel, and how many those of its children
/// that it has waited for (`/proc/PID/stat`, proc(5)).
pub fn ticks(pid: Tid) -> Option<[u64; 4]> {
    read_ticks(&fs::read_to_string(format!("/proc/{pid}/stat")).ok()?)
}

fn read_ticks(stat: &str) -> Option<[u64; 4]> {
    // The name in parentheses can have anything in it.
    let mut fields = stat.rsplit_once(')')?.1.split_ascii_whitespace().skip(11);
    let mut ticks = [0; 4];
    for ticks in &mut ticks {
        *ticks = fields.next()?.parse().ok()?;
    }
    Some(ticks)
}

/// Whether a signal waits for a thread that it would take notice of: one that it does not block, and
/// that does something.
pub fn has_signal(tid: Tid) -> bool {
    let Some(status) = status(tid) else { return false };
    let set =
        |name: &str| field(&status, name).and_then(|set| u64::from_str_radix(set, 16).ok()).unwrap_or(0);
    let bit = |signal: libc::c_int| 1u64 << (signal - 1);
    // These do nothing unless somebody catches them (signal(7)).
    let idle = bit(libc::SIGCHLD) | bit(libc::SIGURG) | bit(libc::SIGWINCH) | bit(libc::SIGCONT);
    let does = set("SigCgt") | !idle;
    (set("SigPnd") | set("ShdPnd")) & !set("SigBlk") & !set("SigIgn") & does != 0
}

fn status(tid: Tid) -> Option<String> {
    fs::read_to_string(format!("/proc/{tid}/status")).ok()
}

fn field<'a>(status: &'a str, name: &str) -> Option<&'a str> {
    Some(status.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))?.trim())
}

#[cfg(test)]
mod tests {
    use super::{Doing, Look, entry, read_ticks};

    #[test]
    fn lines_of_the_kernel() {
        let line = "202 0x7f00 0x80 0x0 0x0 0x0 0xffffffff 0x7ffe 0x7f12";
        assert_eq!(entry(line).map(|found| (found.number, found.args[5])), Some((202, 0xffff_ffff)));
        assert_eq!(entry("-1 0x7ffe 0x7f12"), None);
        assert_eq!(entry("202 0x7f00"), None);
    }

    #[test]
    fn ticks_behind_a_name() {
        let stat = "12 (a) b) S 1 12 12 0 -1 4194560 1 2 3 4 31 32 33 34 20 0 1 0 5 6 7";
        assert_eq!(read_ticks(stat), Some([31, 32, 33, 34]));
        assert_eq!(read_ticks("12 (a) S 1"), None);
    }

    #[test]
    fn whoever_looks_runs() {
        // SAFETY: gettid(2) has no arguments.
        let look = Look::open(unsafe { libc::gettid() }).unwrap();
        assert_eq!(look.doing(), Some(Doing::Runs));
        assert!(look.computed() > 0);
    }
}
