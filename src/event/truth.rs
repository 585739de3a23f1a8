//! What can be said about a trace's completeness: the wire's bytes against the sockets'.

use serde::{Deserialize, Serialize};

use crate::tcp::who::Who;

/// Where the packets of a trace were taken from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Wire {
    /// The loopback interface of a private network.
    Room,
    /// The host's own loopback interface.
    Host,
    /// Nowhere: the trace has calls alone.
    Off,
    /// A file.
    File,
}

/// What can be said about a trace's completeness when it ends.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Truth {
    /// Frames that the capture saw.
    pub frames: u64,
    /// Frames that the kernel dropped because nobody fetched them in time.
    pub dropped: u64,
    /// Frames that did not fit the reading buffer.
    pub truncated: u64,
    /// Payload bytes on the wire, from the client and from the server, each counted once: the client is
    /// whoever has connected.
    pub wire: [u64; 2],
    /// Bytes that the sockets' calls sent: the client's, the server's, as on the wire; none for an end
    /// that is not part of this process.
    pub sent: [Option<u64>; 2],
    /// Bytes that the sockets' calls received, likewise.
    pub received: [Option<u64>; 2],
    /// Whether an end has a call that sends and has not returned: how many bytes it has handed over is
    /// not known yet.
    #[serde(default)]
    pub unfinished: [bool; 2],
    /// Bytes that an end's calls have sent and that wait in its send buffer, for room at the peer.
    #[serde(default)]
    pub queued: [u64; 2],
    /// Whether the programs have told of their calls themselves.
    #[serde(default)]
    pub told: bool,
    /// Bytes that an end's calls have sent and that never went out: they lay in its send buffer when the
    /// connection was reset.
    #[serde(default)]
    pub discarded: [u64; 2],
    /// Payload bytes of an end's that a cut wire has dropped and that have not come since.
    #[serde(default)]
    pub lost: [u64; 2],
    /// Whether the wire was to be cut before a call that was never made.
    #[serde(default)]
    pub uncut: bool,
    /// What a sniffer counts: it knows of no calls, and of more than one connection.
    pub tally: Option<Tally>,
}

/// What a sniffer counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tally {
    /// TCP segments.
    pub segments: u64,
    /// Frames that could not be read.
    pub malformed: u64,
    /// Connections.
    pub connections: u64,
    /// How many of them there was no room for while they were open: one that went on counts again.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub let_go: u64,
    /// Bytes that somebody acknowledged and that were not captured.
    pub unseen: u64,
}

fn is_zero(count: &u64) -> bool {
    *count == 0
}

impl Truth {
    /// Whether nothing was lost, and the wire's bytes are those that the sockets moved.
    pub fn is_complete(&self) -> bool {
        self.dropped == 0
            && self.truncated == 0
            && self.tally.is_none_or(|tally| tally.unseen == 0 && tally.malformed == 0)
            && (0..2).all(|end| {
                let (wire, sent, received) = (self.wire[end], self.sent[end], self.received[1 - end]);
                let agrees = |sent: u64| {
                    let least = wire + self.discarded[end];
                    let most = least + self.queued[end];
                    (least..=most).contains(&sent) || (self.unfinished[end] && sent < least)
                };
                sent.is_none_or(agrees) && received.is_none_or(|received| received <= wire)
            })
    }

    /// Bytes that came over the wire to an end of this process and were never received there. Those
    /// that were lost on the way never came.
    pub fn unread(&self, who: Who) -> u64 {
        let from = who.other() as usize;
        let arrived = self.wire[from].saturating_sub(self.lost[from]);
        self.received[who as usize].map_or(0, |received| arrived.saturating_sub(received))
    }
}

#[cfg(test)]
mod tests {
    use super::Truth;
    use crate::tcp::who::Who;

    const WHOLE: Truth = Truth {
        frames: 13,
        dropped: 0,
        truncated: 0,
        wire: [3, 2],
        sent: [Some(3), Some(2)],
        received: [Some(2), Some(3)],
        unfinished: [false; 2],
        queued: [0; 2],
        told: false,
        discarded: [0; 2],
        lost: [0; 2],
        uncut: false,
        tally: None,
    };

    #[test]
    fn complete_only_when_everything_agrees() {
        assert!(WHOLE.is_complete());
        assert!(!Truth { dropped: 1, ..WHOLE }.is_complete());
        assert!(!Truth { truncated: 1, ..WHOLE }.is_complete());
        assert!(!Truth { wire: [2, 2], ..WHOLE }.is_complete());
        assert!(!Truth { sent: [Some(3), Some(3)], ..WHOLE }.is_complete());
        assert!(!Truth { received: [Some(2), Some(4)], ..WHOLE }.is_complete());
    }

    #[test]
    fn what_was_never_received_is_unread_and_not_incomplete() {
        let truth = Truth { received: [Some(2), Some(0)], ..WHOLE };
        assert!(truth.is_complete());
        assert_eq!((truth.unread(Who::Server), truth.unread(Who::Client)), (3, 0));
    }

    #[test]
    fn what_was_lost_is_not_unread() {
        let truth = Truth { received: [Some(2), Some(0)], lost: [2, 0], ..WHOLE };
        assert!(truth.is_complete());
        assert_eq!(truth.unread(Who::Server), 1);
    }

    #[test]
    fn what_a_call_has_handed_over_is_not_known_before_it_returns() {
        let truth = Truth { wire: [9, 2], ..WHOLE };
        assert!(!truth.is_complete());
        assert!(Truth { unfinished: [true, false], ..truth }.is_complete());
        assert!(!Truth { unfinished: [true, false], wire: [2, 2], ..WHOLE }.is_complete());
    }

    #[test]
    fn what_waits_in_a_send_buffer_is_not_missing() {
        let truth = Truth { sent: [Some(9), Some(2)], ..WHOLE };
        assert!(!truth.is_complete());
        assert!(Truth { queued: [6, 0], ..truth }.is_complete());
        assert!(!Truth { queued: [5, 0], ..truth }.is_complete());
    }

    #[test]
    fn what_a_reset_threw_away_is_not_missing() {
        let truth = Truth { sent: [Some(9), Some(2)], ..WHOLE };
        assert!(Truth { discarded: [6, 0], ..truth }.is_complete());
        assert!(!Truth { discarded: [5, 0], ..truth }.is_complete());
        assert!(!Truth { discarded: [7, 0], ..truth }.is_complete());
        assert!(Truth { discarded: [4, 0], queued: [2, 0], ..truth }.is_complete());
    }

    #[test]
    fn an_end_elsewhere_is_not_held_against_the_wire() {
        assert!(Truth { sent: [None, Some(2)], received: [None, Some(3)], ..WHOLE }.is_complete());
    }
}
