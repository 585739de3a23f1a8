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

/// Waits until one of the sockets is ready, or `timeout` has passed; says which ones are. A socket
/// in error is ready: the call on it will not wait, but report the error.
///
/// # Errors
/// What `poll(2)` reports; an interruption by a signal counts as nothing being ready.
pub fn poll(watched: &[(&Socket, Interest)], timeout: Duration) -> io::Result<Vec<bool>> {
    let milliseconds = i32::try_from(timeout.as_millis()).unwrap_or(i32::MAX);
    match system::poll(watched, milliseconds) {
        Err(error) if error.kind() == io::ErrorKind::Interrupted => Ok(vec![false; watched.len()]),
        other => other,
    }
}

#[cfg(unix)]
mod system {
    use std::io;
    use std::os::fd::AsRawFd;

    use super::Interest;
    use socket2::Socket;

    pub fn poll(watched: &[(&Socket, Interest)], milliseconds: i32) -> io::Result<Vec<bool>> {
        let mut entries: Vec<libc::pollfd> = watched
            .iter()
            .map(|(socket, interest)| libc::pollfd {
                fd: socket.as_raw_fd(),
                events: match interest {
                    Interest::Read => libc::POLLIN,
                    Interest::Write => libc::POLLOUT,
                },
                revents: 0,
            })
            .collect();
        // SAFETY: the pointer and the count describe a live array, and every descriptor in it is
        // kept open by the borrowed socket.
        let found = unsafe { libc::poll(entries.as_mut_ptr(), entries.len() as libc::nfds_t, milliseconds) };
        match found {
            -1 => Err(io::Error::last_os_error()),
            _ => Ok(entries.iter().map(|entry| entry.revents != 0).collect()),
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

    pub fn poll(watched: &[(&Socket, Interest)], milliseconds: i32) -> io::Result<Vec<bool>> {
        let mut entries: Vec<WSAPOLLFD> = watched
            .iter()
            .map(|(socket, interest)| WSAPOLLFD {
                fd: socket.as_raw_socket() as usize,
                events: match interest {
                    Interest::Read => POLLRDNORM,
                    Interest::Write => POLLWRNORM,
                },
                revents: 0,
            })
            .collect();
        // SAFETY: the pointer and the count describe a live array, and every socket in it is kept
        // open by the borrow.
        let found = unsafe { WSAPoll(entries.as_mut_ptr(), entries.len() as u32, milliseconds) };
        match found {
            SOCKET_ERROR => Err(io::Error::last_os_error()),
            _ => Ok(entries.iter().map(|entry| entry.revents != 0).collect()),
        }
    }
}
