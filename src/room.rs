//! The room: a private network for one process, made by an ordinary user. Inside it there is a
//! loopback interface and nothing else: no busy port, no old connection, nobody else's packets, and
//! the right to capture.

use std::io;

/// Why there is no room here.
#[derive(Debug)]
pub enum Refusal {
    /// This system has no network namespaces: they are Linux's.
    NotLinux,
    /// The kernel does not let this user make namespaces.
    Namespaces(io::Error),
    /// The namespaces were made, but not furnished; the process has no network any more.
    Furnishing(&'static str, io::Error),
}

/// Moves this process into a new room (user_namespaces(7), network_namespaces(7)). It must be the
/// only thread. The way back is the end of the process, which also takes the room down.
///
/// # Errors
/// [`Refusal::Namespaces`] leaves everything as it was: Linux makes both namespaces or neither.
pub fn enter() -> Result<(), Refusal> {
    system::enter()
}

#[cfg(target_os = "linux")]
mod system {
    use std::fs;
    use std::io;
    use std::os::fd::AsRawFd;

    use super::Refusal;

    pub fn enter() -> Result<(), Refusal> {
        // SAFETY: these two calls have no preconditions and cannot fail.
        let (user, group) = unsafe { (libc::geteuid(), libc::getegid()) };
        // SAFETY: unshare takes flags alone, and touches no memory of this process.
        if unsafe { libc::unshare(libc::CLONE_NEWUSER | libc::CLONE_NEWNET) } == -1 {
            return Err(Refusal::Namespaces(io::Error::last_os_error()));
        }
        // An ordinary user may map itself alone, and only after giving up setgroups(2).
        for (file, line) in [
            ("/proc/self/setgroups", "deny".to_owned()),
            ("/proc/self/uid_map", format!("{user} {user} 1")),
            ("/proc/self/gid_map", format!("{group} {group} 1")),
        ] {
            fs::write(file, line).map_err(|error| Refusal::Furnishing(file, error))?;
        }
        raise_loopback().map_err(|error| Refusal::Furnishing("ioctl(SIOCSIFFLAGS)", error))
    }

    /// Switches the loopback interface on (netdevice(7)); a new network namespace has it down.
    fn raise_loopback() -> io::Result<()> {
        let socket = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::DGRAM, None)?;
        // SAFETY: an ifreq is plain numbers, for which zeros are valid.
        let mut request: libc::ifreq = unsafe { std::mem::zeroed() };
        for (to, from) in request.ifr_name.iter_mut().zip(b"lo") {
            *to = *from as libc::c_char;
        }
        request.ifr_ifru.ifru_flags = (libc::IFF_UP | libc::IFF_RUNNING) as libc::c_short;
        // SAFETY: SIOCSIFFLAGS reads one ifreq, which is live and has a name that ends in NUL.
        match unsafe { libc::ioctl(socket.as_raw_fd(), libc::SIOCSIFFLAGS as _, &request) } {
            -1 => Err(io::Error::last_os_error()),
            _ => Ok(()),
        }
    }
}

#[cfg(not(target_os = "linux"))]
mod system {
    use super::Refusal;

    pub fn enter() -> Result<(), Refusal> {
        Err(Refusal::NotLinux)
    }
}
