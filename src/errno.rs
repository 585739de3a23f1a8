//! The errors of system calls by their POSIX names (errno(3)).

use std::io::{self, ErrorKind};

use serde::{Deserialize, Serialize};

/// A system error that has a meaning on a socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the names are POSIX's own")]
pub enum Errno {
    Acces,
    AddrInUse,
    AddrNotAvail,
    Again,
    BadF,
    ConnAborted,
    ConnRefused,
    ConnReset,
    IlSeq,
    Inval,
    MFile,
    NetDown,
    NetUnreach,
    NoMem,
    NotConn,
    Pipe,
    TimedOut,
    /// Anything else.
    Io,
}

impl Errno {
    /// The name of what the system reported.
    pub fn of(error: &io::Error) -> Errno {
        #[cfg(unix)]
        match error.raw_os_error() {
            Some(libc::EBADF) => return Errno::BadF,
            Some(libc::EMFILE | libc::ENFILE) => return Errno::MFile,
            _ => {}
        }
        match error.kind() {
            ErrorKind::PermissionDenied => Errno::Acces,
            ErrorKind::AddrInUse => Errno::AddrInUse,
            ErrorKind::AddrNotAvailable => Errno::AddrNotAvail,
            ErrorKind::WouldBlock => Errno::Again,
            ErrorKind::ConnectionAborted => Errno::ConnAborted,
            ErrorKind::ConnectionRefused => Errno::ConnRefused,
            ErrorKind::ConnectionReset => Errno::ConnReset,
            ErrorKind::InvalidData => Errno::IlSeq,
            ErrorKind::InvalidInput => Errno::Inval,
            ErrorKind::NetworkDown => Errno::NetDown,
            ErrorKind::NetworkUnreachable | ErrorKind::HostUnreachable => Errno::NetUnreach,
            ErrorKind::OutOfMemory => Errno::NoMem,
            ErrorKind::NotConnected => Errno::NotConn,
            ErrorKind::BrokenPipe => Errno::Pipe,
            ErrorKind::TimedOut => Errno::TimedOut,
            _ => Errno::Io,
        }
    }

    /// The name as `errno.h` has it.
    pub fn name(self) -> &'static str {
        match self {
            Errno::Acces => "EACCES",
            Errno::AddrInUse => "EADDRINUSE",
            Errno::AddrNotAvail => "EADDRNOTAVAIL",
            Errno::Again => "EAGAIN",
            Errno::BadF => "EBADF",
            Errno::ConnAborted => "ECONNABORTED",
            Errno::ConnRefused => "ECONNREFUSED",
            Errno::ConnReset => "ECONNRESET",
            Errno::IlSeq => "EILSEQ",
            Errno::Inval => "EINVAL",
            Errno::MFile => "EMFILE",
            Errno::NetDown => "ENETDOWN",
            Errno::NetUnreach => "ENETUNREACH",
            Errno::NoMem => "ENOMEM",
            Errno::NotConn => "ENOTCONN",
            Errno::Pipe => "EPIPE",
            Errno::TimedOut => "ETIMEDOUT",
            Errno::Io => "EIO",
        }
    }
}
