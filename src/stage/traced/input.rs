//! The person at the play: Enter, Ctrl-C, and waiting for either.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use crate::event::error::{Error, Result};
use crate::stage::options::Pace;

/// How long is waited at most before it is looked around.
pub const TICK: Duration = Duration::from_millis(10);

/// How long a thread that was let go may take to be heard of before it is looked at.
pub const MOMENT: Duration = Duration::from_millis(1);

/// Sleeps until a signal comes or the time has passed.
pub fn sleep(time: Duration) {
    let time = libc::timespec { tv_sec: time.as_secs() as libc::time_t, tv_nsec: time.subsec_nanos().into() };
    // SAFETY: the time is live, and nothing is written.
    unsafe { libc::nanosleep(&raw const time, std::ptr::null_mut()) };
}

/// What happens before each call. False when the play ended over it.
///
/// # Errors
/// [`Error::Input`] when Enter cannot be waited for.
pub fn hold_back(pace: Pace, interrupted: &Arc<AtomicBool>) -> Result<bool> {
    let begun = Instant::now();
    loop {
        if interrupted.load(Ordering::Relaxed) {
            return Ok(false);
        }
        match pace {
            Pace::Free => return Ok(true),
            Pace::Every(time) if begun.elapsed() >= time => return Ok(true),
            Pace::Every(time) => sleep(TICK.min(time.saturating_sub(begun.elapsed()))),
            Pace::Step if is_pressed() => {
                return io::stdin().read_line(&mut String::new()).map(|_| true).map_err(Error::Input);
            }
            Pace::Step => sleep(TICK),
        }
    }
}

/// Whether there is something to read at the standard input.
fn is_pressed() -> bool {
    is_ready(libc::STDIN_FILENO, libc::POLLIN)
}

/// Whether the standard output takes something at once.
pub fn is_read() -> bool {
    is_ready(libc::STDOUT_FILENO, libc::POLLOUT)
}

fn is_ready(number: i32, events: i16) -> bool {
    let mut entry = libc::pollfd { fd: number, events, revents: 0 };
    // SAFETY: the pointer is to one live entry.
    unsafe { libc::poll(&raw mut entry, 1, 0) > 0 }
}
