//! How many descriptors this process may have: as many as it can get, since it has one for each that
//! a traced program has. The programs themselves get what they would get without the stage.

use std::io;
use std::sync::OnceLock;

/// The limit as it was found.
static FOUND: OnceLock<libc::rlimit> = OnceLock::new();

/// More than are ever needed.
const MOST: libc::rlim_t = 65_536;

/// Raises the soft limit to the hard one (getrlimit(2)). How many there can be now.
pub fn raise() -> usize {
    let Ok(found) = get() else { return 1024 };
    let found = *FOUND.get_or_init(|| found);
    let wanted = libc::rlimit { rlim_cur: found.rlim_max.min(MOST).max(found.rlim_cur), ..found };
    // SAFETY: the limit is live, and the kernel only reads it.
    let failed = unsafe { libc::setrlimit(libc::RLIMIT_NOFILE, &raw const wanted) } == -1;
    usize::try_from(if failed { found.rlim_cur } else { wanted.rlim_cur }).unwrap_or(1024)
}

/// Gives a child the limit that this process found.
pub fn restore() {
    if let Some(found) = FOUND.get() {
        // SAFETY: the limit is live, and the kernel only reads it. To go down is always allowed.
        unsafe { libc::setrlimit(libc::RLIMIT_NOFILE, found) };
    }
}

fn get() -> io::Result<libc::rlimit> {
    let mut found = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
    // SAFETY: getrlimit(2) writes one rlimit, which is live.
    match unsafe { libc::getrlimit(libc::RLIMIT_NOFILE, &raw mut found) } {
        -1 => Err(io::Error::last_os_error()),
        _ => Ok(found),
    }
}
