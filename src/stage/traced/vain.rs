//! What a thread has done in vain.

use super::schedule::{FIRST_LOOKS, LATER_LOOKS};
use super::thread::{State, Thread, What};
use crate::event::errno::Errno;
use crate::event::op::Kind;
use crate::event::{Arg, Intent, Op, Outcome, has_flag};

/// What a call was worth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Worth {
    /// Something has happened that others may have waited for.
    News,
    /// It was part of something, and nothing by itself.
    Part,
    /// It found nothing, and changed nothing.
    Nothing,
}

/// What a call was worth.
pub fn worth(intent: &Intent, outcome: &Outcome, connected: bool) -> Worth {
    let kind = intent.op.kind();
    match (kind, outcome) {
        (_, Outcome::Killed(_)) => Worth::News,
        (Kind::Closes, Outcome::Done(_)) if connected || intent.op == Op::Exit => Worth::News,
        (Kind::Asks, _) | (_, Outcome::Failed(_)) => Worth::Nothing,
        (Kind::Polls, Outcome::Done(0)) => Worth::Nothing,
        (Kind::Receives, _) if intent.has_flag("MSG_PEEK") => Worth::Nothing,
        (Kind::Receives, Outcome::Received(bytes)) if bytes.is_empty() => Worth::Nothing,
        (Kind::Sends, Outcome::Done(0)) => Worth::Nothing,
        (Kind::Sends | Kind::Receives, _) => Worth::News,
        (Kind::Acts, _) if matches!(intent.op, Op::Accept | Op::Connect | Op::Bind | Op::Listen) => {
            Worth::News
        }
        (Kind::Acts, _) if intent.op == Op::Shutdown && connected => Worth::News,
        (Kind::Acts | Kind::Closes | Kind::Polls | Kind::Waits, _) => Worth::Part,
    }
}

/// What a thread has done in vain since something happened.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Vain {
    /// How many times it has looked.
    pub looks: u32,
    /// Whether it has done so as often as it may at first.
    pub spins: bool,
    /// How many times time has passed for it since.
    pub steps: u32,
    /// Whether a time limit of its own has been over.
    pub lapsed: bool,
    /// The call that found nothing last.
    pub op: Option<Op>,
    /// The one before that was another.
    pub before: Option<Op>,
    /// Whether one of them found the end of the stream.
    pub ended: bool,
    /// Whether its last call was one that said that something is ready.
    pub was_ready: bool,
    /// How many calls have waited in vain since it has printed something.
    pub waits: u32,
}

impl Vain {
    /// The call by which it is told what it does in vain: the one that found the end, if one did.
    pub fn told_op(&self) -> Option<Op> {
        let found_end = |op: &&Op| self.ended && op.kind() == Kind::Receives;
        let ops = [self.op, self.before];
        ops.iter().flatten().find(found_end).copied().or(self.op)
    }

    /// Another call has found nothing.
    pub fn looked(&mut self, op: Op, outcome: &Outcome) {
        // A connection that is refused costs more than a look.
        self.looks += match outcome {
            Outcome::Failed(Errno::ConnRefused) => 20,
            _ => 1,
        };
        self.spins |= self.looks >= FIRST_LOOKS;
        if self.op != Some(op) {
            self.before = self.op.replace(op);
        }
        self.ended |= matches!(outcome, Outcome::Received(_));
        self.was_ready = false;
    }

    /// Something was ready, and was perhaps ready before.
    pub fn was_told(&mut self) {
        if std::mem::replace(&mut self.was_ready, true) {
            self.looks += 1;
            self.spins |= self.looks >= FIRST_LOOKS;
        }
    }

    /// Time has passed: it may look again.
    pub fn time_has_passed(&mut self) {
        // Whoever has looked often enough for time to pass does nothing but look.
        self.steps += u32::from(self.looks >= LATER_LOOKS);
        self.looks = if self.spins { 0 } else { self.looks.min(LATER_LOOKS) };
    }

    /// Whether what a thread is about to do found nothing before, and cannot find anything now.
    pub fn is_again(&self, thread: &Thread) -> bool {
        let State::Held(call) = &thread.state else { return false };
        if self.looks == 0 {
            return false;
        }
        match &call.what {
            What::Network(network) => match network.op.kind() {
                Kind::Asks => true,
                Kind::Receives if has_flag(&network.args, "MSG_PEEK") => true,
                Kind::Receives => self.ended,
                _ => network.needs.is_none() && [self.op, self.before].contains(&Some(network.op)),
            },
            What::Poll(_) => self.was_ready && self.spins,
            What::Pass
            | What::Take { .. }
            | What::Print(_)
            | What::Sleep { .. }
            | What::Wait(_)
            | What::Exit(_) => false,
        }
    }
}

/// Whether two calls are the same to whoever reads them.
pub fn is_same(one: (&Intent, &Outcome), other: (&Intent, &Outcome)) -> bool {
    if one.0.op.kind() == Kind::Polls && *one.1 == Outcome::Failed(Errno::Intr) {
        // After a signal the time that is left is a little shorter each time.
        let called = |call: (&Intent, &Outcome)| (call.0.who, call.0.caller, call.0.op);
        return called(one) == called(other) && one.1 == other.1;
    }
    let bytes = |arg: &Arg| matches!(arg, Arg::Bytes(_));
    one == other && !one.0.args.iter().any(bytes)
}
