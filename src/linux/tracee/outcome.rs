//! A call at its exit: what came of it.

use std::io;
use std::os::fd::RawFd;

use super::call::Network;
use super::constants;
use super::descriptors::Descriptors;
use super::memory;
use super::ptrace::{Entry, Tid};
use crate::event::errno::Errno;
use crate::event::op::Kind;
use crate::event::{Arg, Bytes, Op, Outcome, has_flag};

/// What a call returned, and what it wrote into its program's memory.
pub fn read(tid: Tid, process: &Descriptors, entry: &Entry, asked: &Network, result: i64) -> Outcome {
    if result < 0 {
        return Outcome::Failed(errno(result));
    }
    let length = result as u64;
    match asked.op {
        Op::Accept => {
            let addresses = process.tcp(result as RawFd).and_then(|socket| socket.addresses());
            match addresses {
                Some((_, peer)) => Outcome::Accepted(result, peer),
                // The peer can be gone before it is asked for.
                None => Outcome::Done(result),
            }
        }
        Op::Getsockname | Op::Getpeername => {
            let size = memory::number(tid, entry.args[2]).unwrap_or(0);
            let address = memory::address(tid, entry.args[1], usize::try_from(size).unwrap_or(0));
            address.map_or(Outcome::Done(result), |address| Outcome::Answered(Arg::Address(address)))
        }
        Op::Getsockopt => match memory::number(tid, entry.args[4]) {
            Some(4) => value(tid, entry).map_or(Outcome::Done(result), Outcome::Answered),
            _ => Outcome::Done(result),
        },
        Op::Sendmmsg | Op::Recvmmsg => {
            let messages = memory::mmsghdrs(tid, entry.args[1], length);
            let bytes = messages.iter().map(|(_, moved)| *moved).sum::<u64>() as usize;
            Outcome::Messages(result, Bytes { kept: Vec::new(), length: bytes })
        }
        // From a socket into a pipe: the bytes never were in the program's memory.
        Op::Splice if asked.descriptor == Some(entry.args[0] as RawFd) => {
            Outcome::Received(Bytes { kept: Vec::new(), length: length as usize })
        }
        // The bytes were thrown away, and not written anywhere (tcp(7)).
        op if op.kind() == Kind::Receives && has_flag(&asked.args, "MSG_TRUNC") => {
            Outcome::Received(Bytes { kept: Vec::new(), length: length as usize })
        }
        op if op.kind() == Kind::Receives => Outcome::Received(memory::content(tid, &asked.buffers, length)),
        _ => Outcome::Done(result),
    }
}

/// The error that a result below 0 is.
pub fn errno(result: i64) -> Errno {
    Errno::of(&io::Error::from_raw_os_error(i32::try_from(-result).unwrap_or(i32::MAX)))
}

/// The number that getsockopt(2) wrote; for `SO_ERROR` the error's name.
fn value(tid: Tid, entry: &Entry) -> Option<Arg> {
    let value = memory::number(tid, entry.args[3])?;
    let is_error = entry.args[1] as i32 == libc::SOL_SOCKET && entry.args[2] as i32 == libc::SO_ERROR;
    Some(match is_error && value != 0 {
        true => Arg::Word(Errno::of(&io::Error::from_raw_os_error(value)).name().into()),
        false => constants::signed(value),
    })
}
