//! What the scheduler sees of everybody, before it decides.

use std::rc::Rc;
use std::time::Duration;

use super::schedule::{Ability, Awaits, Clients, Seen, View};
use super::scheduler::Scheduler;
use super::thread::{Call, State, Thread, What};
use crate::event::{Nanos, Op, Who};
use crate::linux::tracee::descriptor::Descriptor;
use crate::linux::tracee::ptrace::Ending;

/// How long everything may be still, on the machine's clock, before nothing is hoped for any more of
/// those who wake up by themselves.
const PATIENCE: Duration = Duration::from_secs(5);

/// How far apart SYNs are sent that nobody answers, in nanoseconds.
const APART: Nanos = 100_000_000;

impl Scheduler {
    /// What is seen.
    pub(super) fn view(&mut self) -> View {
        let abilities = self.tracer.abilities();
        let processes = &self.tracer.processes;
        let count = processes.threads.len();
        let first = self.last.and_then(|key| processes.find_key(key)).unwrap_or(0);
        let threads: Vec<_> = (0..count)
            .map(|step| (first + step) % count)
            .filter(|&index| !self.is_done(&processes.threads[index]))
            .map(|index| {
                let (ability, deadline) = abilities[index];
                self.seen(index, ability, deadline)
            })
            .collect();
        let clients = if self.cast.is_waiting(Who::Client) {
            Clients::ToCome
        } else if self.cast.has_more(Who::Client) {
            Clients::MoreToCome
        } else if self.alone || self.has(Who::Client) {
            Clients::Here
        } else {
            Clients::Gone
        };
        View {
            now: self.tracer.clock.now(),
            still_since: self.still.since,
            lapses: self.still.lapses,
            threads,
            timer: self.tracer.next_timer(),
            flight: self.asked,
            alone: self.alone,
            clients,
            listens: self.listens,
            failed: processes.has_failed(),
            patience_over: self.still.real.elapsed() >= PATIENCE,
        }
    }

    fn seen(&self, index: usize, ability: Ability, deadline: Option<Nanos>) -> Seen {
        let thread = &self.tracer.processes.threads[index];
        let vain = self.vain.get(&thread.key).copied().unwrap_or_default();
        let connects = thread.held().is_some_and(|call| call.what.op() == Some(Op::Connect));
        let ability = match ability {
            Ability::Ready if connects && self.has_just_tried() => Ability::Waits,
            Ability::Ready if vain.is_again(thread) => Ability::Looks,
            Ability::Waits | Ability::Sleeps if self.waits_for_person(thread) => Ability::Person,
            other => other,
        };
        // Only asked for where it matters: nobody else is left.
        let asks = thread.who() == Who::Server
            && matches!(ability, Ability::Waits | Ability::Looks)
            && !self.alone
            && !self.has(Who::Client);
        let awaits_clients = if asks { self.awaits_clients(thread) } else { Awaits::No };
        let (looks, spins, steps, lapsed) = (vain.looks, vain.spins, vain.steps, vain.lapsed);
        Seen { key: thread.key, ability, deadline, connects, awaits_clients, looks, spins, steps, lapsed }
    }

    /// Whether a thread waits for clients to connect. Whoever is told of them only once, as they come,
    /// has to have asked in vain before it waits for another: one that has not may wait for something else.
    pub fn awaits_clients(&self, thread: &Thread) -> Awaits {
        let listeners = self.tracer.listeners_of(thread);
        let is_asked = |socket: &Rc<Descriptor>| {
            self.empty.contains(&socket.name) || !self.is_edge_triggered(thread, socket)
        };
        match listeners.iter().any(is_asked) {
            true => Awaits::Yes,
            false if listeners.is_empty() => Awaits::No,
            false => Awaits::Perhaps,
        }
    }

    /// Whether a thread has come to a good end, and is kept there.
    fn is_done(&self, thread: &Thread) -> bool {
        let ends_well = |call: &Call| matches!(call.what, What::Exit(Ending::Exit(0)));
        self.keeps_exits && thread.held().is_some_and(ends_well)
    }

    /// Whether somebody of a side is still there.
    pub fn has(&self, who: Who) -> bool {
        let threads = &self.tracer.processes.threads;
        threads.iter().any(|thread| thread.who() == who && !self.is_done(thread))
    }

    /// Whether somebody waits for the answer to a SYN that it has just sent: the next one is sent a
    /// little later, so that the kernel's timers for them run out one after another.
    fn has_just_tried(&self) -> bool {
        let now = self.tracer.clock.now();
        self.tracer.clock.is_held()
            && self.tracer.processes.threads.iter().any(|thread| match &thread.state {
                State::Inside(call) if call.what.op() == Some(Op::Connect) => {
                    call.pending.as_ref().is_some_and(|pending| now < pending.at.saturating_add(APART))
                }
                _ => false,
            })
    }
}
