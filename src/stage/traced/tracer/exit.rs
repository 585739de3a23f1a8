//! A thread at the exit of a call: what came of it.

use std::rc::Rc;

use super::entry::lapse;
use super::{Heard, Tracer};
use crate::event::op::Kind;
use crate::event::{Op, Outcome, Who};
use crate::linux::tracee::call::Network;
use crate::linux::tracee::descriptor::Descriptor;
use crate::linux::tracee::descriptors::Descriptors;
use crate::linux::tracee::memory::{self, Buffer};
use crate::linux::tracee::outcome;
use crate::linux::tracee::ptrace::{self, Tid};
use crate::linux::tracee::regs;
use crate::linux::tracee::timers::write_words;
use crate::linux::tracee::waits::Place;
use crate::stage::ends::Pair;
use crate::stage::traced::thread::{Call, Restore, State, What};

/// How many bytes of one print are shown.
const MOST_PRINTED: usize = 4 << 20;

impl Tracer {
    /// A thread stands at the exit of its call.
    pub(super) fn returns(&mut self, tid: Tid) -> Heard {
        let Some(index) = self.processes.find(tid) else {
            ptrace::go_on(tid, 0);
            return Heard::Nothing;
        };
        match std::mem::replace(&mut self.processes.threads[index].state, State::Running) {
            // Others may be in the middle of something: who has slept lets them finish.
            State::Inside(call) if call.sleeps && call.pending.is_some() && !self.free => {
                self.processes.threads[index].state = State::Back(call);
                Heard::Nothing
            }
            State::Inside(call) => self.comes_back(index, call),
            _ => {
                self.go_on(tid, 0);
                Heard::Nothing
            }
        }
    }

    /// What a call that has returned is told as. The thread stands at its exit.
    pub fn comes_back(&mut self, index: usize, mut call: Call) -> Heard {
        let tid = self.processes.threads[index].tid;
        let Ok(mut result) = ptrace::result(tid) else {
            self.go_on(tid, 0);
            return Heard::Nothing;
        };
        if matches!(call.restore, Restore::Number) {
            self.breaks_off(index, call);
            return Heard::Nothing;
        }
        let broken = is_restarted(result);
        if call.expired && (broken || result == -i64::from(libc::EINTR)) {
            result = lapse(&call);
            self.give_back(tid, &mut call, Some(result));
            self.clear_ready(tid, &call);
        } else {
            // With a time limit of its own a call is not made again (signal(7)).
            let limited = matches!(call.restore, Restore::TimeLimit { .. }) && broken;
            if limited {
                result = -i64::from(libc::EINTR);
            }
            self.give_back(tid, &mut call, limited.then_some(result));
            self.write_left(tid, &call);
            if broken && !limited {
                // A signal came in between: the kernel makes the same call again, or tells of it then.
                self.processes.threads[index].broken = Some(call);
                self.go_on(tid, 0);
                return Heard::Nothing;
            }
        }
        self.tells(index, call, result)
    }

    /// Writes how much of its time limit is left to a call that waited for descriptors, where the kernel
    /// does so by the machine's clock (select(2)).
    pub(super) fn write_left(&self, tid: Tid, call: &Call) {
        let (What::Poll(poll), Some(deadline), true) = (&call.what, call.deadline, self.clock.is_held())
        else {
            return;
        };
        let (Place::Pointer(argument), Op::Poll | Op::Select) = (poll.place, poll.op) else { return };
        let left = deadline.saturating_sub(self.clock.now());
        #[cfg(target_arch = "x86_64")]
        let unit = if call.entry.number == libc::SYS_select { 1000 } else { 1 };
        #[cfg(not(target_arch = "x86_64"))]
        let unit = 1;
        write_words(tid, call.entry.args[argument], &[left / 1_000_000_000, left % 1_000_000_000 / unit]);
    }

    /// What a call's result is told as.
    pub(super) fn tells(&mut self, index: usize, mut call: Call, result: i64) -> Heard {
        let thread = &self.processes.threads[index];
        let (tid, who) = (thread.tid, thread.who());
        match &call.what {
            What::Network(network) => {
                let Some(descriptors) = self.processes.descriptors_of(thread) else {
                    return self.quietly(tid);
                };
                let outcome = outcome::read(tid, descriptors, &call.entry, network, result);
                call.pair = pair(descriptors, network, &outcome, who).or(call.pair);
                let keeps = network.op.kind() != Kind::Closes || matches!(outcome, Outcome::Failed(_));
                let socket = network.descriptor.filter(|_| keeps).and_then(|number| descriptors.tcp(number));
                Heard::Returned { thread: index, call, outcome, socket }
            }
            What::Poll(_) | What::Wait(_) | What::Sleep { .. } => {
                let outcome = match result {
                    0.. => Outcome::Done(result),
                    _ => Outcome::Failed(outcome::errno(result)),
                };
                Heard::Returned { thread: index, call, outcome, socket: None }
            }
            What::Print(buffers) => {
                let length = u64::try_from(result).unwrap_or(0);
                let bytes = printed(tid, buffers, length);
                let more = length.saturating_sub(bytes.len() as u64);
                Heard::Printed { thread: index, bytes, more }
            }
            What::Pass if !self.free => {
                self.processes.threads[index].state = State::Held(call);
                Heard::Nothing
            }
            What::Pass | What::Take { .. } | What::Exit(_) => self.quietly(tid),
        }
    }

