//! What is put into the record: calls as they begin and return, and who ends.

use super::fold::Folded;
use super::processes::Failure;
use super::scheduler::Scheduler;
use super::thread::{Call, Thread, What};
use super::vain::{Worth, worth};
use crate::event::errno::Errno;
use crate::event::error::Result;
use crate::event::op::Kind;
use crate::event::{Arg, Caller, Event, Intent, Op, Outcome, Who, span};
use crate::linux::sock_diag;
use crate::linux::tracee::descriptor::{Descriptor, Kind as DescriptorKind};
use crate::linux::tracee::ptrace::Ending;
use crate::linux::tracee::waits::Limit;
use crate::stage::ends::Pair;

impl Scheduler {
    /// A call is made.
    pub fn begin_call(&mut self, index: usize) -> Result<()> {
        let thread = &self.tracer.processes.threads[index];
        let Some(call) = thread.call() else { return Ok(()) };
        if !matches!(call.what, What::Network(_) | What::Exit(_)) && call.pending.is_none() {
            // A call that waits for descriptors and need not wait is not worth telling.
            return Ok(());
        }
        let pair = self.tracer.pair_before(index, call).or(call.pair);
        self.trace.focus(pair);
        let waits = call.pending.is_some();
        let pending = if waits { None } else { Some(self.trace.call()?) };
        if waits {
            self.trace.arrivals()?;
        }
        let now = self.trace.now();
        if let Some(call) = self.tracer.processes.threads[index].call_mut() {
            call.pair = pair;
            match (&mut call.pending, pending) {
                (Some(pending), _) => pending.resumed(now),
                (place, fresh) => *place = fresh,
            }
        }
        Ok(())
    }

    /// A call that is in the record has returned.
    pub fn record(
        &mut self,
        index: usize,
        mut call: Call,
        outcome: Outcome,
        socket: Option<&Descriptor>,
    ) -> Result<()> {
        let thread = &self.tracer.processes.threads[index];
        let (key, who) = (thread.key, thread.who());
        let Some(intent) = self.intent(thread, &call) else { return Ok(()) };
        if intent.op.kind() == Kind::Waits && call.pending.is_none() {
            return Ok(());
        }
        let said_ready = intent.op.kind() == Kind::Polls && matches!(outcome, Outcome::Done(1..));
        if said_ready && call.pending.is_none() {
            self.note(index, &call, &intent, &outcome, socket);
            self.vain.entry(key).or_default().was_told();
            return Ok(());
        }
        self.trace.focus(call.pair);
        self.note(index, &call, &intent, &outcome, socket);
        let worth = worth(&intent, &outcome, call.pair.is_some());
        let mut pending = match call.pending.take() {
            Some(pending) => pending,
            None => self.trace.call()?,
        };
        self.trace.fetch(&mut pending);
        let waited = pending.waited;
        match worth {
            Worth::News => {
                self.unfold(key)?;
                self.news();
            }
            _ => {
                if worth == Worth::Nothing {
                    let vain = self.vain.entry(key).or_default();
                    vain.looked(intent.op, &outcome);
                    vain.waits += u32::from(waited);
                }
                let folds = !waited && !said_ready && pending.segments.is_empty() && worth == Worth::Nothing;
                let looks = matches!(&call.what, What::Poll(poll) if poll.is_look());
                if folds && looks && self.folds.is_look(key, &intent, &outcome) {
                    self.trace.forget(pending);
                    return Ok(());
                }
                if worth == Worth::Nothing {
                    self.folds.leave_look(key, &intent, &outcome);
                }
                if !folds || self.folds.ends_row(key, &intent, &outcome) {
                    self.unfold(key)?;
                }
                if folds && self.folds.is_repeated(key, &intent, &outcome) {
                    self.trace.forget(pending);
                    return Ok(());
                }
            }
        }
        self.follow_bytes(call.pair, who, pending.id, &intent, &outcome);
        if intent.op.kind() != Kind::Asks {
            self.tracer.processes.threads[index].last = Some((pending.id, intent.op, outcome.number()));
        }
        let socket = socket.filter(|socket| socket.kind == DescriptorKind::Tcp);
        match socket {
            Some(socket) => {
                let state = || sock_diag::state_of(&socket.socket());
                self.trace.returned(pending, intent, outcome, Some(&state))
            }
            None => self.trace.returned(pending, intent, outcome, None),
        }
    }

    /// Notes what a call leaves behind that a verdict will need.
    fn note(
        &mut self,
        index: usize,
        call: &Call,
        intent: &Intent,
        outcome: &Outcome,
        socket: Option<&Descriptor>,
    ) {
        let thread = &self.tracer.processes.threads[index];
        let program = &mut self.tracer.processes.programs[thread.program];
        let error = match outcome {
            Outcome::Failed(error) => Some(*error),
            // Whoever waits for a descriptor with a time limit makes an error of that by itself.
            Outcome::Done(0) if intent.op.kind() == Kind::Polls && call.limit != Some(0) => {
                Some(Errno::Again)
            }
            _ => None,
        };
        let failure = error.map(|error| Failure {
            op: intent.op,
            error,
            limit: call.limit.filter(|_| call.deadline.is_none()),
            address: intent.args.iter().find_map(|arg| match arg {
                Arg::Address(address) => Some(*address),
                _ => None,
            }),
            state: socket.and_then(|socket| Some(socket.info()?.state)),
            key: thread.key,
        });
        program.note(thread.key, intent.op, failure);
        if program.who == Who::Server {
            self.listens |= intent.op == Op::Listen && matches!(outcome, Outcome::Done(_));
            if let (Op::Accept | Op::Listen, Some(socket)) = (intent.op, socket) {
                match error {
                    Some(Errno::Again) => self.empty.insert(socket.name.clone()),
                    _ => self.empty.remove(&socket.name),
                };
            }
            self.served += u32::from(intent.op == Op::Accept && !matches!(outcome, Outcome::Failed(_)));
        }
    }

