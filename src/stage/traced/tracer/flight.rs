//! What is on its way: asked of the programs' own sockets, so that it is known without a capture.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use super::Tracer;
use crate::linux::tracee::info::Info;
use crate::linux::tracee::orphans;
use crate::stage::traced::schedule::Flight;
use crate::tcp::state::State;

/// How long bytes may wait for a window that is not quite shut, or for a cork: as long as the kernel's
/// timers for that, and a second try.
const PATIENCE: Duration = Duration::from_millis(700);

/// What did not move when it was looked at last, and since when.
#[derive(Debug, Default)]
pub struct Unmoved(BTreeMap<(SocketAddr, SocketAddr), (Info, Instant)>);

impl Tracer {
    /// Whether anything is on its way that the kernel will send, or send again, by itself.
    pub fn flight(&mut self) -> Flight {
        let mut flight = Flight::No;
        let mut unmoved = BTreeMap::new();
        let full = self.full_queues();
        for process in self.processes.processes.values() {
            for (_, socket) in process.descriptors.sockets() {
                let Some(info) = socket.info() else {
                    flight = Flight::Unknown;
                    continue;
                };
                let connecting = info.state == State::SynSent;
                let unsent = socket.unacknowledged() > 0;
                if info.state == State::Listen || !(connecting || info.unacknowledged > 0 || unsent) {
                    continue;
                }
                let key = match socket.addresses() {
                    Some(pair) => pair,
                    None => match (socket.own_address(), connecting) {
                        (Some(own), true) => (own, own),
                        _ => continue,
                    },
                };
                let since = match self.unmoved.0.get(&key) {
                    Some((before, since)) if *before == info => *since,
                    _ => Instant::now(),
                };
                unmoved.insert(key, (info, since));
                let futile = if connecting {
                    // Nobody takes a connection out of the queue: what was sent again was dropped again.
                    !full.is_empty() && info.retransmits > 0
                } else {
                    // All that was sent has arrived, and the peer has no room for the rest.
                    info.unacknowledged == 0 && (info.peer_window == Some(0) || since.elapsed() >= PATIENCE)
                };
                if !futile {
                    flight = Flight::Yes;
                }
            }
        }
        self.unmoved.0 = unmoved;
        // What was dropped before its program closed is still sent again, and will arrive.
        if flight == Flight::No && self.line.may_heal() && orphans::have_something_to_send() {
            return Flight::Yes;
        }
        flight
    }

    /// The listeners whose queue is full, so that they drop every SYN.
    pub fn full_queues(&self) -> Vec<(SocketAddr, Info)> {
        let mut found = Vec::new();
        for process in self.processes.processes.values() {
            for (_, socket) in process.descriptors.sockets() {
                if let Some(info) = socket.info()
                    && info.state == State::Listen
                    && info.unacknowledged > info.backlog
                    && let Some(address) = socket.own_address()
                {
                    found.push((address, info));
                }
            }
        }
        found
    }
}
