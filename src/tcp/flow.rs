//! Tells connections apart and follows each. Pure: segments go in, readings and summaries come out.

mod hasher;

use std::collections::{HashMap, VecDeque};
use std::net::SocketAddr;

use hasher::Seeded;

use crate::tcp::connection::Connection;
use crate::tcp::reading::{FlowId, Reading};
use crate::tcp::segment::{Flags, Segment};
use crate::tcp::severed::Severed;
use crate::tcp::summary::Summary;
use crate::tcp::who::{Nanos, Who};

/// How many open connections are followed at once. When one more comes, the older half is let go.
const MOST_OPEN: usize = 65_536;

/// How many ended ones are remembered: something of theirs may still be on its way.
const MOST_ENDED: usize = 256;

/// The two addresses of a connection, the lower one first, whoever sends.
type Pair = (SocketAddr, SocketAddr);

/// Every connection that has been seen.
#[derive(Debug, Default)]
pub struct Flows {
    server_ports: Vec<u16>,
    flows: HashMap<Pair, Connection, Seeded>,
    /// Those that have ended, oldest first.
    ended: VecDeque<(Pair, FlowId)>,
    /// Those that others have taken the ports of, and those that were let go.
    past: VecDeque<Summary>,
    count: FlowId,
    /// How many were let go while they were open.
    let_go: u64,
    bytes: [u64; 2],
    unseen: u64,
    /// Whether every packet is captured once.
    once: bool,
    /// The end that nothing reaches, while the wire is cut.
    severed: Option<Severed>,
}

impl Flows {
    /// A table without connections. Where a connection's beginning was missed, its server is the
    /// end that has one of these ports.
    pub fn new(server_ports: &[u16]) -> Flows {
        Flows { server_ports: server_ports.to_vec(), ..Flows::default() }
    }

    /// The same table, where every packet is captured once.
    pub fn of_a_play(self) -> Flows {
        Flows { once: true, ..self }
    }

    /// Takes the next segment, seen at a time, and says what it means.
    pub fn observe(&mut self, segment: &Segment, at: Nanos) -> Reading {
        let pair = match segment.source <= segment.destination {
            true => (segment.source, segment.destination),
            false => (segment.destination, segment.source),
        };
        let opens = segment.flags.has(Flags::SYN) && !segment.flags.has(Flags::ACK);
        let severed = self.severed;
        let known = self.flows.get_mut(&pair);
        let is_fresh = |flow: &Connection| opens && !flow.is_opened_by(flow.who(segment.source), segment);
        let flow = match known {
            Some(flow) if !is_fresh(flow) => flow,
            Some(_) => {
                let past = self.flows.remove(&pair).map(|flow| flow.summary());
                self.past.extend(past);
                self.begin(pair, segment, opens, true)
            }
            None => self.begin(pair, segment, opens, false),
        };
        let who = flow.who(segment.source);
        let (bytes, unseen, was_over) = (flow.bytes(who), flow.unseen(), flow.is_over());
        let lost = severed.is_some_and(|severed| {
            severed.is_meant_by(segment) && (severed.from.is_some() || flow.is_with_listener())
        });
        let reading = flow.observe(who, segment, at, lost);
        let (bytes, unseen) = (flow.bytes(who) - bytes, flow.unseen() - unseen);
        let ends = !was_over && flow.is_over();
        self.bytes[who as usize] += bytes;
        self.unseen += unseen;
        if ends {
            self.ended.push_back((pair, reading.flow));
        }
        reading
    }

    /// From now on nothing reaches this end; or, without one, all arrives again.
    pub fn sever(&mut self, severed: Option<Severed>) {
        self.severed = severed;
    }

    /// Payload bytes that were lost and have not come since, from the clients and from the servers.
    pub fn lost(&self) -> [u64; 2] {
        Who::BOTH.map(|who| self.flows.values().map(|flow| flow.lost(who)).sum())
    }

    /// Payload bytes of all connections, from the clients and from the servers, each counted once
    /// however often it was sent.
    pub fn bytes(&self) -> [u64; 2] {
        self.bytes
    }

