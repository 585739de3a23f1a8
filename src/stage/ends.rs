//! Both ends of every connection under way, as the kernel reports them.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use crate::event::Who;
use crate::event::verdict::Unread;
use crate::linux::sock_diag::{End, Inquiry};
use crate::tcp::state::State;

/// How many connections are remembered; when there are more, those that are over go first.
const MOST: usize = 4096;

/// A connection by its addresses: the client's own, and the server's.
pub type Pair = (SocketAddr, SocketAddr);

/// The address of a side's own end of a connection, and of its peer's.
pub fn own_and_peer((client, server): Pair, who: Who) -> (SocketAddr, SocketAddr) {
    match who {
        Who::Client => (client, server),
        Who::Server => (server, client),
    }
}

/// The ends, and what the kernel said of them last.
pub struct Ends {
    /// The connection that the calls are about.
    current: Option<Pair>,
    known: BTreeMap<Pair, [Option<State>; 2]>,
    /// The way to ask the kernel; none where it cannot be asked.
    inquiry: Option<Inquiry>,
}

impl Ends {
    /// The ends of connections, of which there are none yet.
    pub fn none() -> Ends {
        Ends { current: None, known: BTreeMap::new(), inquiry: Inquiry::open().ok() }
    }

    /// The client's address in the connection that is under way.
    pub fn client(&self) -> Option<SocketAddr> {
        self.current.map(|(client, _)| client)
    }

    /// The connection that the calls are about.
    pub fn current(&self) -> Option<Pair> {
        self.current
    }

    /// What the kernel said last of an end of the connection that is under way.
    pub fn state(&self, who: Who) -> Option<State> {
        self.known.get(&self.current?).and_then(|states| states[who as usize])
    }

    /// Turns to the connection that the next call is about, if it is about one.
    pub fn focus(&mut self, pair: Option<Pair>) {
        self.current = pair;
        if let Some(pair) = pair {
            self.known.entry(pair).or_default();
        }
        if self.known.len() > MOST {
            let current = self.current;
            self.known.retain(|pair, states| {
                Some(*pair) == current || states.iter().any(|state| *state != Some(State::Closed))
            });
        }
    }

    /// What the kernel says of the ends of the connection under way that it did not say before.
    pub fn changes(&mut self) -> Vec<(Who, State)> {
        let Some(current) = self.current else { return Vec::new() };
        let Some(known) = self.known.get_mut(&current) else { return Vec::new() };
        let mut changes = Vec::new();
        for who in Who::BOTH {
            let Some(end) = ask(self.inquiry.as_ref(), current, who) else { continue };
            let known = &mut known[who as usize];
            // An end that was there and is there no longer is closed for good.
            let state = match (end, *known) {
                (Some(end), _) => Some(end.state),
                (None, Some(_)) => Some(State::Closed),
                (None, None) => None,
            };
            if let Some(state) = state.filter(|_| state != *known) {
                *known = Some(state);
                changes.push((who, state));
            }
        }
        changes
    }

    /// What the kernel says of one end of a connection; none if it is no more, or cannot be asked.
    pub fn ask(&self, pair: Pair, who: Who) -> Option<End> {
        ask(self.inquiry.as_ref(), pair, who)?
    }

    /// In which state the kernel keeps a connection whose server had this port, and that no program
    /// has any more.
    pub fn lingering(&self, port: u16) -> Option<State> {
        let pairs = self.known.keys().filter(|(_, server)| server.port() == port);
        let mut states = pairs.filter_map(|&pair| Some(self.ask(pair, Who::Server)?.state));
        states.find(|state| !matches!(state, State::Listen | State::Closed))
    }

    /// How many bytes wait in the send buffers of each end, or are on their way.
    pub fn queued(&self) -> [u64; 2] {
        let mut queued = [0; 2];
        for (pair, who) in self.open() {
            let end = self.ask(pair, who).filter(|end| end.state != State::SynSent);
            queued[who as usize] += end.map_or(0, |end| u64::from(end.unacknowledged));
        }
        queued
    }

    /// What lies in the ends' receive buffers.
    pub fn unread(&self) -> Vec<Unread> {
        let unread = |(pair, who): (Pair, Who)| {
            let bytes = ask(self.inquiry.as_ref(), pair, who)??.unread;
            (bytes > 0).then_some(Unread { who, client: pair.0, bytes })
        };
        self.open().filter_map(unread).collect()
    }

    /// Every end that is not known to be closed.
    fn open(&self) -> impl Iterator<Item = (Pair, Who)> {
        self.known.iter().flat_map(|(&pair, states)| {
            Who::BOTH
                .into_iter()
                .filter(|&who| states[who as usize] != Some(State::Closed))
                .map(move |who| (pair, who))
        })
    }
}

/// What the kernel says of one end; none where it cannot be asked.
fn ask(inquiry: Option<&Inquiry>, pair: Pair, who: Who) -> Option<Option<End>> {
    let (local, peer) = own_and_peer(pair, who);
    inquiry?.end(local, peer).ok()
}