    /// Which bytes a call has moved.
    fn follow_bytes(&mut self, pair: Option<Pair>, who: Who, id: u32, intent: &Intent, outcome: &Outcome) {
        let Some(pair) = pair else { return };
        match (intent.op.kind(), outcome) {
            (Kind::Sends, Outcome::Done(bytes @ 1..)) => {
                self.streams.sent(pair, who, id, u64::try_from(*bytes).unwrap_or(0));
            }
            (Kind::Sends, Outcome::Messages(_, bytes)) => {
                self.streams.sent(pair, who, id, bytes.length as u64)
            }
            (Kind::Receives, _) if intent.has_flag("MSG_PEEK") => {}
            (Kind::Receives, Outcome::Received(bytes) | Outcome::Messages(_, bytes)) if bytes.length > 0 => {
                self.streams.received(pair, who, id, bytes.length as u64);
            }
            _ => {}
        }
    }

    /// What a thread is about to do, as an event has it.
    pub fn intent(&self, thread: &Thread, call: &Call) -> Option<Intent> {
        let program = &self.tracer.processes.programs[thread.program];
        let args = match &call.what {
            What::Network(network) => network.args.clone(),
            What::Poll(poll) => limit(poll.limit).into_iter().collect(),
            What::Exit(Ending::Exit(code)) => vec![Arg::Number(*code as u64)],
            What::Sleep { time, .. } => vec![Arg::Number(*time)],
            _ => Vec::new(),
        };
        // Which of its threads is the last one when a process ends is chance.
        let leader =
            self.tracer.processes.find(thread.process).map(|index| &self.tracer.processes.threads[index]);
        let named = leader.filter(|_| matches!(call.what, What::Exit(_))).unwrap_or(thread);
        let caller = Some(Caller {
            program: program.number,
            thread: named.number.or(thread.number).unwrap_or(1),
            descriptor: call.descriptor(),
            connection: call.pair.and_then(|pair| self.trace.connection(pair)),
        });
        Some(Intent { who: program.who, caller, op: call.what.op()?, args })
    }

    /// Tells what is left of calls that repeated themselves.
    pub fn unfold(&mut self, key: super::choice::ThreadKey) -> Result<()> {
        let Some(Folded { untold, calls, times, rest }) = self.folds.end(key) else { return Ok(()) };
        if let Some((intent, outcome)) = untold {
            self.tell_late(intent, outcome)?;
        }
        if times > 0 {
            let (who, program) = (key.who, self.cast.has_several(key.who).then_some(key.program));
            self.trace.tell(|at| Event::Repeated { at, who, program, calls: calls as u64, times })?;
        }
        for (intent, outcome) in rest {
            if intent.op == Op::Nanosleep {
                continue;
            }
            self.tell_late(intent, outcome)?;
        }
        Ok(())
    }

    /// The same for everybody.
    pub fn unfold_all(&mut self) -> Result<()> {
        self.folds.keys().into_iter().try_for_each(|key| self.unfold(key))
    }

    /// Tells of a call that came to nothing, after it was made.
    fn tell_late(&mut self, intent: Intent, outcome: Outcome) -> Result<()> {
        let pending = self.trace.call()?;
        self.trace.returned(pending, intent, outcome, None)
    }

    /// A thread is no more.
    pub fn ended(
        &mut self,
        thread: Thread,
        exit: Option<(Call, Outcome)>,
        rest: Option<Vec<u8>>,
    ) -> Result<()> {
        self.unfold(thread.key)?;
        self.trace.focus(None);
        if let Some((mut call, outcome)) = exit
            && let Some(intent) = self.intent(&thread, &call)
        {
            let pending = match call.pending.take() {
                Some(pending) => pending,
                None => self.trace.call()?,
            };
            self.trace.returned(pending, intent, outcome, None)?;
        } else if let Some(pending) = thread.call().and_then(|call| call.pending.as_ref()) {
            self.trace.abandon(pending.id);
        }
        self.show(thread.program, rest.into_iter().collect())
    }
}

/// The time limit of a call that waits for descriptors: milliseconds as poll(2) has them; nothing for
/// one that has none.
fn limit(limit: Limit) -> Option<Arg> {
    match limit {
        Limit::Never => None,
        Limit::In(0) => Some(Arg::Number(0)),
        Limit::In(time) | Limit::At(_, time) => Some(Arg::Word(span(time).into())),
    }
}
