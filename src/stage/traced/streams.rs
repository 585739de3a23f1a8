//! The bytes of every connection: which call sent them, and which received them.

use std::collections::{BTreeMap, VecDeque};

use crate::event::{CallId, Who};
use crate::stage::ends::Pair;

/// How many calls of one direction are remembered.
const MOST: usize = 64;

/// How many connections are remembered.
const MOST_CONNECTIONS: usize = 1024;

/// The bytes of every connection, by their directions.
#[derive(Debug, Default)]
pub struct Streams(BTreeMap<(Pair, Who), Stream>);

/// One direction of a connection.
#[derive(Debug, Default)]
struct Stream {
    sent: u64,
    received: u64,
    /// The last calls that sent: how far the stream went with each.
    sends: VecDeque<(CallId, u64, u64)>,
    /// The last call that received, and what.
    last: Option<(CallId, u64, u64)>,
}

/// What one call received.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Taken {
    /// The call.
    pub id: CallId,
    /// How many bytes.
    pub bytes: u64,
    /// How many of them came from each of the calls that sent them.
    pub from: Vec<u64>,
}

impl Streams {
    /// A side has sent bytes.
    pub fn sent(&mut self, pair: Pair, who: Who, id: CallId, bytes: u64) {
        if self.0.len() > MOST_CONNECTIONS {
            self.0.clear();
        }
        let stream = self.0.entry((pair, who)).or_default();
        let from = stream.sent;
        stream.sent += bytes;
        stream.sends.push_back((id, from, stream.sent));
        if stream.sends.len() > MOST {
            stream.sends.pop_front();
        }
    }

    /// A side has received bytes of the other's.
    pub fn received(&mut self, pair: Pair, who: Who, id: CallId, bytes: u64) {
        let stream = self.0.entry((pair, who.other())).or_default();
        let from = stream.received;
        stream.received += bytes;
        stream.last = Some((id, from, stream.received));
    }

    /// How many bytes were sent to a side that no call of its has received.
    pub fn untaken(&self, pair: Pair, who: Who) -> Option<u64> {
        let stream = self.0.get(&(pair, who.other()))?;
        Some(stream.sent.saturating_sub(stream.received))
    }

    /// What a side received last, and from which calls.
    pub fn taken(&self, pair: Pair, who: Who) -> Option<Taken> {
        let stream = self.0.get(&(pair, who.other()))?;
        let (id, begin, end) = stream.last?;
        let share = |&(_, from, to): &(CallId, u64, u64)| to.min(end).saturating_sub(from.max(begin));
        let from: Vec<_> = stream.sends.iter().map(share).filter(|&bytes| bytes > 0).collect();
        // A send that has not returned yet, or one that is forgotten, is not made up.
        (from.iter().sum::<u64>() == end - begin).then_some(Taken { id, bytes: end - begin, from })
    }
}

#[cfg(test)]
mod tests {
    use super::{Streams, Taken};
    use crate::event::Who;
    use crate::stage::ends::Pair;

    fn pair() -> Pair {
        ("127.0.0.1:40001".parse().unwrap(), "127.0.0.1:12000".parse().unwrap())
    }

    #[test]
    fn bytes_that_lay_together_and_bytes_that_did_not() {
        let mut streams = Streams::default();
        streams.sent(pair(), Who::Client, 1, 2);
        streams.sent(pair(), Who::Client, 2, 1);
        streams.received(pair(), Who::Server, 3, 3);
        let taken = Taken { id: 3, bytes: 3, from: vec![2, 1] };
        assert_eq!(streams.taken(pair(), Who::Server), Some(taken));
        assert_eq!(streams.taken(pair(), Who::Client), None);
        streams.sent(pair(), Who::Client, 4, 5);
        streams.received(pair(), Who::Server, 5, 4);
        let taken = Taken { id: 5, bytes: 4, from: vec![4] };
        assert_eq!(streams.taken(pair(), Who::Server), Some(taken));
    }

    #[test]
    fn what_is_not_known_is_not_made_up() {
        let mut streams = Streams::default();
        streams.received(pair(), Who::Server, 3, 3);
        assert_eq!(streams.taken(pair(), Who::Server), None);
    }
}
