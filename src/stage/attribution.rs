//! Which call is to blame for a frame: the one that it arrived under.

use crate::event::{CallId, Nanos, Reading, Role, Who};
use crate::tcp::segment::Segment;

/// A segment that has arrived, and when.
pub type Arrival = (Nanos, Segment, Reading);

/// How the frames that come with a call are told from those that do not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Blame {
    /// Nobody else is playing: whatever arrives during a call was caused by it.
    Order,
    /// Others are on the wire: a frame belongs to a call if the kernel's time lies within it.
    Time,
}

impl Blame {
    /// What arrived before a call was begun, what it caused, and what came after it or beside it. It
    /// ended at `end`, and was `who`'s.
    pub fn sort(self, pending: Pending, end: Nanos, who: Who) -> [Vec<Arrival>; 3] {
        // The kernel stamps a frame as it arrives, and `at` is taken before the call: without
        // others on the wire the order alone decides, and no clock has to be trusted.
        let (mut before, mut during, mut after) = (Vec::new(), Vec::new(), Vec::new());
        for found in pending.segments {
            match self {
                Blame::Time if found.0 < pending.at => before.push(found),
                Blame::Time if found.0 > end || !could_cause(&found.2, who) => after.push(found),
                Blame::Time | Blame::Order => during.push(found),
            }
        }
        [before, during, after]
    }
}

/// A call that has been begun and has not returned.
#[derive(Debug)]
pub struct Pending {
    /// Its number.
    pub id: CallId,
    /// When it was begun, or last went on.
    pub at: Nanos,
    /// Whether it had to wait.
    pub waited: bool,
    /// What has arrived since.
    pub segments: Vec<Arrival>,
    /// Whether all of that was fetched, and nothing can have arrived since.
    pub fetched: bool,
}

impl Pending {
    /// The call has waited: what arrived until now was not its doing.
    pub fn resumed(&mut self, now: Nanos) {
        self.at = now;
    }
}

/// Whether a call of `who` can bring such a segment about: its own numbers and bytes, and what the
/// other end's kernel replies at once. The other end's bytes have a call of their own behind them,
/// and so have the ACKs for these.
fn could_cause(reading: &Reading, who: Who) -> bool {
    match reading.role {
        Role::Syn | Role::HandshakeAck | Role::Data | Role::Fin | Role::Again => reading.from == who,
        Role::SynAck | Role::Ack | Role::FinAck | Role::Window | Role::Other => reading.from != who,
        Role::Reset => true,
    }
}
