//! Threads that wait inside the kernel: with the time limit that the stage gives them.

use std::os::fd::RawFd;

use super::entry::lapse;
use super::{Heard, Tracer};
use crate::event::Op;
use crate::linux::tracee::ptrace::{Entry, Tid};
use crate::linux::tracee::regs;
use crate::linux::tracee::waits::{Limit, Place};
use crate::stage::traced::thread::{Call, Restore, State, What};

impl Tracer {
    /// Lets a thread into a call in which it will wait: for ever, if time is the stage's.
    pub(super) fn let_in(&mut self, index: usize, mut call: Call) {
        if self.clock.is_held() && call.deadline.is_some() {
            self.lift_limit(index, &mut call);
        }
        self.go_to_sleep(index, call);
    }

    /// Takes the time limit of a call away, to be put back when it returns: the stage ends the wait.
    pub(super) fn lift_limit(&self, index: usize, call: &mut Call) {
        let tid = self.processes.threads[index].tid;
        match &call.what {
            What::Poll(poll) => {
                let (argument, value) = match poll.place {
                    Place::Milliseconds(argument) => (argument, u64::MAX),
                    Place::Pointer(argument) => (argument, 0),
                };
                call.restore = set_argument(tid, argument, value);
            }
            What::Network(network) => {
                let sends = network.sends();
                if let Some(socket) = network.descriptor.and_then(|number| self.tcp(index, number))
                    && let Some(limit) = socket.time_limit(sends)
                {
                    socket.set_time_limit(sends, None);
                    call.restore = Restore::TimeLimit { socket, sends, limit };
                }
            }
            What::Pass
            | What::Take { .. }
            | What::Print(_)
            | What::Sleep { .. }
            | What::Wait(_)
            | What::Exit(_) => {}
        }
    }

    /// A thread waits in the kernel, with a time limit: it is let in without one, and the stage ends
    /// the wait.
    pub(super) fn waits(
        &mut self,
        index: usize,
        entry: Entry,
        op: Op,
        limit: Limit,
        argument: usize,
    ) -> Heard {
        let tid = self.processes.threads[index].tid;
        let deadline = self.clock.deadline(limit);
        if !self.clock.is_held() || limit == Limit::In(0) {
            return self.pass(tid);
        }
        if deadline.is_some_and(|deadline| deadline <= self.clock.now()) {
            let _ = regs::skip(tid, lapse(&Call::new(What::Wait(op), entry, None)));
            return self.pass(tid);
        }
        let mut call = self.resume_broken(index, Call::new(What::Wait(op), entry, deadline));
        call.restore = set_argument(tid, argument, 0);
        self.go_to_sleep(index, call);
        Heard::Nothing
    }

    /// A thread takes what comes from another one. If there is nothing yet it is held: asleep in the
    /// kernel it would be woken by the first byte, and run beside whoever is still writing.
    pub(super) fn takes(&mut self, index: usize, entry: Entry, op: Op, descriptor: RawFd) -> Heard {
        let tid = self.processes.threads[index].tid;
        if self.free {
            return self.pass(tid);
        }
        let call = self.resume_broken(index, Call::new(What::Take { op, descriptor }, entry, None));
        self.processes.threads[index].state = State::Held(call);
        if self.is_ready(index) {
            self.processes.threads[index].state = State::Running;
            return self.pass(tid);
        }
        Heard::Nothing
    }

    /// The same as [`Tracer::waits`] on a socket that is not TCP's, whose limit is a setting of its own.
    pub(super) fn waits_on_socket(
        &mut self,
        index: usize,
        entry: Entry,
        op: Op,
        number: RawFd,
        sends: bool,
    ) -> Heard {
        let thread = &self.processes.threads[index];
        let tid = thread.tid;
        let socket = self.processes.descriptors_of(thread).and_then(|descriptors| descriptors.get(number));
        let limit = socket.as_ref().and_then(|socket| socket.time_limit(sends));
        let (Some(socket), Some(limit), true) = (socket, limit, self.clock.is_held()) else {
            return self.pass(tid);
        };
        let deadline = self.clock.deadline(Limit::In(u64::try_from(limit.as_nanos()).unwrap_or(u64::MAX)));
        let mut call = self.resume_broken(index, Call::new(What::Wait(op), entry, deadline));
        socket.set_time_limit(sends, None);
        call.restore = Restore::TimeLimit { socket, sends, limit };
        self.go_to_sleep(index, call);
        Heard::Nothing
    }
}

/// Gives a call another argument than it has.
fn set_argument(tid: Tid, argument: usize, value: u64) -> Restore {
    let Ok(before) = regs::get(tid) else { return Restore::Nothing };
    let mut registers = before;
    *regs::argument(&mut registers, argument) = value;
    match regs::set(tid, registers) {
        Ok(()) => Restore::Registers(Box::new(before)),
        Err(_) => Restore::Nothing,
    }
}
