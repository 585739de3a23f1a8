//! The scheduler of a play: it sees what everybody is able to do, decides whose turn it is, and has
//! the tracer let them go on. What it hears, it puts into the record.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use super::cast::Cast;
use super::choice::{Choices, ThreadKey};
use super::fold::Folds;
use super::input::{self, hold_back};
use super::log;
use super::passing::Passing;
use super::schedule::{Decision, End, Flight, Go, decide, next_limit};
use super::streams::Streams;
use super::thread::{State, What};
use super::tracer::{Calm, Heard, Tracer};
use super::vain::Vain;
use crate::event::error::{Error, Result};
use crate::event::verdict::Verdict;
use crate::event::{Nanos, Who};
use crate::linux::tracee::ptrace::{self, Tid};
use crate::sniff::stdout::Outlet;
use crate::stage::options::Pace;
use crate::stage::trace::Trace;

/// How long what has happened may be kept back before it is shown.
const SHOWN: Duration = Duration::from_millis(50);

/// How often the processor is left to those who run before time is.
const YIELDS: u32 = 3;

/// How late somebody is woken whose time limit is over, as in the kernel, which never wakes anybody on
/// the stroke: a program that asks whether its own limit is *over* would find that it is not yet.
pub const LATE: Nanos = 1;

/// The scheduler.
pub struct Scheduler {
    /// Everybody who plays.
    pub tracer: Tracer,
    /// The record.
    pub trace: Trace,
    /// Who chooses where several can go on.
    pub choices: Box<dyn Choices>,
    /// Who had its turn last.
    pub last: Option<ThreadKey>,
    /// Those who have not begun.
    pub cast: Cast,
    /// What happens before each call.
    pub pace: Pace,
    /// When the play ends at the latest.
    pub until: Option<Instant>,
    /// Whether somebody has pressed Ctrl-C.
    pub interrupted: Arc<AtomicBool>,
    /// Whether the peers of those who play are elsewhere.
    pub alone: bool,
    /// Whether whoever comes to its end keeps its sockets open until everybody has.
    pub keeps_exits: bool,
    /// Whether a socket of the server listens.
    pub listens: bool,
    /// The listeners at which nobody was when they were asked last, as `/proc` calls them.
    pub empty: BTreeSet<String>,
    /// How many connections the server has accepted.
    pub served: u32,
    /// Since when nothing has happened.
    pub still: Still,
    /// Who has looked in vain since.
    pub vain: BTreeMap<ThreadKey, Vain>,
    /// Calls that repeat themselves.
    pub folds: Folds,
    /// Which bytes came from which call.
    pub streams: Streams,
    /// Who asked last whether anything is on its way, and what the answer was: kept until somebody
    /// goes on.
    pub asked: Option<Flight>,
    /// Whether something was, when it was asked last.
    pub in_flight: bool,
    /// Where the picture goes.
    pub outlet: Outlet,
    /// When it went there last.
    pub released: Instant,
    /// Whether the play goes on when nobody reads the picture: there is another one, in a file, or
    /// somebody is served.
    pub outlives: bool,
    /// How many times in a row somebody was seen to run.
    pub runs: u32,
    /// Whether time has passed by itself since anybody went on.
    pub waited: bool,
    /// While time passes by itself: since when.
    pub passing: Option<Passing>,
}

/// Since when nothing has happened.
#[derive(Clone, Copy, Debug)]
pub struct Still {
    /// In the play's time.
    pub since: Nanos,
    /// On the machine's clock.
    pub real: Instant,
    /// How many have woken up in vain since.
    pub lapses: u32,
    /// How many lines were printed since.
    pub lines: u32,
}

impl Still {
    /// From now on.
    pub fn new(now: Nanos) -> Still {
        Still { since: now, real: Instant::now(), lapses: 0, lines: 0 }
    }
}

