//! What `/proc` says of a thread (proc(5)): whether it sleeps, and in which call.

use std::fs::{self, File};
use std::io::Read;

use super::ptrace::{Entry, Tid};

/// What a thread that is not held does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rest {
    /// Whether it sleeps in the kernel until something happens.
    pub asleep: bool,
    /// How often it has been put to sleep, or another has been given its place. Two equal looks at
    /// a sleeping thread mean that it slept all the time between them.
    pub switches: u64,
}

/// What a thread does; none when it is no more.
pub fn rest(tid: Tid) -> Option<Rest> {
    // One read, since this is asked often; the file is never as long as that.
    let mut buffer = [0; 4096];
    let length = File::open(format!("/proc/{tid}/status")).ok()?.read(&mut buffer).ok()?;
    let status = String::from_utf8_lossy(&buffer[..length]);
    let mut rest = Rest { asleep: false, switches: 0 };
    for line in status.lines() {
        match line.split_once(':') {
            // S: until something happens. T: until a signal lets it go on. Z: it has ended, and the
            // other threads of its process have not. D ends by itself.
            Some(("State", state)) => rest.asleep = state.trim_start().starts_with(['S', 'T', 'Z']),
            Some(("voluntary_ctxt_switches" | "nonvoluntary_ctxt_switches", count)) => {
                rest.switches += count.trim().parse::<u64>().unwrap_or(0);
            }
            _ => {}
        }
    }
    Some(rest)
}

/// The process that a thread belongs to.
pub fn process_of(tid: Tid) -> Option<Tid> {
    field(tid, "Tgid")?.parse().ok()
}

/// Whether a signal is waiting for a thread that it would take notice of.
pub fn has_signal(tid: Tid) -> bool {
    let set = |name: &str| field(tid, name).and_then(|set| u64::from_str_radix(&set, 16).ok()).unwrap_or(0);
    (set("SigPnd") | set("ShdPnd")) & !set("SigBlk") & !set("SigIgn") != 0
}

/// The call that a thread sleeps in; none where that cannot be told.
pub fn call(tid: Tid) -> Option<Entry> {
    let line = fs::read_to_string(format!("/proc/{tid}/syscall")).ok()?;
    let mut fields = line.split_ascii_whitespace();
    let number = fields.next()?.parse().ok()?;
    let mut args = [0; 6];
    for arg in &mut args {
        *arg = u64::from_str_radix(fields.next()?.trim_start_matches("0x"), 16).ok()?;
    }
    Some(Entry { number, args })
}

fn field(tid: Tid, name: &str) -> Option<String> {
    let status = fs::read_to_string(format!("/proc/{tid}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))?;
    Some(line.trim().to_owned())
}
