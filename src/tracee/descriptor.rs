//! What a traced program's descriptors are: borrowed for a moment (pidfd_getfd(2)), asked, and
//! given back before the program goes on, so that its `close` is the last one.

use std::io;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd, RawFd};
use std::time::Duration;

use super::ptrace::Tid;

/// A process, by a descriptor that stands for it.
#[derive(Debug)]
pub struct Handle {
    pid: Tid,
    pidfd: OwnedFd,
}

impl Handle {
    /// A handle on a process.
    ///
    /// # Errors
    /// What pidfd_open(2) reports: `ESRCH` when it is no more.
    pub fn open(pid: Tid) -> io::Result<Handle> {
        // SAFETY: pidfd_open(2) takes numbers alone.
        match unsafe { libc::syscall(libc::SYS_pidfd_open, pid, 0) } {
            -1 => Err(io::Error::last_os_error()),
            // SAFETY: the descriptor is new, and nobody else has it.
            number => Ok(Handle { pid, pidfd: unsafe { OwnedFd::from_raw_fd(number as RawFd) } }),
        }
    }

    /// The process's number.
    pub fn pid(&self) -> Tid {
        self.pid
    }

    /// Borrows a descriptor of the process.
    ///
    /// # Errors
    /// `EBADF` if it has none of that number.
    pub fn borrow(&self, number: RawFd) -> io::Result<OwnedFd> {
        // SAFETY: pidfd_getfd(2) takes numbers alone.
        match unsafe { libc::syscall(libc::SYS_pidfd_getfd, self.pidfd.as_raw_fd(), number, 0) } {
            -1 => Err(io::Error::last_os_error()),
            // SAFETY: the descriptor is new, and nobody else has it.
            number => Ok(unsafe { OwnedFd::from_raw_fd(number as RawFd) }),
        }
    }

    /// Borrows a descriptor that is a TCP socket; none if it is anything else.
    pub fn tcp(&self, number: RawFd) -> Option<socket2::Socket> {
        self.borrow(number).ok().filter(is_tcp).map(socket2::Socket::from)
    }

    /// The numbers of all its descriptors, in order.
    pub fn descriptors(&self) -> Vec<RawFd> {
        let Ok(folder) = std::fs::read_dir(format!("/proc/{}/fd", self.pid)) else { return Vec::new() };
        let mut numbers: Vec<_> =
            folder.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok()).collect();
        numbers.sort_unstable();
        numbers
    }
}

/// An option of a socket that is one number.
fn option(socket: &impl AsRawFd, level: libc::c_int, name: libc::c_int) -> Option<libc::c_int> {
    let mut value: libc::c_int = 0;
    let mut length = size_of_val(&value) as libc::socklen_t;
    // SAFETY: the kernel writes at most `length` bytes, which is the size of `value`.
    let answer = unsafe {
        libc::getsockopt(socket.as_raw_fd(), level, name, (&raw mut value).cast(), &raw mut length)
    };
    (answer == 0).then_some(value)
}

fn is_tcp(descriptor: &OwnedFd) -> bool {
    matches!(
        option(descriptor, libc::SOL_SOCKET, libc::SO_PROTOCOL),
        Some(libc::IPPROTO_TCP | libc::IPPROTO_MPTCP)
    )
}

/// Whether a borrowed socket never makes its program wait.
pub fn is_nonblocking(socket: &impl AsRawFd) -> bool {
    // SAFETY: fcntl(2) on a descriptor that is open.
    let flags = unsafe { libc::fcntl(socket.as_raw_fd(), libc::F_GETFL) };
    flags != -1 && flags & libc::O_NONBLOCK != 0
}

/// How long a call on a socket waits at most (`SO_RCVTIMEO`, `SO_SNDTIMEO`, socket(7)).
pub fn patience(socket: &socket2::Socket, writes: bool) -> Option<Duration> {
    let patience = if writes { socket.write_timeout() } else { socket.read_timeout() };
    patience.ok().flatten()
}

/// Which device a descriptor is, if it is a terminal or the like; and which file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Identity {
    /// A character device, by its number.
    Device(u64),
    /// Anything else, by its file system and its number there.
    File(u64, u64),
}

/// What a descriptor is.
pub fn identity(descriptor: &impl AsRawFd) -> Option<Identity> {
    // SAFETY: a stat is plain numbers, for which zeros are valid.
    let mut stat: libc::stat = unsafe { std::mem::zeroed() };
    // SAFETY: fstat(2) writes one stat, which is live.
    let answer = unsafe { libc::fstat(descriptor.as_raw_fd(), &raw mut stat) };
    (answer == 0).then_some(match stat.st_mode & libc::S_IFMT {
        libc::S_IFCHR => Identity::Device(stat.st_rdev),
        _ => Identity::File(stat.st_dev, stat.st_ino),
    })
}

/// Which of these descriptors are ready for what was asked, without waiting.
pub fn ready(watched: &[(OwnedFd, i16)]) -> Vec<bool> {
    let mut entries: Vec<_> = watched
        .iter()
        .map(|(descriptor, events)| libc::pollfd { fd: descriptor.as_raw_fd(), events: *events, revents: 0 })
        .collect();
    // SAFETY: the pointer and the count describe a live array, whose descriptors are open.
    unsafe { libc::poll(entries.as_mut_ptr(), entries.len() as libc::nfds_t, 0) };
    entries.iter().map(|entry| entry.revents != 0).collect()
}
