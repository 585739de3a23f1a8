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
    AfNoSupport,
    Again,
    Already,
    BadF,
    ConnAborted,
    ConnRefused,
    ConnReset,
    Fault,
    HostUnreach,
    IlSeq,
    InProgress,
    Intr,
    Inval,
    IsConn,
    MFile,
    NetDown,
    NetUnreach,
    NoBufs,
    NoMem,
    NoProtoOpt,
    NotConn,
    NotSock,
    OpNotSupp,
    Perm,
    Pipe,
    TimedOut,
    /// An error of another name: its number.
    Other(i32),
    /// Anything else.
    Io,
}

impl Errno {
    /// The name of what the system reported.
    pub fn of(error: &io::Error) -> Errno {
        #[cfg(unix)]
        match error.raw_os_error() {
            Some(libc::EBADF) => return Errno::BadF,
            Some(libc::EMFILE) => return Errno::MFile,
            Some(libc::EAFNOSUPPORT) => return Errno::AfNoSupport,
            Some(libc::EALREADY) => return Errno::Already,
            Some(libc::EFAULT) => return Errno::Fault,
            Some(libc::EHOSTUNREACH) => return Errno::HostUnreach,
            Some(libc::EINPROGRESS) => return Errno::InProgress,
            Some(libc::EINTR) => return Errno::Intr,
            Some(libc::EISCONN) => return Errno::IsConn,
            Some(libc::ENOBUFS) => return Errno::NoBufs,
            Some(libc::ENOPROTOOPT) => return Errno::NoProtoOpt,
            Some(libc::ENOTSOCK) => return Errno::NotSock,
            Some(libc::EOPNOTSUPP) => return Errno::OpNotSupp,
            Some(libc::EPERM) => return Errno::Perm,
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
            ErrorKind::NetworkUnreachable => Errno::NetUnreach,
            ErrorKind::HostUnreachable => Errno::HostUnreach,
            ErrorKind::Interrupted => Errno::Intr,
            ErrorKind::OutOfMemory => Errno::NoMem,
            ErrorKind::NotConnected => Errno::NotConn,
            ErrorKind::BrokenPipe => Errno::Pipe,
            ErrorKind::TimedOut => Errno::TimedOut,
            _ => error.raw_os_error().map_or(Errno::Io, Errno::Other),
        }
    }

    /// The name as `errno.h` has it.
    pub fn name(self) -> &'static str {
        match self {
            Errno::Acces => "EACCES",
            Errno::AddrInUse => "EADDRINUSE",
            Errno::AddrNotAvail => "EADDRNOTAVAIL",
            Errno::AfNoSupport => "EAFNOSUPPORT",
            Errno::Again => "EAGAIN",
            Errno::Already => "EALREADY",
            Errno::BadF => "EBADF",
            Errno::ConnAborted => "ECONNABORTED",
            Errno::ConnRefused => "ECONNREFUSED",
            Errno::ConnReset => "ECONNRESET",
            Errno::Fault => "EFAULT",
            Errno::HostUnreach => "EHOSTUNREACH",
            Errno::IlSeq => "EILSEQ",
            Errno::InProgress => "EINPROGRESS",
            Errno::Intr => "EINTR",
            Errno::Inval => "EINVAL",
            Errno::IsConn => "EISCONN",
            Errno::MFile => "EMFILE",
            Errno::NetDown => "ENETDOWN",
            Errno::NetUnreach => "ENETUNREACH",
            Errno::NoBufs => "ENOBUFS",
            Errno::NoMem => "ENOMEM",
            Errno::NoProtoOpt => "ENOPROTOOPT",
            Errno::NotConn => "ENOTCONN",
            Errno::NotSock => "ENOTSOCK",
            Errno::OpNotSupp => "EOPNOTSUPP",
            Errno::Perm => "EPERM",
            Errno::Pipe => "EPIPE",
            Errno::TimedOut => "ETIMEDOUT",
            Errno::Other(number) => other(number),
            Errno::Io => "EIO",
        }
    }
}

/// The names of those that hardly ever come on a socket.
#[cfg(unix)]
fn other(number: i32) -> &'static str {
    match number {
        libc::E2BIG => "E2BIG",
        libc::EBUSY => "EBUSY",
        libc::ECANCELED => "ECANCELED",
        libc::ECHILD => "ECHILD",
        libc::EDEADLK => "EDEADLK",
        libc::EDESTADDRREQ => "EDESTADDRREQ",
        libc::EDOM => "EDOM",
        libc::EEXIST => "EEXIST",
        libc::EFBIG => "EFBIG",
        libc::EHOSTDOWN => "EHOSTDOWN",
        libc::EISDIR => "EISDIR",
        libc::ELOOP => "ELOOP",
        libc::EMLINK => "EMLINK",
        libc::EMSGSIZE => "EMSGSIZE",
        libc::ENAMETOOLONG => "ENAMETOOLONG",
        libc::ENETRESET => "ENETRESET",
        libc::ENFILE => "ENFILE",
        libc::ENODATA => "ENODATA",
        libc::ENODEV => "ENODEV",
        libc::ENOENT => "ENOENT",
        libc::ENOEXEC => "ENOEXEC",
        libc::ENOLCK => "ENOLCK",
        libc::ENOSPC => "ENOSPC",
        libc::ENOSYS => "ENOSYS",
        libc::ENOTDIR => "ENOTDIR",
        libc::ENOTTY => "ENOTTY",
        libc::ENXIO => "ENXIO",
        libc::EOVERFLOW => "EOVERFLOW",
        libc::EPFNOSUPPORT => "EPFNOSUPPORT",
        libc::EPROTO => "EPROTO",
        libc::EPROTONOSUPPORT => "EPROTONOSUPPORT",
        libc::EPROTOTYPE => "EPROTOTYPE",
        libc::ERANGE => "ERANGE",
        libc::EROFS => "EROFS",
        libc::ESHUTDOWN => "ESHUTDOWN",
        libc::ESOCKTNOSUPPORT => "ESOCKTNOSUPPORT",
        libc::ESPIPE => "ESPIPE",
        libc::ESRCH => "ESRCH",
        libc::ETIME => "ETIME",
        libc::ETOOMANYREFS => "ETOOMANYREFS",
        libc::ETXTBSY => "ETXTBSY",
        libc::EXDEV => "EXDEV",
        _ => "EIO",
    }
}

#[cfg(not(unix))]
fn other(_: i32) -> &'static str {
    "EIO"
}

#[cfg(all(test, unix))]
mod tests {
    use std::io;

    use super::Errno;

    #[test]
    fn every_error_has_its_own_name() {
        let name = |number| Errno::of(&io::Error::from_raw_os_error(number)).name();
        assert_eq!(name(libc::EMSGSIZE), "EMSGSIZE");
        assert_eq!(name(libc::ENFILE), "ENFILE");
        assert_eq!(name(libc::EMFILE), "EMFILE");
        assert_eq!(name(libc::EINPROGRESS), "EINPROGRESS");
        assert_eq!(name(libc::EIO), "EIO");
    }
}
