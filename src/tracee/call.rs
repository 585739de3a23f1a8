//! A call at its entry: what it is, about which socket, with which arguments, and what it would
//! have to wait for.

use std::borrow::Cow;
use std::os::fd::RawFd;
use std::time::Duration;

use super::descriptor::{self, Handle};
use super::memory::{self, Buffer};
use super::ptrace::{Entry, Tid};
use super::{constants, poll};
use crate::event::{Arg, Op, has_flag};
use crate::poll::Interest;

/// What a thread is about to do.
#[derive(Clone, Debug)]
pub enum Asked {
    /// Nothing that the stage has to know about.
    Nothing,
    /// A call on a TCP socket.
    Network(Network),
    /// To wait until descriptors are ready.
    Poll(Poll),
    /// To sleep.
    Sleep,
    /// To be woken by a signal after some time; or, without one, not to be any more.
    Alarm(Option<Duration>),
    /// To write to something that is no socket, under this number.
    Write(RawFd),
}

/// A call on a TCP socket.
#[derive(Clone, Debug)]
pub struct Network {
    /// Which.
    pub op: Op,
    /// The socket; none for a call that makes one, or is about many.
    pub descriptor: Option<RawFd>,
    /// Its arguments, without the descriptor.
    pub args: Vec<Arg>,
    /// What it has to wait for, unless that is there already or it never waits.
    pub waits_for: Option<Interest>,
    /// Where its bytes are or will be.
    pub buffers: Vec<Buffer>,
}

/// A call that waits until descriptors are ready.
#[derive(Clone, Debug)]
pub struct Poll {
    /// Which.
    pub op: Op,
    /// Descriptors, and what is asked of each (poll(2)).
    pub watched: Vec<(RawFd, i16)>,
    /// How long it waits at most.
    pub timeout: Option<Duration>,
    /// Where the kernel will look for that.
    pub place: Place,
}

impl Poll {
    /// The descriptor that it is made on, if it is made on one.
    pub fn descriptor(&self) -> Option<RawFd> {
        match (self.op, self.watched.as_slice()) {
            (Op::EpollWait, [(number, _)]) => Some(*number),
            _ => None,
        }
    }

    /// All that it watches; for an epoll descriptor, what was put into it (proc(5), `fdinfo`).
    pub fn all(&self, pid: Tid) -> Vec<RawFd> {
        let Some(number) = self.descriptor() else {
            return self.watched.iter().map(|&(number, _)| number).collect();
        };
        let info = std::fs::read_to_string(format!("/proc/{pid}/fdinfo/{number}")).unwrap_or_default();
        info.lines()
            .filter_map(|line| line.strip_prefix("tfd:")?.split_ascii_whitespace().next()?.parse().ok())
            .collect()
    }
}

/// Where the limit of a call's waiting is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// In the argument of this number.
    Argument(usize),
    /// In a structure at this address: a timespec or a timeval, which are both two words.
    Memory(u64),
}

/// What the thread that stands at the entry of a call is about to do.
pub fn read(tid: Tid, process: &Handle, entry: &Entry) -> Asked {
    let Entry { number, args } = *entry;
    if let Some(asked) = poll::read(tid, number, &args) {
        return asked;
    }
    match number {
        libc::SYS_socket => socket(&args),
        libc::SYS_close_range => close_range(process, &args),
        libc::SYS_execve | libc::SYS_execveat => {
            let sockets = process.descriptors().into_iter().any(|number| process.tcp(number).is_some());
            if sockets { many(Op::Execve, Vec::new()) } else { Asked::Nothing }
        }
        libc::SYS_splice if process.tcp(args[2] as RawFd).is_some() => {
            network(Op::Splice, args[2], vec![Arg::Number(args[4])], Some(Interest::Write))
        }
        libc::SYS_splice | libc::SYS_sendfile if process.tcp(args[0] as RawFd).is_none() => Asked::Nothing,
        libc::SYS_splice => network(Op::Splice, args[0], vec![Arg::Number(args[4])], Some(Interest::Read)),
        libc::SYS_dup3 => dup2(process, &args),
        #[cfg(target_arch = "x86_64")]
        libc::SYS_dup2 => dup2(process, &args),
        _ => match process.tcp(args[0] as RawFd) {
            Some(socket) => {
                let mut asked = on_socket(tid, number, &args);
                if let Asked::Network(network) = &mut asked
                    && (descriptor::is_nonblocking(&socket) || has_flag(&network.args, "MSG_DONTWAIT"))
                {
                    network.waits_for = None;
                }
                asked
            }
            None if matches!(number, libc::SYS_write | libc::SYS_writev) => Asked::Write(args[0] as RawFd),
            None => Asked::Nothing,
        },
    }
}

fn network(op: Op, descriptor: u64, args: Vec<Arg>, waits_for: Option<Interest>) -> Asked {
    let descriptor = Some(descriptor as RawFd);
    Asked::Network(Network { op, descriptor, args, waits_for, buffers: Vec::new() })
}

/// A call about many descriptors.
fn many(op: Op, args: Vec<Arg>) -> Asked {
    Asked::Network(Network { op, descriptor: None, args, waits_for: None, buffers: Vec::new() })
}

fn socket(args: &[u64; 6]) -> Asked {
    let (domain, kind, protocol) = (args[0] as i32, args[1] as i32, args[2] as i32);
    let internet = matches!(domain, libc::AF_INET | libc::AF_INET6);
    if !internet || kind & 0xf != libc::SOCK_STREAM {
        return Asked::Nothing;
    }
    many(
        Op::Socket,
        vec![constants::domain(domain), constants::socket_type(kind), constants::protocol(protocol)],
    )
}

