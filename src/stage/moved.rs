//! The bytes that calls have moved, against those on the wire: by the ends of every connection.

use std::collections::BTreeMap;

use crate::event::op::Kind;
use crate::event::{FlowId, Intent, Outcome, Who};
use crate::tcp::summary::{Ending, Summary};

/// What the calls of each end of each connection on the wire have sent.
#[derive(Debug, Default)]
pub struct Moved(BTreeMap<FlowId, [u64; 2]>);

impl Moved {
    /// An end's call has sent bytes.
    pub fn sent(&mut self, flow: FlowId, end: Who, bytes: u64) {
        self.0.entry(flow).or_default()[end as usize] += bytes;
    }

    /// What the calls of each end have sent and the wire never saw, of connections that were reset: it
    /// lay in a send buffer, and the kernel threw it away.
    pub fn discarded(&self, connections: &[Summary]) -> [u64; 2] {
        let mut discarded = [0; 2];
        for connection in connections.iter().filter(|one| matches!(one.ending, Ending::Reset(_))) {
            let Some(sent) = self.0.get(&connection.flow) else { continue };
            for (end, sent) in sent.iter().enumerate() {
                discarded[end] += sent.saturating_sub(connection.bytes[end]);
            }
        }
        discarded
    }
}

/// How many bytes a call has sent, and how many it has received.
pub fn by_call(intent: &Intent, outcome: &Outcome) -> (u64, u64) {
    match (intent.op.kind(), outcome) {
        (Kind::Sends, Outcome::Done(count)) => (u64::try_from(*count).unwrap_or(0), 0),
        (Kind::Sends, Outcome::Messages(_, bytes)) => (bytes.length as u64, 0),
        // What was only looked at is still there.
        (_, Outcome::Received(_)) if intent.has_flag("MSG_PEEK") => (0, 0),
        (_, Outcome::Received(bytes) | Outcome::Messages(_, bytes)) => (0, bytes.length as u64),
        _ => (0, 0),
    }
}

#[cfg(test)]
mod tests {
    use super::Moved;
    use crate::event::Who;
    use crate::tcp::summary::{Ending, Handshake, Summary};

    fn summary(flow: u32, bytes: [u64; 2], ending: Ending) -> Summary {
        Summary {
            flow,
            client: "127.0.0.1:40001".parse().unwrap(),
            server: "127.0.0.1:12000".parse().unwrap(),
            handshake: Handshake::Complete,
            rtt: None,
            segments: [0; 2],
            bytes,
            unseen: [0; 2],
            ending,
            odd: Vec::new(),
        }
    }

    #[test]
    fn a_reset_throws_away_what_the_wire_never_saw() {
        let mut moved = Moved::default();
        moved.sent(1, Who::Client, 5);
        moved.sent(1, Who::Client, 4);
        moved.sent(1, Who::Server, 2);
        let reset = summary(1, [3, 2], Ending::Reset(Who::Server));
        assert_eq!(moved.discarded(std::slice::from_ref(&reset)), [6, 0]);
        // Of a connection that was not reset nothing is thrown away: it may be missing.
        let (open, closed) = (summary(1, [3, 2], Ending::Open), summary(1, [3, 2], Ending::Closed));
        assert_eq!(moved.discarded(&[open, closed]), [0, 0]);
        assert_eq!(moved.discarded(&[summary(2, [3, 2], Ending::Reset(Who::Client))]), [0, 0]);
    }
}
