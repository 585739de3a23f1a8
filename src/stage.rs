//! The stage: both sides play on it as threads over real kernel sockets, and only the one that
//! holds the baton makes a call. Where a side plays alone, against a program elsewhere, it keeps
//! the baton, and waiting is real.

use std::io;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::errno::Errno;
use crate::error::{Error, Result};
use crate::event::{CallId, Event, Intent, Op, Outcome, Who};
use crate::play::Play;
use crate::player::{Player, is_ready};
use crate::poll::{Interest, poll};

use crate::blame::Pending;
use crate::trace::Trace;
use crate::venue::{Need, Request, Venue};

/// How often a real wait looks up: for Ctrl-C, and for what came over the wire meanwhile.
const TICK: Duration = Duration::from_millis(50);

/// How long a client that plays alone waits for a silent server.
const PATIENCE: Duration = Duration::from_secs(30);

/// How long a server that plays alone waits for a client: its person may be typing.
const PATIENCE_WITH_CLIENT: Duration = Duration::from_secs(300);

/// The same while another client is waiting to be accepted.
const PATIENCE_WITH_RIVAL: Duration = Duration::from_secs(1);

/// How many sockets that were not closed a side that plays alone keeps open.
const MOST_KEPT: usize = 16;

/// What happens before each call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pace {
    /// Nothing: as fast as it goes.
    Free,
    /// A pause of this length.
    Every(Duration),
    /// Enter has to be pressed.
    Step,
}

/// The stage.
pub struct Stage {
    play: Mutex<Play>,
    turn: Condvar,
    pace: Pace,
    interrupted: Arc<AtomicBool>,
}

impl Stage {
    /// A stage for these ends, of which the server begins. The play ends early once `interrupted`
    /// is set.
    pub fn new(trace: Trace, cast: &[Who], pace: Pace, interrupted: Arc<AtomicBool>) -> Stage {
        Stage { play: Mutex::new(Play::new(trace, cast)), turn: Condvar::new(), pace, interrupted }
    }

    /// A side has come to the end of its part. One that failed takes the play with it: its program
    /// would be gone, and what the other does then is another lesson.
    ///
    /// # Errors
    /// [`Error::Output`] when a picture cannot go on.
    pub fn leave(&self, who: Who, failed: bool) -> Result<()> {
        let mut play = self.lock();
        play.players[who as usize] = Player::Done;
        if failed {
            play.over = true;
            self.turn.notify_all();
        }
        if play.over || play.baton != who {
            return Ok(());
        }
        self.pass(&mut play, who)
    }

    /// Ends the play, and its record.
    ///
    /// # Errors
    /// [`Error::Deadlock`] if that is how it ended; [`Error::Output`] when a picture cannot be
    /// ended.
    pub fn end(&self) -> Result<()> {
        let mut play = self.lock();
        play.over = true;
        self.turn.notify_all();
        play.trace.end()?;
        if play.deadlock { Err(Error::Deadlock) } else { Ok(()) }
    }

    fn lock(&self) -> MutexGuard<'_, Play> {
        self.play.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for the baton.
    fn take_turn(&self, who: Who) -> Result<MutexGuard<'_, Play>> {
        let mut play = self.lock();
        while !play.over && play.baton != who {
            play = self.turn.wait(play).unwrap_or_else(PoisonError::into_inner);
        }
        if play.over {
            return Err(Error::Curtain);
        }
        play.players[who as usize] = Player::Playing;
        Ok(play)
    }

    /// Hands the baton on, and wakes whoever got it.
    fn pass(&self, play: &mut Play, who: Who) -> Result<()> {
        let passed = play.pass(who, || self.interrupted.load(Ordering::Relaxed));
        self.turn.notify_all();
        passed
    }

    /// Waits until `who` can go on: for the baton on a stage of two, for real on a stage of one.
    /// `None` when the caller's own patience ran out.
    fn wait<'a>(
        &'a self,
        mut play: MutexGuard<'a, Play>,
        who: Who,
        (op, id): (Op, CallId),
        need: &Need,
    ) -> Result<Option<MutexGuard<'a, Play>>> {
        if play.is_solo(who) {
            return self.wait_alone(play, op, need);
        }
        let until = need.patience.map(|patience| Instant::now() + patience);
        loop {
            play.players[who as usize] = Player::Waiting { op, id, need: need.clone(), until };
            self.pass(&mut play, who)?;
            drop(play);
            play = self.take_turn(who)?;
            if is_ready(&need.socket, need.interest) {
                return Ok(Some(play));
            }
            if until.is_some_and(|until| Instant::now() >= until) {
                return Ok(None);
            }
        }
    }

    fn wait_alone<'a>(
        &'a self,
        mut play: MutexGuard<'a, Play>,
        op: Op,
        need: &Need,
    ) -> Result<Option<MutexGuard<'a, Play>>> {
        let begun = Instant::now();
        let rests = op == Op::Accept;
        loop {
            let ready = poll(&[(&need.socket, need.interest)], TICK.min(need.patience.unwrap_or(TICK)));
            play.trace.arrivals()?;
            if ready.is_ok_and(|ready| ready[0]) {
                return Ok(Some(play));
            }
            if self.interrupted.load(Ordering::Relaxed) {
                play.over = true;
                return Err(Error::Curtain);
            }
            let waited = begun.elapsed();
            if need.patience.is_some_and(|patience| waited >= patience) {
                return Ok(None);
            }
            let limit = match &need.rival {
                Some(listener) if is_ready(listener, Interest::Read) => PATIENCE_WITH_RIVAL,
                Some(_) => PATIENCE_WITH_CLIENT,
                None => PATIENCE,
            };
            if !rests && need.patience.is_none() && waited >= limit {
                return Err(Error::Silence { op, seconds: waited.as_secs() });
            }
        }
    }

    fn hold_back(&self) -> io::Result<()> {
        match self.pace {
            Pace::Free => Ok(()),
            Pace::Every(time) => {
                let begun = Instant::now();
                while begun.elapsed() < time && !self.interrupted.load(Ordering::Relaxed) {
                    std::thread::sleep(TICK.min(time));
                }
                Ok(())
            }
            Pace::Step => io::stdin().read_line(&mut String::new()).map(drop),
        }
    }
}

