//! What is put into the record: calls as they begin, wait and return, what is printed, and who ends.

use super::fold::Folded;
use super::processes::Failure;
use super::schedule::{Ability, View};
use super::scheduler::Scheduler;
use super::thread::{Call, State, Thread, What};
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

/// How many lines may be printed before that is not something that happens any more.
const MANY_LINES: u32 = 1000;

/// After so many waits in vain of one thread, which has printed nothing meanwhile, the next are counted.
const MANY_WAITS: u32 = 8;

/// From this time on, in nanoseconds, a sleep is shown.
const SHOWN: u64 = 1_000_000;

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

    /// A thread has printed.
    pub fn printed(&mut self, index: usize, bytes: &[u8], more: u64) -> Result<()> {
        let thread = &self.tracer.processes.threads[index];
        let program = thread.program;
        if let Some(vain) = self.vain.get_mut(&thread.key) {
            vain.waits = 0;
        }
        let mut lines = self.tracer.processes.programs[program].screen.print(bytes);
        if more > 0 {
            lines.push(format!("[… {more} bytes more]").into_bytes());
        }
        if self.still.lines < MANY_LINES && !lines.is_empty() {
            // Whoever looks in vain and says so each time still looks in vain.
            let printed = self.still.lines + lines.len() as u32;
            let vain = std::mem::take(&mut self.vain);
            self.news();
            (self.vain, self.still.lines) = (vain, printed);
        }
        self.show(program, lines)
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

    /// Shows what a program has printed.
    fn show(&mut self, program: usize, lines: Vec<Vec<u8>>) -> Result<()> {
        let Some(speaker) = self.tracer.processes.programs.get(program) else { return Ok(()) };
        let (who, number) = (speaker.who, speaker.number);
        let several = self.cast.has_several(who);
        lines.into_iter().try_for_each(|line| {
            self.trace.tell(|at| Event::Output { at, who, program: several.then_some(number), line })
        })
    }

    /// The questions that programs have asked without ending the line: they are about to wait.
    fn show_unfinished_lines(&mut self) -> Result<()> {
        for program in 0..self.tracer.processes.programs.len() {
            let writes = self.tracer.processes.threads.iter().any(|thread| {
                thread.program == program
                    && thread.held().is_some_and(|call| matches!(call.what, What::Print(_)))
            });
            if !writes && let Some(line) = self.tracer.processes.programs[program].screen.rest() {
                self.show(program, vec![line])?;
            }
        }
        Ok(())
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
