//! Both ends of the connection that is under way, as the kernel reports them.

use std::net::SocketAddr;

use crate::event::{Intent, Op, Outcome, Who};
use crate::kernel;
use crate::state::State;

/// The two ends, and what the kernel said of them last.
pub struct Ends {
    server: SocketAddr,
    /// The client's own address, which says which connection it is.
    client: Option<SocketAddr>,
    states: [Option<State>; 2],
}

impl Ends {
    /// The ends of connections to a server, of which there is none yet.
    pub fn new(server: SocketAddr) -> Ends {
        Ends { server, client: None, states: [None; 2] }
    }

    /// The client's address in the connection that is under way.
    pub fn client(&self) -> Option<SocketAddr> {
        self.client
    }

    /// What the kernel said last of an end.
    pub fn state(&self, who: Who) -> Option<State> {
        self.states[who as usize]
    }

    /// Takes note of a connection that a call has made or accepted.
    pub fn follow(&mut self, intent: &Intent, outcome: &Outcome, socket: Option<&socket2::Socket>) {
        let client = match (intent.op, outcome) {
            (_, Outcome::Accepted(_, peer)) => Some(*peer),
            (Op::Connect, Outcome::Done(_)) => {
                socket.and_then(|socket| socket.local_addr().ok()).and_then(|address| address.as_socket())
            }
            _ => None,
        };
        if client.is_some() && client != self.client {
            self.client = client;
            self.states = [None; 2];
        }
    }

    /// What the kernel says of the ends that it did not say before.
    pub fn changes(&mut self) -> Vec<(Who, State)> {
        let Some(client) = self.client else { return Vec::new() };
        let mut changes = Vec::new();
        for (who, local, peer) in [(Who::Client, client, self.server), (Who::Server, self.server, client)] {
            let Ok(end) = kernel::end(local, peer) else { continue };
            let known = &mut self.states[who as usize];
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

    /// Whether something is under way that can still change what the ends wait for: bytes that are
    /// not acknowledged, or a timer that will send. None where the system does not tell.
    pub fn are_in_flight(&self) -> Option<bool> {
        let Some(client) = self.client else { return Some(false) };
        let mut in_flight = false;
        for (local, peer) in [(client, self.server), (self.server, client)] {
            let end = kernel::end(local, peer).ok()?;
            in_flight |= end.is_some_and(|end| end.unacknowledged > 0 || end.timer);
        }
        Some(in_flight)
    }
}