impl Venue for Stage {
    fn perform(&self, request: Request<'_>) -> Result<Outcome> {
        let Request { intent, need, socket, make } = request;
        let op = intent.op;
        let mut play = self.take_turn(intent.who)?;
        self.hold_back().map_err(Error::Input)?;
        if self.interrupted.load(Ordering::Relaxed) {
            play.over = true;
            return Err(Error::Curtain);
        }
        let mut pending = play.trace.call()?;
        loop {
            if let Some(need) = &need
                && !is_ready(&need.socket, need.interest)
            {
                play.trace.waits(&mut pending, &intent, None)?;
                let resumed = self.wait(play, intent.who, (op, pending.id), need);
                play = match resumed {
                    Ok(Some(play)) => play,
                    Err(error) if !matches!(error, Error::Silence { .. }) => return Err(error),
                    silence => {
                        let outcome =
                            returned(self.lock(), pending, intent, Outcome::Silence, socket.as_deref())?;
                        return silence.map(|_| outcome);
                    }
                };
                play.trace.arrivals()?;
                pending.resumed(play.trace.now());
            }
            match make() {
                Ok(Some(outcome)) => return returned(play, pending, intent, outcome, socket.as_deref()),
                Ok(None) => play.trace.progress(&mut pending),
                Err(source) => {
                    let outcome = Outcome::Failed(Errno::of(&source));
                    returned(play, pending, intent, outcome, socket.as_deref())?;
                    return Err(Error::Call { op, address: None, source });
                }
            }
        }
    }

    fn keep(&self, who: Who, socket: Arc<socket2::Socket>) {
        let mut play = self.lock();
        play.kept.push_back(socket);
        // A server that plays alone, for a long evening, cannot keep every client's socket.
        if play.is_solo(who) && play.kept.len() > MOST_KEPT {
            let intent = Intent { who, caller: None, op: Op::Close, args: Vec::new() };
            // Nobody waits for an answer here: where the picture has ended, the socket just closes.
            if let Ok(pending) = play.trace.call() {
                drop(play.kept.pop_front());
                let _ = play.trace.returned(pending, intent, Outcome::Done(0), None);
            }
        }
    }

    fn print(&self, who: Who, line: Vec<u8>) -> Result<()> {
        self.take_turn(who)?.trace.tell(|at| Event::Output { at, who, program: None, line })
    }

    fn pause(&self, who: Who, until_read: &dyn Fn(Option<SocketAddr>)) -> Result<()> {
        let mut play = self.take_turn(who)?;
        play.trace.tell(|at| Event::Pause { at, who })?;
        if play.is_solo(who) {
            let client = play.trace.ends().client();
            drop(play);
            until_read(client);
            return Ok(());
        }
        play.players[who as usize] = Player::Pausing;
        self.pass(&mut play, who)?;
        drop(play);
        self.take_turn(who).map(drop)
    }

    fn give_up(&self, who: Who, peer: SocketAddr, op: Op, error: Errno) -> Result<()> {
        self.take_turn(who)?.trace.tell(|at| Event::GivenUp { at, peer, op, error })
    }
}

/// Records that a call has returned.
fn returned(
    mut play: MutexGuard<'_, Play>,
    pending: Pending,
    intent: Intent,
    outcome: Outcome,
    socket: Option<&socket2::Socket>,
) -> Result<Outcome> {
    play.trace.returned(pending, intent, outcome.clone(), socket)?;
    Ok(outcome)
}
