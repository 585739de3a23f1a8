//! Gives up what is not needed any longer: whoever reads other people's packets should have no
//! other power.

use std::io;

/// Gives up all capabilities and the right to new ones (capabilities(7), `PR_SET_NO_NEW_PRIVS`);
/// if this is root, on a host, becomes the user who called sudo, or nobody. It must be the only
/// thread.
///
/// # Errors
/// What the system says. Nothing may go on then.
pub fn drop() -> io::Result<()> {
    system::drop()
}

#[cfg(target_os = "linux")]
mod system {
    use std::env;
    use std::io;

    use crate::linux::capability;

    /// The user that owns nothing, by convention.
    const NOBODY: libc::uid_t = 65534;

    pub fn drop() -> io::Result<()> {
        // SAFETY: geteuid(2) has no preconditions and cannot fail.
        if unsafe { libc::geteuid() } == 0 {
            become_other()?;
        }
        capability::give_up()?;
        // SAFETY: prctl(2) with numbers alone.
        check(unsafe { libc::prctl(libc::PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) }.into())
    }

    fn become_other() -> io::Result<()> {
        let of = |name: &str| env::var(name).ok().and_then(|id| id.parse().ok()).filter(|&id| id != 0);
        let (user, group) = (of("SUDO_UID").unwrap_or(NOBODY), of("SUDO_GID").unwrap_or(NOBODY));
        // In a room nobody but its maker exists: there is no one else to become.
        if !has_others() {
            return Ok(());
        }
        // SAFETY: setgroups(2) with no groups reads no memory.
        check(unsafe { libc::setgroups(0, std::ptr::null()) }.into())?;
        // SAFETY: setresgid(2) and setresuid(2) take numbers alone.
        check(unsafe { libc::setresgid(group, group, group) }.into())?;
        // SAFETY: as above.
        check(unsafe { libc::setresuid(user, user, user) }.into())
    }

    /// Whether this user namespace has more than one user (user_namespaces(7)).
    fn has_others() -> bool {
        let map = std::fs::read_to_string("/proc/self/uid_map").unwrap_or_default();
        map.split_whitespace().nth(2) != Some("1") || map.lines().count() > 1
    }

    fn check(answer: libc::c_long) -> io::Result<()> {
        if answer == -1 { Err(io::Error::last_os_error()) } else { Ok(()) }
    }
}

#[cfg(not(target_os = "linux"))]
mod system {
    use std::io;

    pub fn drop() -> io::Result<()> {
        Ok(())
    }
}