    /// Bytes that were acknowledged and not captured, of all connections.
    pub fn unseen(&self) -> u64 {
        self.unseen
    }

    /// Whether something that an end of a connection has sent was lost and has not come since.
    pub fn has_lost(&self, client: SocketAddr, server: SocketAddr, who: Who) -> bool {
        let pair = (client.min(server), client.max(server));
        self.flows.get(&pair).is_some_and(|flow| flow.lost(who) > 0)
    }

    /// Whether a segment carries numbers that its sender has sent before.
    pub fn has_seen(&self, segment: &Segment) -> bool {
        let pair = (segment.source.min(segment.destination), segment.source.max(segment.destination));
        self.flows.get(&pair).is_some_and(|flow| flow.has_seen(segment))
    }

    /// The number of the connection between two addresses.
    pub fn number(&self, one: SocketAddr, other: SocketAddr) -> Option<FlowId> {
        self.flows.get(&(one.min(other), one.max(other))).map(Connection::flow)
    }

    /// Which end of the connection between two addresses has the first one.
    pub fn end(&self, own: SocketAddr, peer: SocketAddr) -> Option<Who> {
        self.flows.get(&(own.min(peer), own.max(peer))).map(|flow| flow.who(own))
    }

    /// How many connections there were.
    pub fn count(&self) -> FlowId {
        self.count
    }

    /// How many of them were let go while they were open. One that goes on counts as another.
    pub fn let_go(&self) -> u64 {
        self.let_go
    }

    /// The connections that there was no room to remember any longer.
    pub fn forgotten(&mut self) -> Vec<Summary> {
        while self.ended.len() > MOST_ENDED {
            let Some((pair, flow)) = self.ended.pop_front() else { break };
            // Its ports may belong to another one by now.
            if self.flows.get(&pair).is_some_and(|found| found.flow() == flow) {
                self.past.extend(self.flows.remove(&pair).map(|flow| flow.summary()));
            }
        }
        let many = self.past.len().saturating_sub(MOST_ENDED);
        if many == 0 {
            return Vec::new();
        }
        self.past.drain(..many).collect()
    }

    /// All that are left, in the order in which they began.
    pub fn finish(&mut self) -> Vec<Summary> {
        let mut left: Vec<_> = self.past.drain(..).collect();
        left.extend(self.flows.drain().map(|(_, flow)| flow.summary()));
        left.sort_by_key(|summary| summary.flow);
        left
    }

    /// Enters a new connection.
    fn begin(&mut self, pair: Pair, segment: &Segment, opens: bool, reused: bool) -> &mut Connection {
        if self.flows.len() >= MOST_OPEN + MOST_ENDED {
            self.make_room();
        }
        let answers = segment.flags.has(Flags::SYN) && segment.flags.has(Flags::ACK);
        let serves = |address: SocketAddr| self.server_ports.contains(&address.port());
        let from_client = opens
            || !answers
                && match (serves(segment.source), serves(segment.destination)) {
                    (true, false) => false,
                    (false, true) => true,
                    // Servers have the lower ports, as a rule.
                    _ => segment.source.port() >= segment.destination.port(),
                };
        let (client, server) = match from_client {
            true => (segment.source, segment.destination),
            false => (segment.destination, segment.source),
        };
        self.count += 1;
        let mut new = Connection::new(self.count, client, server, reused);
        new.once = self.once;
        self.flows.entry(pair).insert_entry(new).into_mut()
    }

    /// Lets the older half go.
    fn make_room(&mut self) {
        let mut numbers: Vec<_> = self.flows.values().map(Connection::flow).collect();
        let (_, &mut middle, _) = numbers.select_nth_unstable(self.flows.len() / 2);
        let mut past = Vec::new();
        self.flows.retain(|_, flow| {
            let stays = flow.flow() >= middle;
            if !stays {
                self.let_go += u64::from(!flow.is_over());
                past.push(flow.summary());
            }
            stays
        });
        // The table has an order of its own, another one on every run.
        past.sort_unstable_by_key(|summary| summary.flow);
        self.past.extend(past);
    }
}

#[cfg(test)]
mod tests;