    fn quietly(&mut self, tid: Tid) -> Heard {
        self.go_on(tid, 0);
        Heard::Nothing
    }

    /// Undoes what was changed for a call, and gives it another result if there is one.
    fn give_back(&self, tid: Tid, call: &mut Call, result: Option<i64>) {
        let restore = std::mem::replace(&mut call.restore, Restore::Nothing);
        if let Restore::TimeLimit { socket, sends, limit } = &restore {
            socket.set_time_limit(*sends, Some(*limit));
        }
        let before = match restore {
            Restore::Registers(before) => Some(before),
            _ => None,
        };
        if before.is_none() && result.is_none() {
            return;
        }
        let Ok(mut after) = regs::get(tid) else { return };
        if let Some(mut before) = before {
            // The result stays; the arguments are what they were.
            for argument in 0..6 {
                *regs::argument(&mut after, argument) = *regs::argument(&mut before, argument);
            }
        }
        if let Some(result) = result {
            regs::set_result(&mut after, result);
        }
        let _ = regs::set(tid, after);
    }

    /// Writes what a call that waits for descriptors leaves behind when its time is over: that none is
    /// ready.
    pub(super) fn clear_ready(&self, tid: Tid, call: &Call) {
        let What::Poll(poll) = &call.what else { return };
        let args = &call.entry.args;
        // Memory that the program may not write, the kernel would not write either.
        match poll.op {
            Op::Poll => {
                let size = size_of::<libc::pollfd>() as u64;
                for entry in 0..args[1].min(65_536) {
                    let _ = memory::write(tid, args[0].wrapping_add(entry * size + 6), &[0; 2]);
                }
            }
            Op::Select => {
                let length = (args[0] as usize).min(65_536).div_ceil(64) * 8;
                for set in [args[1], args[2], args[3]].into_iter().filter(|&set| set != 0) {
                    let _ = memory::write(tid, set, &vec![0; length]);
                }
            }
            _ => {}
        }
        if let (Place::Pointer(argument), Op::Poll | Op::Select) = (poll.place, poll.op)
            && args[argument] != 0
        {
            // The kernel writes there how much time is left.
            let _ = memory::write(tid, args[argument], &[0; size_of::<libc::timespec>()]);
        }
    }
}

/// What was printed, up to a bound.
fn printed(tid: Tid, buffers: &[Buffer], length: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut left = length;
    for buffer in buffers {
        let (mut at, mut take) = (buffer.address, buffer.length.min(left));
        left -= take;
        while take > 0 && bytes.len() < MOST_PRINTED {
            let piece = memory::bytes(tid, at, take.min(memory::MOST as u64) as usize);
            if piece.is_empty() {
                return bytes;
            }
            at += piece.len() as u64;
            take -= piece.len() as u64;
            bytes.extend(piece);
        }
    }
    bytes
}

/// The connection that a call is about: after it, where it makes one, or before.
pub(super) fn pair(
    descriptors: &Descriptors,
    network: &Network,
    outcome: &Outcome,
    who: Who,
) -> Option<Pair> {
    let descriptor = match (network.op, outcome) {
        (Op::Accept, Outcome::Accepted(number, _)) => *number as i32,
        _ => network.descriptor?,
    };
    pair_of(&descriptors.tcp(descriptor)?, who)
}

/// The connection that a socket of a side has, the client's address first.
pub fn pair_of(socket: &Rc<Descriptor>, who: Who) -> Option<Pair> {
    let (own, peer) = socket.addresses()?;
    Some(match who {
        Who::Client => (own, peer),
        Who::Server => (peer, own),
    })
}

/// Whether a call was broken off by a signal, and the kernel will decide whether it is made again:
/// its own errors, which no program ever sees (`linux/errno.h`).
fn is_restarted(result: i64) -> bool {
    (-516..=-512).contains(&result)
}
