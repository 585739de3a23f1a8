//! Where a side is in its part, and whether it could go on.

use std::time::{Duration, Instant};

use crate::event::{CallId, Op};
use crate::poll::{Interest, poll};
use crate::venue::Need;

/// Where a side is in its part.
pub enum Player {
    /// Plays no part here.
    Absent,
    /// Wants the baton.
    Playing,
    /// Lets the other go first.
    Pausing,
    /// Waits for a socket, until the time if there is one.
    Waiting {
        /// In this call.
        op: Op,
        /// Which has this number.
        id: CallId,
        /// For this.
        need: Need,
        /// Until then, if there is a limit.
        until: Option<Instant>,
    },
    /// Has come to the end of its part.
    Done,
}

impl Player {
    /// Whether it could make its call now; one whose limit is reached finds that out by itself.
    pub fn can_go_on(&self) -> bool {
        match self {
            Player::Playing | Player::Pausing => true,
            Player::Waiting { need, until, .. } => {
                is_ready(&need.socket, need.interest) || until.is_some_and(|until| Instant::now() >= until)
            }
            Player::Absent | Player::Done => false,
        }
    }
}

/// Whether a call on a socket would not wait.
pub fn is_ready(socket: &socket2::Socket, interest: Interest) -> bool {
    // A poll that fails lets the call go on and report its own error.
    poll(&[(socket, interest)], Duration::ZERO).map_or(true, |ready| ready[0])
}
