//! Whether a call on a socket could go on without waiting: `poll(2)`, and its like on Windows.

use std::io;
use std::time::Duration;

use socket2::Socket;

/// What a call needs of its socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Interest {
    /// Something to read, a connection to accept, or the end of the stream.
    Read,
    /// Room to write.
    Write,
}

/// Whether a call on a socket would not wait, now or within this time; none is as long as it takes. A
/// socket in error is ready: the call will report the error.
///
/// # Errors
/// What `poll(2)` reports; an interruption by a signal counts as not being ready.
pub fn is_ready(socket: &Socket, interest: Interest, within: Option<Duration>) -> io::Result<bool> {
    // -1 is for ever.
    let milliseconds = within.map_or(-1, |time| i32::try_from(time.as_millis()).unwrap_or(i32::MAX));
    match system::is_ready(socket, interest, milliseconds) {
        Err(error) if error.kind() == io::ErrorKind::Interrupted => Ok(false),
        other => other,
    }
}

#[cfg(unix)]
mod system {
    use std::io;
    use std::os::fd::AsRawFd;

    use super::Interest;
    use socket2::Socket;

    pub fn is_ready(socket: &Socket, interest: Interest, milliseconds: i32) -> io::Result<bool> {
        let events = match interest {
            Interest::Read => libc::POLLIN,
            Interest::Write => libc::POLLOUT,
        };
        let mut entry = libc::pollfd { fd: socket.as_raw_fd(), events, revents: 0 };
        // SAFETY: the pointer is to one live entry, whose descriptor the borrowed socket keeps open.
        match unsafe { libc::poll(&raw mut entry, 1, milliseconds) } {
            -1 => Err(io::Error::last_os_error()),
            found => Ok(found > 0),
        }
    }
}

#[cfg(windows)]
mod system {
    use std::io;
    use std::os::windows::io::AsRawSocket;

    use super::Interest;
    use socket2::Socket;
    use windows_sys::Win32::Networking::WinSock::{POLLRDNORM, POLLWRNORM, SOCKET_ERROR, WSAPOLLFD, WSAPoll};

    pub fn is_ready(socket: &Socket, interest: Interest, milliseconds: i32) -> io::Result<bool> {
        let events = match interest {
            Interest::Read => POLLRDNORM,
            Interest::Write => POLLWRNORM,
        };
        let mut entry = WSAPOLLFD { fd: socket.as_raw_socket() as usize, events, revents: 0 };
        // SAFETY: the pointer is to one live entry, whose socket the borrow keeps open.
        match unsafe { WSAPoll(&raw mut entry, 1, milliseconds) } {
            SOCKET_ERROR => Err(io::Error::last_os_error()),
            found => Ok(found > 0),
        }
    }
}
