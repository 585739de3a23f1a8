//! The director of a play of other people's programs: hears who has stopped where, lets one go on
//! after another, and waits with them when nobody can.

use std::io;
use std::os::fd::AsRawFd;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use super::cast::Cast;
use super::company::Company;
use super::task::{Held, State, Task, What};
use crate::error::{Error, Result};
use crate::event::{Arg, Caller, Event, Intent, Who};
use crate::stage::Pace;
use crate::trace::Trace;
use crate::tracee::ptrace::{self, Tid};
use crate::verdict::Verdict;

/// How long the director sleeps at most before it looks around: for frames that came by themselves,
/// for the end of the time that was set.
const TICK: Duration = Duration::from_millis(20);

/// How long a thread that was let go may take to be heard of before it is looked at.
const MOMENT: Duration = Duration::from_millis(1);

/// The director.
pub struct Director {
    /// Everybody who plays.
    pub company: Company,
    /// The record.
    pub trace: Trace,
    /// Who had its turn last.
    pub owner: Tid,
    /// Those who have not entered yet.
    pub cast: Cast,
    /// What happens before each call.
    pub pace: Pace,
    /// Whether everybody goes on at once, without a turn.
    pub free: bool,
    /// When the play ends at the latest.
    pub until: Option<Instant>,
    /// Whether somebody has pressed Ctrl-C.
    pub interrupted: Arc<AtomicBool>,
    /// Whether a socket of the server listens.
    pub listens: bool,
    /// How many connections the server has accepted.
    pub served: u32,
    /// Since when nothing has happened but time passing.
    pub still_since: Instant,
}

impl Director {
    /// Plays to the end.
    ///
    /// # Errors
    /// [`Error::Output`] when a picture cannot go on; [`Error::Watch`] when a program cannot be
    /// started or followed.
    pub fn play(&mut self) -> Result<Verdict> {
        self.enter(Who::Server)?;
        loop {
            if self.interrupted.load(Ordering::Relaxed) {
                return Ok(Verdict::Interrupted);
            }
            if self.until.is_some_and(|until| Instant::now() >= until) {
                return Ok(Verdict::TimeUp);
            }
            let mut heard = false;
            while let Some((tid, stop)) = ptrace::next_stop() {
                self.hear(tid, stop)?;
                heard = true;
            }
            if heard {
                continue;
            }
            if self.is_anybody_fresh() {
                self.sleep(MOMENT);
                continue;
            }
            if !self.is_settled() {
                self.sleep(MOMENT);
                continue;
            }
            if let Some(verdict) = self.turn()? {
                return Ok(verdict);
            }
        }
    }

    /// Brings the next program of a side on. False when there is none.
    pub fn enter(&mut self, who: Who) -> Result<bool> {
        let Some(started) = self.cast.start(who) else { return Ok(false) };
        let started = started.map_err(Error::Watch)?;
        if !self.company.has(who) {
            self.owner = started.pid;
        }
        self.company.enter(who, started);
        Ok(true)
    }

    /// Whether somebody who was let go has not been heard of; each is asked about but once.
    fn is_anybody_fresh(&mut self) -> bool {
        let mut found = false;
        for task in &mut self.company.tasks {
            let runs = matches!(task.state, State::Large | State::Inside(_)) && !task.stands;
            found |= std::mem::take(&mut task.fresh) && runs;
        }
        found
    }

    /// Sleeps until a program stops or prints, a signal comes, or the time has passed.
    pub fn sleep(&mut self, time: Duration) {
        let mut watched: Vec<_> = self
            .company
            .programs
            .iter()
            .filter(|program| program.ending.is_none())
            .map(|program| libc::pollfd {
                fd: program.terminal.as_raw_fd(),
                events: libc::POLLIN,
                revents: 0,
            })
            .collect();
        let timeout =
            libc::timespec { tv_sec: time.as_secs() as libc::time_t, tv_nsec: time.subsec_nanos().into() };
        // SAFETY: an empty set of signals is zeros; the list and the time are live. Signals come
        // through here and nowhere else, so that none is missed between the look and the sleep.
        unsafe {
            let none: libc::sigset_t = std::mem::zeroed();
            let count = watched.len() as libc::nfds_t;
            libc::ppoll(watched.as_mut_ptr(), count, &raw const timeout, &raw const none);
        }
        for entry in watched.into_iter().filter(|entry| entry.revents & libc::POLLIN != 0) {
            // What it says has been taken from the calls that said it.
            let mut gone = [0u8; 4096];
            // SAFETY: the buffer is live and as long as said.
            unsafe { libc::read(entry.fd, gone.as_mut_ptr().cast(), gone.len()) };
        }
    }