impl Scheduler {
    /// Plays to the end.
    ///
    /// # Errors
    /// [`Error::Output`] when a picture cannot go on; [`Error::Watch`] when a program cannot be
    /// started or followed.
    pub fn play(&mut self) -> Result<Verdict> {
        self.enter(Who::Server)?;
        loop {
            if let Some(verdict) = self.is_called_off() {
                self.unfold_all()?;
                return Ok(verdict);
            }
            self.weather()?;
            if let Some((tid, stop)) = self.tracer.next_stop() {
                self.runs = 0;
                if Some(tid) == self.tracer.world.first_process() {
                    continue;
                }
                log::say(|| format!("stop {tid} {stop:?}"));
                if std::mem::take(&mut self.waited) {
                    // What it slept for has come by itself, before it woke up.
                    self.weather()?;
                    self.comes()?;
                }
                let heard = self.tracer.hear(tid, stop);
                self.weather()?;
                self.hears(heard)?;
                continue;
            }
            match self.tracer.calm() {
                Calm::Runs => self.lets_them_run()?,
                Calm::Computes { tid, long } => {
                    if let Some(verdict) = self.turn(Some((tid, long)))? {
                        return Ok(verdict);
                    }
                }
                Calm::Still => {
                    self.runs = 0;
                    if let Some(verdict) = self.turn(None)? {
                        return Ok(verdict);
                    }
                }
            }
        }
    }

    /// Whether the play ends for a reason that lies outside of it.
    fn is_called_off(&mut self) -> Option<Verdict> {
        if self.interrupted.load(Ordering::Relaxed) {
            return Some(Verdict::Interrupted);
        }
        let over = self.until.is_some_and(|until| Instant::now() >= until);
        over.then(|| Verdict::TimeOver { waiting: self.waiting() })
    }

    /// Lets the picture out as far as it is. Only a play that goes step by step waits for its reader.
    ///
    /// # Errors
    /// [`Error::Output`] when nobody reads it any more, and no file has it.
    pub fn release(&mut self) -> Result<()> {
        self.released = Instant::now();
        match self.pace {
            Pace::Free => self.is_out(self.outlet.offer()),
            Pace::Step | Pace::Every(_) => self.release_all(),
        }
    }

    /// Lets all of the picture out.
    ///
    /// # Errors
    /// As for [`Scheduler::release`].
    pub fn release_all(&self) -> Result<()> {
        self.is_out(self.outlet.release())
    }

    fn is_out(&self, written: io::Result<()>) -> Result<()> {
        match written {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe && self.outlives => Ok(()),
            other => other.map_err(Error::Output),
        }
    }

    /// Somebody runs: until it is heard of, or a tick of the clock. All are on one processor, so that
    /// whoever is about to sleep will do so when it is left to them.
    fn lets_them_run(&mut self) -> Result<()> {
        self.runs += 1;
        if self.runs <= YIELDS {
            std::thread::yield_now();
            return Ok(());
        }
        self.tracer.processes.drain_terminals();
        self.release()?;
        input::sleep(input::MOMENT);
        Ok(())
    }

    /// Brings the next program of a side on.
    fn enter(&mut self, who: Who) -> Result<()> {
        let setting = self.tracer.setting();
        let Some(started) = self.cast.start(who, setting) else { return Ok(()) };
        self.tracer.enter(who, started.map_err(Error::Watch)?);
        self.news();
        Ok(())
    }

    /// Something has happened: whoever has waited or looked in vain may find something now.
    pub fn news(&mut self) {
        self.still = Still::new(self.tracer.clock.now());
        self.vain.clear();
    }

    /// Lets somebody go on, or time pass. The verdict, when nothing of that can help. Beside somebody who
    /// computes time goes by itself, until that has been for long.
    fn turn(&mut self, beside: Option<(Tid, bool)>) -> Result<Option<Verdict>> {
        self.tracer.world.release_port();
        self.weather()?;
        if self.tracer.let_signals_through(false) {
            return Ok(None);
        }
        self.trace.set_time(self.tracer.clock.is_held().then(|| self.tracer.clock.now()));
        let view = self.view();
        self.announce(&view)?;
        let decision = decide(&view, self.choices.as_mut());
        log::say(|| format!("{decision:?} at {} of {:?}", view.now, view.threads));
        match decision {
            Decision::Let(key, go) => self.lets(key, go)?,
            Decision::Enter => {
                let who = Who::Client;
                self.begins();
                self.enter(who)?;
            }
            _ if beside.is_some_and(|(_, long)| !long) => self.lets_them_run()?,
            // Whoever has said how long the play may take knows of programs that compute for long.
            Decision::Over(_) if beside.is_some() && self.until.is_some() => self.lets_them_run()?,
            Decision::Ask => {
                // Somebody who is held takes no notice of a signal before it goes on.
                if !self.tracer.let_signals_through(true) {
                    let flight = self.tracer.flight();
                    (self.asked, self.in_flight) = (Some(flight), flight == Flight::Yes);
                }
            }
            Decision::Jump(to) if self.tracer.clock.is_held() => self.jumps(to),
            Decision::Jump(to) => {
                let time = to.saturating_sub(view.now);
                self.passes(Some(Duration::from_nanos(time)), None)?;
            }
            Decision::Wait => self.passes(None, next_limit(&view))?,
            Decision::Over(end) => {
                self.announce_all()?;
                return Ok(Some(match beside {
                    Some((tid, _)) => self.computes(tid),
                    None => self.verdict(end),
                }));
            }
        }
        Ok(None)
    }

