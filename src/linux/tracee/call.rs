//! A call at its entry: what it is, about which socket, with which arguments, and what it would
//! have to wait for.

use std::borrow::Cow;
use std::ops::RangeInclusive;
use std::os::fd::RawFd;

use super::constants;
use super::descriptor::{Descriptor, Kind};
use super::descriptors::Descriptors;
use super::memory::{self, Buffer};
use super::ptrace::{Entry, Tid};
use super::timers::{self, Timing};
use super::waits::{self, Limit, Poll};
use crate::event::op::Kind as OpKind;
use crate::event::{Arg, Op, has_flag};
use crate::lesson::poll::Interest;

/// What a thread is about to do.
#[derive(Clone, Debug)]
pub enum Asked {
    /// Nothing that the stage has to know about.
    Nothing,
    /// A call on a TCP socket, or on several.
    Network(Network),
    /// To wait until descriptors are ready.
    Poll(Poll),
    /// To sleep.
    Sleep {
        /// How long.
        limit: Limit,
        /// Where the time that is left is written if a signal ends it; 0 is nowhere.
        rest: u64,
    },
    /// To wait in the kernel for anything else, with a limit that this argument points to.
    Wait {
        /// The call.
        op: Op,
        /// How long at most.
        limit: Limit,
        /// The number of the argument.
        argument: usize,
    },
    /// To take what comes from another process or thread: out of a pipe, or a socket that is not
    /// TCP's. It waits until there is something.
    Take {
        /// The call.
        op: Op,
        /// The pipe or the socket.
        descriptor: RawFd,
    },
    /// To receive or send on a socket that is not TCP's, whose waiting has a limit of its own.
    Limited {
        /// The call.
        op: Op,
        /// The socket.
        descriptor: RawFd,
        /// Whether it sends.
        sends: bool,
    },
    /// To set a timer, or to ask one or a clock.
    Timing(Timing),
    /// To fill these buffers with random bytes.
    Random(Vec<Buffer>),
    /// To write to a terminal, which has this name, from these buffers.
    Print(String, Vec<Buffer>),
    /// To close these descriptors, none of which is a TCP socket.
    Close(RangeInclusive<RawFd>),
    /// To send somebody a signal.
    Signal,
    /// To have signals as a descriptor.
    Signals,
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
    /// What has to be there for it; without that it waits or, on a socket that does not wait, fails
    /// with `EAGAIN`. None for a call that the kernel answers at once in any case.
    pub needs: Option<Interest>,
    /// Whether it waits for that.
    pub waits: bool,
    /// Where its bytes are or will be.
    pub buffers: Vec<Buffer>,
    /// The numbers that it closes or gives to another descriptor.
    pub closes: Option<RangeInclusive<RawFd>>,
}

impl Network {
    /// Whether the time limit for sending is the one that holds for it (`SO_SNDTIMEO`, socket(7)).
    pub fn sends(&self) -> bool {
        match self.needs {
            Some(interest) => matches!(interest, Interest::Write),
            None => self.op == Op::Connect || self.op.kind() == OpKind::Sends,
        }
    }

    /// Whether it may sleep in the kernel even if a look says that it can go on: it makes a connection,
    /// has more to send than may find room, or waits for more than one look can tell.
    pub fn may_sleep(&self) -> bool {
        let length = total(&self.buffers);
        let moves = match (self.op, self.op.kind(), self.needs) {
            (Op::Connect | Op::Sendfile | Op::Splice, ..) => true,
            (_, OpKind::Sends, Some(_)) => length > LARGE,
            (_, OpKind::Sends | OpKind::Receives, None) => length > 0,
            _ => false,
        };
        moves && !has_flag(&self.args, "MSG_DONTWAIT")
    }
}

/// From this length on, in bytes, a `send` may find less room than it needs and sleep.
const LARGE: u64 = 4096;

/// What the thread that stands at the entry of a call is about to do.
pub fn read(tid: Tid, process: &Descriptors, entry: &Entry) -> Asked {
    let Entry { number, args } = *entry;
    if let Some(asked) = waits::read(tid, number, &args) {
        return asked;
    }
    if let Some(timing) = timers::read(tid, number, &args) {
        return Asked::Timing(timing);
    }
    match number {
        libc::SYS_socket => socket(&args),
        libc::SYS_close_range => close_range(process, &args),
        libc::SYS_execve | libc::SYS_execveat => match process.sockets().is_empty() {
            true => Asked::Close(0..=RawFd::MAX),
            false => many(Op::Execve, Vec::new(), Some(0..=RawFd::MAX)),
        },
        libc::SYS_getrandom => Asked::Random(vec![Buffer { address: args[0], length: args[1] }]),
        libc::SYS_kill
        | libc::SYS_tkill
        | libc::SYS_tgkill
        | libc::SYS_rt_sigqueueinfo
        | libc::SYS_rt_tgsigqueueinfo
        | libc::SYS_pidfd_send_signal => Asked::Signal,
        libc::SYS_signalfd4 => Asked::Signals,
        #[cfg(target_arch = "x86_64")]
        libc::SYS_signalfd => Asked::Signals,
        libc::SYS_splice if process.tcp(args[2] as RawFd).is_some() => {
            network(Op::Splice, args[2], vec![Arg::Number(args[4])], Some(Interest::Write))
        }
        libc::SYS_splice | libc::SYS_sendfile if process.tcp(args[0] as RawFd).is_none() => Asked::Nothing,
        libc::SYS_splice => network(Op::Splice, args[0], vec![Arg::Number(args[4])], Some(Interest::Read)),
        libc::SYS_dup3 => dup2(process, &args),
        #[cfg(target_arch = "x86_64")]
        libc::SYS_dup2 => dup2(process, &args),
        _ => match process.get(args[0] as RawFd) {
            Some(found) => on_descriptor(tid, number, &args, &found),
            None => Asked::Nothing,
        },
    }
}

