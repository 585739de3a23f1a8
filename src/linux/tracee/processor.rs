//! One processor for the whole play.

use std::io;

/// Keeps this process, and all that it starts, on the processor that it is on (sched_setaffinity(2)).
/// Where one goes on at a time, a second processor has nothing to do but to be woken for it, and
/// that takes longer than the calls themselves.
///
/// # Errors
/// What sched_setaffinity(2) reports. Everything works as well without, and more slowly.
pub fn stay() -> io::Result<()> {
    // SAFETY: sched_getcpu(3) has no arguments.
    let here = usize::try_from(unsafe { libc::sched_getcpu() }).map_err(|_| io::Error::last_os_error())?;
    // SAFETY: a set of processors is plain bits, for which zeros are valid.
    let mut set: libc::cpu_set_t = unsafe { std::mem::zeroed() };
    // SAFETY: the set is live, and a processor beyond its end is left out.
    unsafe { libc::CPU_SET(here, &mut set) };
    // SAFETY: the set is live and as long as said.
    match unsafe { libc::sched_setaffinity(0, size_of::<libc::cpu_set_t>(), &raw const set) } {
        -1 => Err(io::Error::last_os_error()),
        _ => Ok(()),
    }
}