    /// Sleeps because nobody can go on, and shows what comes over the wire meanwhile.
    pub fn pass_time(&mut self, until: Option<Instant>) -> Result<()> {
        let time = until.map_or(TICK, |until| until.saturating_duration_since(Instant::now()).min(TICK));
        self.sleep(time.max(Duration::from_micros(100)));
        self.trace.arrivals()
    }

    /// What happens before each call. False when the play ended over it.
    ///
    /// # Errors
    /// [`Error::Input`] when Enter cannot be waited for.
    pub fn hold_back(&mut self) -> Result<bool> {
        let begun = Instant::now();
        loop {
            if self.interrupted.load(Ordering::Relaxed) {
                return Ok(false);
            }
            match self.pace {
                Pace::Free => return Ok(true),
                Pace::Every(time) if begun.elapsed() >= time => return Ok(true),
                Pace::Every(time) => self.sleep(TICK.min(time.saturating_sub(begun.elapsed()))),
                Pace::Step if is_pressed() => {
                    return io::stdin().read_line(&mut String::new()).map(|_| true).map_err(Error::Input);
                }
                Pace::Step => self.sleep(TICK),
            }
        }
    }

    /// What a thread is about to do, as an event has it.
    pub fn intent(&self, task: &Task, held: &Held) -> Option<Intent> {
        let program = &self.company.programs[task.program];
        let (args, descriptor) = match &held.what {
            What::Network(network) => (network.args.clone(), network.descriptor),
            What::Poll(poll) => (Vec::new(), poll.descriptor()),
            What::Exit(ptrace::Ending::Exit(code)) => (vec![Arg::Number(*code as u64)], None),
            _ => (Vec::new(), None),
        };
        let caller = Some(Caller {
            program: program.number,
            thread: task.number.unwrap_or(1),
            descriptor,
            connection: held.pair.and_then(|pair| self.trace.connection(pair)),
        });
        Some(Intent { who: program.who, caller, op: held.what.op()?, args })
    }

    /// Shows what a program has printed.
    pub fn show(&mut self, program: usize, lines: Vec<Vec<u8>>) -> Result<()> {
        let Some(speaker) = self.company.programs.get(program) else { return Ok(()) };
        let (who, number) = (speaker.who, speaker.number);
        let several = self.cast.has_several(who);
        lines.into_iter().try_for_each(|line| {
            self.trace.tell(|at| Event::Output { at, who, program: several.then_some(number), line })
        })
    }
}

/// Whether there is something to read at the standard input.
fn is_pressed() -> bool {
    let mut entry = libc::pollfd { fd: libc::STDIN_FILENO, events: libc::POLLIN, revents: 0 };
    // SAFETY: the pointer is to one live entry.
    unsafe { libc::poll(&raw mut entry, 1, 0) > 0 }
}

/// Lets the signals that the director lives by come through while it sleeps, and never otherwise.
///
/// # Errors
/// What sigaction(2) reports.
pub fn hear_signals() -> io::Result<()> {
    // Without a handler the end of a child's step would not end a sleep.
    let unused = Arc::new(AtomicBool::new(false));
    signal_hook::flag::register(libc::SIGCHLD, unused)?;
    // SAFETY: the set of signals is live.
    unsafe {
        let mut set: libc::sigset_t = std::mem::zeroed();
        libc::sigemptyset(&raw mut set);
        for signal in [libc::SIGCHLD, libc::SIGINT, libc::SIGTERM] {
            libc::sigaddset(&raw mut set, signal);
        }
        libc::sigprocmask(libc::SIG_BLOCK, &raw const set, std::ptr::null_mut());
    }
    Ok(())
}