fn on_descriptor(tid: Tid, number: libc::c_long, args: &[u64; 6], found: &Descriptor) -> Asked {
    let descriptor = args[0] as RawFd;
    if found.kind == Kind::Tcp {
        let mut asked = on_socket(tid, number, args);
        if let Asked::Network(network) = &mut asked
            && network.needs.is_some()
        {
            network.waits = !found.is_nonblocking() && !has_flag(&network.args, "MSG_DONTWAIT");
        }
        return asked;
    }
    let one = || vec![Buffer { address: args[1], length: args[2] }];
    match (number, found.kind) {
        (libc::SYS_close, _) => Asked::Close(descriptor..=descriptor),
        (libc::SYS_write, Kind::Terminal) => Asked::Print(found.name.clone(), one()),
        (libc::SYS_writev, Kind::Terminal) => {
            Asked::Print(found.name.clone(), memory::iovecs(tid, args[1], args[2]))
        }
        (libc::SYS_read, Kind::Random) => Asked::Random(one()),
        (libc::SYS_readv, Kind::Random) => Asked::Random(memory::iovecs(tid, args[1], args[2])),
        (libc::SYS_read, Kind::Pipe) if args[2] > 0 && !found.is_nonblocking() && found.is_readable() => {
            Asked::Take { op: Op::Read, descriptor }
        }
        (_, Kind::Socket) if !found.is_nonblocking() => {
            let (op, sends) = match number {
                libc::SYS_accept | libc::SYS_accept4 => (Op::Accept, false),
                libc::SYS_recvfrom => (Op::Recv, false),
                libc::SYS_recvmsg => (Op::Recvmsg, false),
                libc::SYS_recvmmsg => (Op::Recvmmsg, false),
                libc::SYS_read => (Op::Read, false),
                libc::SYS_readv => (Op::Readv, false),
                libc::SYS_connect => (Op::Other, true),
                libc::SYS_sendto => (Op::Send, true),
                libc::SYS_sendmsg => (Op::Sendmsg, true),
                libc::SYS_sendmmsg => (Op::Sendmmsg, true),
                libc::SYS_write => (Op::Write, true),
                libc::SYS_writev => (Op::Writev, true),
                _ => return Asked::Nothing,
            };
            let flags = match number {
                libc::SYS_recvfrom => args[3],
                libc::SYS_recvmsg => args[2],
                _ => 0,
            };
            match found.time_limit(sends) {
                Some(_) => Asked::Limited { op, descriptor, sends },
                // With a flag, or where it is not as it should be, the kernel may answer at once.
                None if sends || flags != 0 || found.is_listener() != (op == Op::Accept) => Asked::Nothing,
                None => Asked::Take { op, descriptor },
            }
        }
        _ => Asked::Nothing,
    }
}

fn network(op: Op, descriptor: u64, args: Vec<Arg>, needs: Option<Interest>) -> Asked {
    let descriptor = Some(descriptor as RawFd);
    let (buffers, waits) = (Vec::new(), needs.is_some());
    Asked::Network(Network { op, descriptor, args, needs, waits, buffers, closes: None })
}

/// A call about many descriptors.
fn many(op: Op, args: Vec<Arg>, closes: Option<RangeInclusive<RawFd>>) -> Asked {
    let (buffers, needs) = (Vec::new(), None);
    Asked::Network(Network { op, descriptor: None, args, needs, waits: false, buffers, closes })
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
        None,
    )
}

fn close_range(process: &Descriptors, args: &[u64; 6]) -> Asked {
    if args[2] & u64::from(libc::CLOSE_RANGE_CLOEXEC) != 0 {
        return Asked::Nothing;
    }
    let number = |at: usize| RawFd::try_from(args[at] as u32).unwrap_or(RawFd::MAX);
    let range = number(0)..=number(1);
    match process.sockets().iter().any(|(number, _)| range.contains(number)) {
        true => many(Op::CloseRange, vec![Arg::Number(args[0]), Arg::Number(args[1])], Some(range)),
        false => Asked::Close(range),
    }
}