fn close_range(process: &Handle, args: &[u64; 6]) -> Asked {
    let within = args[0]..=args[1];
    let closes = args[2] & u64::from(libc::CLOSE_RANGE_CLOEXEC) == 0;
    let mut found = process.descriptors().into_iter().filter(|&number| within.contains(&(number as u64)));
    if closes && found.any(|number| process.tcp(number).is_some()) {
        many(Op::CloseRange, vec![Arg::Number(args[0]), Arg::Number(args[1])])
    } else {
        Asked::Nothing
    }
}

/// Another descriptor takes a number: if that number was a socket's, the socket is closed by it.
fn dup2(process: &Handle, args: &[u64; 6]) -> Asked {
    if args[0] != args[1] && process.tcp(args[1] as RawFd).is_some() {
        many(Op::Dup2, vec![Arg::Number(args[0]), Arg::Number(args[1])])
    } else {
        Asked::Nothing
    }
}

/// A call on a descriptor that is known to be a TCP socket.
fn on_socket(tid: Tid, number: libc::c_long, args: &[u64; 6]) -> Asked {
    let socket = args[0];
    let act = |op, list| network(op, socket, list, None);
    let flags = |list: Vec<Arg>, at: usize| {
        list.into_iter().chain(constants::message_flags(args[at] as i32)).collect::<Vec<_>>()
    };
    let sends = |op, buffers: Vec<Buffer>, length: u64, flags_at: Option<usize>| {
        let bytes = vec![Arg::Bytes(memory::content(tid, &buffers, length))];
        let list = flags_at.map_or_else(|| bytes.clone(), |at| flags(bytes.clone(), at));
        Asked::Network(Network {
            op,
            descriptor: Some(socket as RawFd),
            args: list,
            waits_for: Some(Interest::Write),
            buffers,
        })
    };
    let receives = |op, buffers: Vec<Buffer>, flags_at: Option<usize>| {
        let most = vec![Arg::Number(buffers.iter().map(|buffer| buffer.length).sum())];
        let list = flags_at.map_or_else(|| most.clone(), |at| flags(most.clone(), at));
        Asked::Network(Network {
            op,
            descriptor: Some(socket as RawFd),
            args: list,
            waits_for: Some(Interest::Read),
            buffers,
        })
    };
    let one = || vec![Buffer { address: args[1], length: args[2] }];
    match number {
        libc::SYS_setsockopt => act(Op::Setsockopt, constants::set_option(tid, args)),
        libc::SYS_getsockopt => act(Op::Getsockopt, vec![constants::option(args[1] as i32, args[2] as i32)]),
        libc::SYS_getsockname => act(Op::Getsockname, Vec::new()),
        libc::SYS_getpeername => act(Op::Getpeername, Vec::new()),
        libc::SYS_bind => act(Op::Bind, address(tid, args)),
        libc::SYS_connect => act(Op::Connect, address(tid, args)),
        libc::SYS_listen => act(Op::Listen, vec![Arg::Number(u64::from(args[1] as u32))]),
        libc::SYS_shutdown => act(Op::Shutdown, vec![constants::how(args[1] as i32)]),
        libc::SYS_close => act(Op::Close, Vec::new()),
        libc::SYS_accept => network(Op::Accept, socket, Vec::new(), Some(Interest::Read)),
        libc::SYS_accept4 => {
            let flags = constants::accept_flags(args[3] as i32).into_iter().collect();
            network(Op::Accept, socket, flags, Some(Interest::Read))
        }
        libc::SYS_sendto => sends(Op::Send, one(), args[2], Some(3)),
        libc::SYS_write => sends(Op::Write, one(), args[2], None),
        libc::SYS_writev => {
            let buffers = memory::iovecs(tid, args[1], args[2]);
            let length = buffers.iter().map(|buffer| buffer.length).sum();
            sends(Op::Writev, buffers, length, None)
        }
        libc::SYS_sendmsg => {
            let buffers = memory::msghdr(tid, args[1]);
            let length = buffers.iter().map(|buffer| buffer.length).sum();
            sends(Op::Sendmsg, buffers, length, Some(2))
        }
        libc::SYS_sendmmsg => {
            let messages = memory::mmsghdrs(tid, args[1], args[2]);
            let buffers: Vec<_> = messages.into_iter().flat_map(|(buffers, _)| buffers).collect();
            let length = buffers.iter().map(|buffer| buffer.length).sum();
            sends(Op::Sendmmsg, buffers, length, Some(3))
        }
        libc::SYS_sendfile => {
            network(Op::Sendfile, socket, vec![Arg::Number(args[3])], Some(Interest::Write))
        }
        libc::SYS_recvfrom => receives(Op::Recv, one(), Some(3)),
        libc::SYS_read => receives(Op::Read, one(), None),
        libc::SYS_readv => receives(Op::Readv, memory::iovecs(tid, args[1], args[2]), None),
        libc::SYS_recvmsg => receives(Op::Recvmsg, memory::msghdr(tid, args[1]), Some(2)),
        libc::SYS_recvmmsg => {
            let messages = memory::mmsghdrs(tid, args[1], args[2]);
            receives(Op::Recvmmsg, messages.into_iter().flat_map(|(buffers, _)| buffers).collect(), Some(3))
        }
        _ => Asked::Nothing,
    }
}

fn address(tid: Tid, args: &[u64; 6]) -> Vec<Arg> {
    match memory::address(tid, args[1], args[2] as usize) {
        Some(address) => vec![Arg::Address(address)],
        // AF_UNSPEC dissolves an association (connect(2)); anything else the kernel will refuse.
        None => vec![Arg::Word(Cow::Borrowed("AF_UNSPEC"))],
    }
}