    /// Somebody goes on: what was asked is not known any more, and time does not pass by itself, but for
    /// the kernel's timers, which run on.
    fn begins(&mut self) {
        (self.asked, self.waited) = (None, false);
        if !self.in_flight {
            self.passing = None;
        }
    }

    /// Time jumps: whoever has looked in vain so far may look again.
    fn jumps(&mut self, to: Nanos) {
        self.passing = None;
        self.tracer.advance(to.saturating_add(LATE));
        self.still.lapses += 1;
        for vain in self.vain.values_mut() {
            vain.time_has_passed();
        }
    }

    /// A thread goes on.
    fn lets(&mut self, key: ThreadKey, go: Go) -> Result<()> {
        let Some(index) = self.tracer.processes.find_key(key) else { return Ok(()) };
        self.begins();
        if go == Go::Lapse {
            self.vain.entry(key).or_default().lapsed = true;
            let heard = self.tracer.lapse(index);
            return self.hears(heard);
        }
        let thread = &self.tracer.processes.threads[index];
        let calls = thread.held().is_some_and(|call| matches!(call.what, What::Network(_)));
        if self.pace != Pace::Free || self.released.elapsed() >= SHOWN {
            self.release()?;
        }
        let thread = &self.tracer.processes.threads[index];
        if calls && !hold_back(self.pace, &self.interrupted)? {
            return Ok(());
        }
        self.last = Some(key);
        if !matches!(thread.state, State::Back(_)) {
            self.begin_call(index)?;
        }
        self.trace.closes(self.tracer.aborts(index));
        let heard = self.tracer.let_go(index);
        self.hears(heard)
    }

    /// Puts what was heard into the record, and lets its thread go on.
    fn hears(&mut self, heard: Heard) -> Result<()> {
        match heard {
            Heard::Nothing => {}
            Heard::Calls(index) => {
                if self.pace != Pace::Free {
                    self.release()?;
                }
                if !hold_back(self.pace, &self.interrupted)? {
                    return Ok(());
                }
                self.begin_call(index)?;
                let heard = self.tracer.let_go(index);
                return self.hears(heard);
            }
            Heard::Returned { thread, call, outcome, socket } => {
                let tid = self.tid(thread);
                self.record(thread, call, outcome, socket.as_deref())?;
                self.tracer.go_on(tid, 0);
            }
            Heard::Printed { thread, bytes, more } => {
                let tid = self.tid(thread);
                self.printed(thread, &bytes, more)?;
                self.tracer.go_on(tid, 0);
            }
            Heard::Ended { thread, exit, rest } => {
                self.ended(*thread, exit, rest)?;
                self.news();
            }
        }
        Ok(())
    }

    fn tid(&self, index: usize) -> Tid {
        self.tracer.processes.threads[index].tid
    }

    /// Somebody computes for long, and the others wait.
    fn computes(&mut self, tid: Tid) -> Verdict {
        let key = self.tracer.processes.find(tid).map(|index| self.tracer.processes.threads[index].key);
        self.last = key.or(self.last);
        self.verdict(End::Spins)
    }
}

/// Lets the signals that the scheduler lives by break off its waiting.
///
/// # Errors
/// What sigaction(2) or setitimer(2) reports.
pub fn tick() -> io::Result<()> {
    ptrace::tick(input::MOMENT)
}