/// Another descriptor takes a number: if that number was a socket's, the socket is closed by it.
fn dup2(process: &Descriptors, args: &[u64; 6]) -> Asked {
    let taken = args[1] as RawFd;
    if args[0] == args[1] {
        Asked::Nothing
    } else if process.tcp(taken).is_some() {
        many(Op::Dup2, vec![Arg::Number(args[0]), Arg::Number(args[1])], Some(taken..=taken))
    } else {
        Asked::Close(taken..=taken)
    }
}

/// The flags with which a call waits as it does without any: all others have the kernel answer at
/// once, or wait for more than one look can tell.
const ORDINARY: [&str; 5] = ["MSG_NOSIGNAL", "MSG_PEEK", "MSG_TRUNC", "MSG_CMSG_CLOEXEC", "MSG_MORE"];

/// What a call that moves bytes needs: nothing if it has none to move, if its list of buffers is one
/// that the kernel refuses, or if its flags are out of the ordinary.
fn needs(interest: Interest, buffers: &[Buffer], args: &[Arg]) -> Option<Interest> {
    let ordinary = |flag: &str| flag == "MSG_DONTWAIT" || ORDINARY.contains(&flag);
    let understood = args.iter().all(|arg| match arg {
        Arg::Word(flags) => flags.split('|').all(ordinary),
        _ => true,
    });
    let length = total(buffers);
    (understood && length > 0 && i64::try_from(length).is_ok()).then_some(interest)
}

/// A call on a descriptor that is known to be a TCP socket.
fn on_socket(tid: Tid, number: libc::c_long, args: &[u64; 6]) -> Asked {
    let socket = args[0];
    let act = |op, list| network(op, socket, list, None);
    let flags = |list: Vec<Arg>, at: usize| {
        list.into_iter().chain(constants::message_flags(args[at] as i32)).collect::<Vec<_>>()
    };
    let moves = |op, interest, args: Vec<Arg>, buffers: Vec<Buffer>| {
        let needs = needs(interest, &buffers, &args);
        let (descriptor, waits) = (Some(socket as RawFd), needs.is_some());
        Asked::Network(Network { op, descriptor, args, needs, waits, buffers, closes: None })
    };
    let sends = |op, buffers: Vec<Buffer>, flags_at: Option<usize>| {
        let length = total(&buffers);
        let bytes = vec![Arg::Bytes(memory::content(tid, &buffers, length))];
        let list = flags_at.map_or_else(|| bytes.clone(), |at| flags(bytes.clone(), at));
        moves(op, Interest::Write, list, buffers)
    };
    let receives = |op, buffers: Vec<Buffer>, flags_at: Option<usize>| {
        let most = vec![Arg::Number(total(&buffers))];
        let list = flags_at.map_or_else(|| most.clone(), |at| flags(most.clone(), at));
        moves(op, Interest::Read, list, buffers)
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
        libc::SYS_close => close(socket as RawFd),
        libc::SYS_accept => network(Op::Accept, socket, Vec::new(), Some(Interest::Read)),
        libc::SYS_accept4 => {
            let flags = constants::accept_flags(args[3] as i32).into_iter().collect();
            network(Op::Accept, socket, flags, Some(Interest::Read))
        }
        libc::SYS_sendto => sends(Op::Send, one(), Some(3)),
        libc::SYS_write => sends(Op::Write, one(), None),
        libc::SYS_writev => sends(Op::Writev, memory::iovecs(tid, args[1], args[2]), None),
        libc::SYS_sendmsg => sends(Op::Sendmsg, memory::msghdr(tid, args[1]), Some(2)),
        libc::SYS_sendmmsg => {
            let messages = memory::mmsghdrs(tid, args[1], args[2]);
            sends(Op::Sendmmsg, messages.into_iter().flat_map(|(buffers, _)| buffers).collect(), Some(3))
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

fn close(descriptor: RawFd) -> Asked {
    Asked::Network(Network {
        op: Op::Close,
        descriptor: Some(descriptor),
        args: Vec::new(),
        needs: None,
        waits: false,
        buffers: Vec::new(),
        closes: Some(descriptor..=descriptor),
    })
}

/// How long buffers are in all; what they cannot be counts as the most there is.
fn total(buffers: &[Buffer]) -> u64 {
    buffers.iter().fold(0, |sum: u64, buffer| sum.saturating_add(buffer.length))
}

fn address(tid: Tid, args: &[u64; 6]) -> Vec<Arg> {
    match memory::address(tid, args[1], args[2] as usize) {
        Some(address) => vec![Arg::Address(address)],
        // AF_UNSPEC dissolves an association (connect(2)); anything else the kernel will refuse.
        None => vec![Arg::Word(Cow::Borrowed("AF_UNSPEC"))],
    }
}
