//! What is told of those who cannot go on: that they wait, or sleep.

use super::schedule::{Ability, View};
use super::scheduler::Scheduler;
use super::thread::{Call, State, Thread, What};
use crate::event::error::Result;
use crate::event::op::Kind;
use crate::event::{Arg, Event, Op, Outcome, Who};
use crate::stage::ends::Pair;

/// After so many waits in vain of one thread, which has printed nothing meanwhile, the next are counted.
const MANY_WAITS: u32 = 8;

/// From this time on, in nanoseconds, a sleep is shown.
const SHOWN: u64 = 1_000_000;

impl Scheduler {
    /// Tells of everybody who has come to a call that cannot go on.
    pub fn announce(&mut self, view: &View) -> Result<()> {
        for seen in &view.threads {
            if !matches!(seen.ability, Ability::Waits | Ability::Sleeps | Ability::Person) {
                continue;
            }
            if let Some(index) = self.tracer.processes.find_key(seen.key) {
                self.announce_one(index, false)?;
            }
        }
        self.show_unfinished_lines()
    }

    /// Tells of everybody who waits, for whatever it is.
    pub fn announce_all(&mut self) -> Result<()> {
        for index in 0..self.tracer.processes.threads.len() {
            let thread = &self.tracer.processes.threads[index];
            let waits = thread.call().is_some_and(|call| match &call.what {
                What::Network(network) => network.waits || matches!(thread.state, State::Inside(_)),
                What::Poll(poll) => !poll.is_look(),
                What::Wait(_) => true,
                What::Pass | What::Take { .. } | What::Print(_) | What::Sleep { .. } | What::Exit(_) => false,
            });
            if waits && thread.number.is_some() {
                self.announce_one(index, true)?;
            }
        }
        self.unfold_all()
    }

    fn announce_one(&mut self, index: usize, all: bool) -> Result<()> {
        let thread = &self.tracer.processes.threads[index];
        let Some(call) = thread.call() else { return Ok(()) };
        let told = call.pending.as_ref().is_some_and(|pending| pending.waited) || call.told;
        let is_shown = match &call.what {
            What::Network(_) => true,
            What::Poll(_) => {
                !self.tracer.sockets_of(thread, call).is_empty() || (all && thread.number.is_some())
            }
            What::Sleep { time, .. } => {
                if !told && *time >= SHOWN && (thread.number.is_some() || thread.tid == thread.process) {
                    return self.sleeps(index);
                }
                false
            }
            What::Wait(_) => all,
            What::Pass | What::Take { .. } | What::Print(_) | What::Exit(_) => false,
        };
        // Whoever has waited in vain again and again, until a time limit or a signal, does so once more:
        // that is told when it is over. What comes meanwhile from a call that sends has to stand under it.
        let again = self.vain.get(&thread.key).is_some_and(|vain| vain.waits >= MANY_WAITS)
            && !self.owns(thread, call);
        if told || !is_shown || (again && !all) {
            return Ok(());
        }
        self.waits(index)
    }

    /// Somebody sleeps.
    fn sleeps(&mut self, index: usize) -> Result<()> {
        let thread = &mut self.tracer.processes.threads[index];
        let key = thread.key;
        let before = thread.sleeps_until;
        let Some(call) = thread.call_mut() else { return Ok(()) };
        let What::Sleep { time, .. } = call.what else { return Ok(()) };
        call.told = true;
        let until = call.deadline;
        thread.sleeps_until = until;
        if until.is_some() && until == before {
            // What is left of a sleep that a signal has broken off.
            return Ok(());
        }
        let thread = &self.tracer.processes.threads[index];
        let Some(call) = thread.call() else { return Ok(()) };
        let Some(intent) = self.intent(thread, call) else { return Ok(()) };
        if self.folds.ends_row(key, &intent, &Outcome::Done(0)) {
            self.unfold(key)?;
        }
        if self.folds.is_repeated(key, &intent, &Outcome::Done(0)) {
            return Ok(());
        }
        let (who, caller) =
            (intent.who, intent.caller.filter(|caller| caller.thread > 1 || caller.program > 1));
        self.trace.tell(|at| Event::Sleep { at, who, caller, time })
    }

    /// A call cannot go on yet.
    fn waits(&mut self, index: usize) -> Result<()> {
        let key = self.tracer.processes.threads[index].key;
        let fresh = match self.tracer.processes.threads[index].call() {
            Some(call) if call.pending.is_none() => Some(self.trace.call()?),
            _ => None,
        };
        let thread = &self.tracer.processes.threads[index];
        let Some(call) = thread.call() else { return Ok(()) };
        let pair =
            self.tracer.pair_before(index, call).or(call.pair).or_else(|| self.pair_to_be(index, call));
        let sends = self.owns(thread, call).then_some(pair).flatten();
        let Some(call) = self.tracer.processes.threads[index].call_mut() else { return Ok(()) };
        call.pair = pair;
        let is_fresh = fresh.is_some();
        let Some(mut pending) = fresh.or_else(|| call.pending.take()) else { return Ok(()) };
        let thread = &self.tracer.processes.threads[index];
        let Some(intent) = thread.call().and_then(|call| self.intent(thread, call)) else { return Ok(()) };
        self.unfold(key)?;
        if !is_fresh {
            self.trace.progress(&mut pending);
        }
        self.trace.waits(&mut pending, &intent, sends)?;
        if let Some(call) = self.tracer.processes.threads[index].call_mut() {
            call.pending = Some(pending);
        }
        Ok(())
    }

    /// Whether what comes meanwhile from this end of the connection is due to the call: it sleeps in
    /// the kernel, which sends for it.
    fn owns(&self, thread: &Thread, call: &Call) -> bool {
        let sends = matches!(&call.what, What::Network(network)
            if network.op == Op::Connect || network.op.kind() == Kind::Sends);
        sends && matches!(thread.state, State::Inside(_))
    }

    /// The connection that a `connect` is about to make.
    fn pair_to_be(&self, index: usize, call: &Call) -> Option<Pair> {
        let What::Network(network) = &call.what else { return None };
        let (Op::Connect, Some(number)) = (network.op, network.descriptor) else { return None };
        let own = self.tracer.tcp(index, number)?.own_address()?;
        let peer = network.args.iter().find_map(|arg| match arg {
            Arg::Address(address) => Some(*address),
            _ => None,
        })?;
        Some(match self.tracer.processes.threads[index].who() {
            Who::Client => (own, peer),
            Who::Server => (peer, own),
        })
    }
}
