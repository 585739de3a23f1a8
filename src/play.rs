//! A play: who has which part, who holds the baton, and when nobody can go on.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::error::{Error, Result};
use crate::event::{Event, Op, Who};
use crate::player::Player;
use crate::poll::poll;
use crate::trace::Trace;
use crate::verdict::{Verdict, Waiting};

/// How long both sides must stand still before that counts as a deadlock, where the kernel does not
/// tell whether something is in flight.
const GRACE: Duration = Duration::from_millis(200);

/// The same where something is in flight all the time and helps nobody, such as probes of a window
/// that stays shut.
const LONGEST: Duration = Duration::from_secs(5);

/// A play under way.
pub struct Play {
    /// Its record.
    pub trace: Trace,
    /// Who may make a call.
    pub baton: Who,
    /// Where both sides are in their parts.
    pub players: [Player; 2],
    /// Whether no more calls are made.
    pub over: bool,
    /// Whether that is so because both sides wait for each other.
    pub deadlock: bool,
    /// Sockets that a side let go of without closing: they stay until the play is over, so that
    /// the picture shows no FIN that nobody called for.
    pub kept: VecDeque<Arc<socket2::Socket>>,
}

impl Play {
    /// A play with these ends, of which the server begins.
    pub fn new(trace: Trace, cast: &[Who]) -> Play {
        let player = |who| if cast.contains(&who) { Player::Playing } else { Player::Absent };
        Play {
            trace,
            baton: if cast.contains(&Who::Server) { Who::Server } else { Who::Client },
            players: Who::BOTH.map(player),
            over: false,
            deadlock: false,
            kept: VecDeque::new(),
        }
    }

    /// Whether a side plays alone, against a program elsewhere.
    pub fn is_solo(&self, who: Who) -> bool {
        matches!(self.players[who.other() as usize], Player::Absent)
    }

    /// Hands the baton to whoever can go on: the other side first, then `who` itself. If nobody
    /// can, time may help; if nothing is under way either, the play is over.
    ///
    /// # Errors
    /// [`Error::Output`] when a picture cannot go on.
    pub fn pass(&mut self, who: Who, interrupted: impl Fn() -> bool) -> Result<()> {
        let still_since = Instant::now();
        loop {
            // Who waits with a limit gets its turn when that is reached, and then finds it so.
            let ready = [who.other(), who].into_iter().find(|&end| self.players[end as usize].can_go_on());
            if let Some(end) = ready {
                self.baton = end;
                return Ok(());
            }
            self.trace.arrivals()?;
            let waits_for_time =
                self.players.iter().any(|player| matches!(player, Player::Waiting { until: Some(_), .. }));
            let patience = match self.trace.ends().are_in_flight() {
                Some(true) => LONGEST,
                Some(false) => Duration::ZERO,
                None => GRACE,
            };
            if interrupted() || !waits_for_time && still_since.elapsed() >= patience {
                return self.close(interrupted());
            }
            self.wait(Duration::from_millis(10))?;
        }
    }

    /// Nobody can go on: the play is over. A server that rests in `accept` alone is at its natural
    /// end; whoever waits otherwise, waits in vain.
    fn close(&mut self, interrupted: bool) -> Result<()> {
        self.over = true;
        let waiting: Vec<_> = Who::BOTH
            .into_iter()
            .filter_map(|who| match &self.players[who as usize] {
                Player::Waiting { op, id, .. } => {
                    Some(Waiting { who, caller: None, op: *op, id: *id, since: None })
                }
                _ => None,
            })
            .collect();
        if interrupted || waiting.iter().all(|waiting| waiting.op == Op::Accept) {
            return Ok(());
        }
        self.deadlock = true;
        let unread = self.trace.ends().unread();
        let verdict = Verdict::Deadlock { waiting, unread, because: Vec::new() };
        self.trace.tell(|at| Event::Verdict { at, verdict })
    }

    /// Waits a little, for real, until a socket that somebody waits for is ready.
    fn wait(&self, time: Duration) -> Result<()> {
        let watched: Vec<_> = self
            .players
            .iter()
            .filter_map(|player| match player {
                Player::Waiting { need, .. } => Some((&*need.socket, need.interest)),
                _ => None,
            })
            .collect();
        poll(&watched, time).map(drop).map_err(|source| Error::Call { op: Op::Recv, address: None, source })
    }
}
