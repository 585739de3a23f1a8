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

/// A room that a process keeps open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Room {
    /// The keeper's process number, by which the room is known.
    pub id: u32,
    /// The programs in it, by their names, the keeper not among them.
    pub programs: Vec<String>,
}

/// Makes this process, which is in a room, known as its keeper: [`all`] finds it until it ends.
pub fn keep() {
    system::keep();
}

/// The rooms that this user's processes keep, in the order of their numbers.
pub fn all() -> Vec<Room> {
    system::all()
}

/// Moves this process into the room that a process keeps (setns(2)). It must be the only thread,
/// and be the same user.
///
/// # Errors
/// What opening the namespaces or moving into them reports: `NotFound` when the keeper has gone.
pub fn join(id: u32) -> io::Result<()> {
    system::join(id)
}

/// Lets programs that this process runs capture in the room as well: CAP_NET_RAW, and no other
/// capability, survives execve(2) as an ambient one (capabilities(7)).
///
/// # Errors
/// What capset(2) or prctl(2) reports.
pub fn let_programs_capture() -> io::Result<()> {
    system::let_programs_capture()
}

#[cfg(target_os = "linux")]
mod system {
    use std::fs;
    use std::io;
    use std::os::fd::AsRawFd;
    use std::os::unix::fs::MetadataExt;

    use super::{Refusal, Room};
    use crate::linux::capability::{self, NET_RAW};

    /// The name that a keeper's process has (`PR_SET_NAME`, prctl(2)).
    const KEEPER: &std::ffi::CStr = c"socklab-room";

    pub fn keep() {
        // SAFETY: the name is a string that ends in NUL, and short enough. It cannot fail.
        unsafe { libc::prctl(libc::PR_SET_NAME, KEEPER.as_ptr(), 0, 0, 0) };
    }

    pub fn all() -> Vec<Room> {
        // SAFETY: geteuid(2) has no preconditions and cannot fail.
        let user = unsafe { libc::geteuid() };
        let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
        let mut processes: Vec<(u32, String, u64)> = entries
            .filter(|entry| entry.metadata().is_ok_and(|about| about.uid() == user))
            .filter_map(|entry| {
                let id = entry.file_name().to_str()?.parse().ok()?;
                let name = fs::read_to_string(entry.path().join("comm")).ok()?.trim_end().to_owned();
                // A process that is about to end has no network any more.
                Some((id, name, network(id)?))
            })
            .collect();
        processes.sort();
        let keepers = processes.iter().filter(|(_, name, _)| name.as_bytes() == KEEPER.to_bytes());
        let programs = |of: u64| {
            let others = processes.iter().filter(|(_, name, _)| name.as_bytes() != KEEPER.to_bytes());
            others.filter(|(.., network)| *network == of).map(|(_, name, _)| name.clone()).collect()
        };
        keepers.map(|&(id, _, network)| Room { id, programs: programs(network) }).collect()
    }

    /// Which network a process is in: the number of the namespace's file (namespaces(7)).
    fn network(id: u32) -> Option<u64> {
        fs::metadata(format!("/proc/{id}/ns/net")).ok().map(|about| about.ino())
    }

    pub fn join(id: u32) -> io::Result<()> {
        let open = |kind: &str| fs::File::open(format!("/proc/{id}/ns/{kind}"));
        let (user, network) = (open("user")?, open("net")?);
        for (file, kind) in [(user, libc::CLONE_NEWUSER), (network, libc::CLONE_NEWNET)] {
            // SAFETY: setns(2) takes a descriptor, which is open, and a number.
            if unsafe { libc::setns(file.as_raw_fd(), kind) } == -1 {
                return Err(io::Error::last_os_error());
            }
        }
        Ok(())
    }

    pub fn let_programs_capture() -> io::Result<()> {
        capability::make_inheritable(NET_RAW)?;
        // SAFETY: prctl(2) with numbers alone.
        match unsafe { libc::prctl(libc::PR_CAP_AMBIENT, libc::PR_CAP_AMBIENT_RAISE, NET_RAW, 0, 0) } {
            -1 => Err(io::Error::last_os_error()),
            _ => Ok(()),
        }
    }

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
    use std::io;

    use super::{Refusal, Room};

    pub fn keep() {}

    pub fn all() -> Vec<Room> {
        Vec::new()
    }

    pub fn join(_: u32) -> io::Result<()> {
        Err(io::ErrorKind::Unsupported.into())
    }

    pub fn let_programs_capture() -> io::Result<()> {
        Err(io::ErrorKind::Unsupported.into())
    }

    pub fn enter() -> Result<(), Refusal> {
        Err(Refusal::NotLinux)
    }
}
