//! The system calls that an event can be about, by their POSIX names.

use serde::{Deserialize, Serialize};

/// A system call, by its POSIX name: `recvfrom` is `recv`, `accept4` is `accept`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the names are POSIX's own")]
pub enum Op {
    Socket,
    Setsockopt,
    Getsockopt,
    Getsockname,
    Getpeername,
    Bind,
    Listen,
    Connect,
    Accept,
    Send,
    Sendmsg,
    Sendmmsg,
    Write,
    Writev,
    Sendfile,
    Splice,
    Recv,
    Recvmsg,
    Recvmmsg,
    Read,
    Readv,
    Poll,
    Select,
    EpollWait,
    Shutdown,
    Close,
    CloseRange,
    Dup2,
    Execve,
    Exit,
    Nanosleep,
    Futex,
    Sigtimedwait,
    Semtimedop,
    Wait4,
    Flock,
    Sigsuspend,
    /// A call of another name, in which a program sleeps.
    Other,
}

/// What a call does, and so what is said about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// It hands bytes to the kernel.
    Sends,
    /// It takes bytes from the kernel.
    Receives,
    /// It waits until a descriptor is ready.
    Polls,
    /// It asks something, and changes nothing.
    Asks,
    /// It gives descriptors back.
    Closes,
    /// It waits for a time, or for something that is no socket.
    Waits,
    /// Anything else.
    Acts,
}

impl Op {
    /// The name as a C program writes it.
    pub fn name(self) -> &'static str {
        match self {
            Op::Socket => "socket",
            Op::Setsockopt => "setsockopt",
            Op::Getsockopt => "getsockopt",
            Op::Getsockname => "getsockname",
            Op::Getpeername => "getpeername",
            Op::Bind => "bind",
            Op::Listen => "listen",
            Op::Connect => "connect",
            Op::Accept => "accept",
            Op::Send => "send",
            Op::Sendmsg => "sendmsg",
            Op::Sendmmsg => "sendmmsg",
            Op::Write => "write",
            Op::Writev => "writev",
            Op::Sendfile => "sendfile",
            Op::Splice => "splice",
            Op::Recv => "recv",
            Op::Recvmsg => "recvmsg",
            Op::Recvmmsg => "recvmmsg",
            Op::Read => "read",
            Op::Readv => "readv",
            Op::Poll => "poll",
            Op::Select => "select",
            Op::EpollWait => "epoll_wait",
            Op::Shutdown => "shutdown",
            Op::Close => "close",
            Op::CloseRange => "close_range",
            Op::Dup2 => "dup2",
            Op::Execve => "execve",
            Op::Exit => "exit",
            Op::Nanosleep => "nanosleep",
            Op::Futex => "futex",
            Op::Sigtimedwait => "sigtimedwait",
            Op::Semtimedop => "semtimedop",
            Op::Wait4 => "wait4",
            Op::Flock => "flock",
            Op::Sigsuspend => "sigsuspend",
            Op::Other => "another call",
        }
    }

    /// What it does.
    pub fn kind(self) -> Kind {
        match self {
            Op::Send | Op::Sendmsg | Op::Sendmmsg | Op::Write | Op::Writev | Op::Sendfile | Op::Splice => {
                Kind::Sends
            }
            Op::Recv | Op::Recvmsg | Op::Recvmmsg | Op::Read | Op::Readv => Kind::Receives,
            Op::Poll | Op::Select | Op::EpollWait => Kind::Polls,
            Op::Getsockopt | Op::Getsockname | Op::Getpeername => Kind::Asks,
            Op::Close | Op::CloseRange | Op::Dup2 | Op::Execve | Op::Exit => Kind::Closes,
            Op::Nanosleep
            | Op::Futex
            | Op::Sigtimedwait
            | Op::Semtimedop
            | Op::Wait4
            | Op::Flock
            | Op::Sigsuspend
            | Op::Other => Kind::Waits,
            Op::Socket | Op::Setsockopt | Op::Bind | Op::Listen | Op::Connect | Op::Accept | Op::Shutdown => {
                Kind::Acts
            }
        }
    }
}
