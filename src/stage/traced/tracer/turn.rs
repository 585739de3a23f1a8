//! A thread goes on.

use std::net::SocketAddr;
use std::time::Duration;

use super::entry::lapse;
use super::exit::{pair, pair_of};
use super::{Heard, Tracer};
use crate::event::{Nanos, Op, Outcome, Reset};
use crate::linux::tracee::call::Network;
use crate::linux::tracee::descriptor::Descriptor;
use crate::linux::tracee::ptrace;
use crate::linux::tracee::regs;
use crate::stage::ends::Pair;
use crate::stage::traced::thread::{Call, State, What};

impl Tracer {
    /// A thread goes on with what it is held before; its call is in the record by now.
    pub fn let_go(&mut self, index: usize) -> Heard {
        let thread = &mut self.processes.threads[index];
        let tid = thread.tid;
        match std::mem::replace(&mut thread.state, State::Running) {
            State::Back(call) => return self.comes_back(index, call),
            State::Held(call) => match &call.what {
                What::Pass | What::Take { .. } => self.go_on(tid, 0),
                What::Exit(_) => {
                    thread.leaving = true;
                    thread.state = State::Inside(call);
                    if let Some(process) =
                        self.processes.processes.get(&self.processes.threads[index].process)
                    {
                        process.descriptors.give_back(..);
                    }
                    self.go_on(tid, 0);
                }
                What::Network(_) => self.make_call(index, call),
                What::Print(_) | What::Poll(_) | What::Sleep { .. } | What::Wait(_) => {
                    self.go_to_exit(index, call);
                }
            },
            other => thread.state = other,
        }
        Heard::Nothing
    }

    /// The connections of which an end will be broken off if a thread's call closes it for good: that
    /// end's address and its peer's, and why. The kernel looks for bytes that are unread first
    /// (`__tcp_close`).
    pub fn aborts(&self, index: usize) -> Vec<((SocketAddr, SocketAddr), Reset)> {
        let thread = &self.processes.threads[index];
        let (Some(call), Some(descriptors)) = (thread.held(), self.processes.descriptors_of(thread)) else {
            return Vec::new();
        };
        let sockets = match &call.what {
            What::Network(Network { closes: Some(range), .. }) if range.start() == range.end() => {
                descriptors.tcp(*range.start()).into_iter().collect()
            }
            What::Network(Network { closes: Some(_), .. }) | What::Exit(_) => {
                descriptors.sockets().into_iter().map(|(_, socket)| socket).collect::<Vec<_>>()
            }
            _ => Vec::new(),
        };
        let why = |socket: &Descriptor| match (socket.unread(), socket.socket().linger()) {
            (1.., _) => Some(Reset::Unread),
            (0, Ok(Some(Duration::ZERO))) => Some(Reset::Linger),
            _ => None,
        };
        sockets.iter().filter_map(|socket| Some((socket.addresses()?, why(socket)?))).collect()
    }

    /// A call on a socket is let into the kernel.
    fn make_call(&mut self, index: usize, mut call: Call) {
        let What::Network(network) = &call.what else { return };
        let thread = &self.processes.threads[index];
        if let (Some(range), Some(descriptors)) = (&network.closes, self.processes.descriptors_of(thread)) {
            descriptors.give_back(range.clone());
        }
        if matches!(network.op, Op::Connect | Op::Bind) {
            self.world.choose_port(network.op, &network.args);
        }
        if network.may_sleep() && self.clock.is_held() {
            if call.deadline.is_none()
                && let Some(socket) = network.descriptor.and_then(|number| self.tcp(index, number))
                && !socket.is_nonblocking()
                && let Some(limit) = socket.time_limit(network.sends())
            {
                call.set_limit(self.clock.now(), limit.as_nanos() as Nanos);
            }
            if call.deadline.is_some() {
                self.lift_limit(index, &mut call);
            }
        }
        self.go_to_exit(index, call);
    }

    /// The time limit of what a thread waits for is over.
    pub fn lapse(&mut self, index: usize) -> Heard {
        let thread = &mut self.processes.threads[index];
        let tid = thread.tid;
        match std::mem::replace(&mut thread.state, State::Running) {
            State::Held(mut call) => {
                let result = lapse(&call);
                call.deadline = None;
                self.clear_ready(tid, &call);
                let _ = regs::skip(tid, result);
                self.tells(index, call, result)
            }
            State::Inside(mut call) => {
                (call.expired, call.deadline) = (true, None);
                thread.fresh = true;
                thread.state = State::Inside(call);
                ptrace::interrupt(tid);
                Heard::Nothing
            }
            other => {
                thread.state = other;
                Heard::Nothing
            }
        }
    }

    /// The connection that a call is about, before it is made.
    pub fn pair_before(&self, index: usize, call: &Call) -> Option<Pair> {
        let What::Network(network) = &call.what else { return None };
        let thread = &self.processes.threads[index];
        let descriptors = self.processes.descriptors_of(thread)?;
        if let (Op::Dup2, Some(taken)) = (network.op, &network.closes) {
            // What it puts another in the place of.
            return pair_of(&descriptors.tcp(*taken.start())?, thread.who());
        }
        pair(descriptors, network, &Outcome::Done(0), thread.who())
    }
}
