//! Follows one connection: numbers made relative, what each segment is for, what is odd about it,
//! and in the end what can be said of it all.

use std::net::SocketAddr;

use crate::tcp::anomaly::{Oddities, Oddity};
use crate::tcp::direction::{Lane, lanes_from};
use crate::tcp::reading::{FlowId, Reading, Role};
use crate::tcp::seen_ranges::is_after;
use crate::tcp::segment::{Flags, Segment};
use crate::tcp::state::State;
use crate::tcp::state_machine;
use crate::tcp::summary::{Ending, Handshake, Summary};
use crate::tcp::who::{Nanos, Who};

/// One connection: what its client sends, then what its server sends.
#[derive(Debug)]
pub struct Connection {
    flow: FlowId,
    client: SocketAddr,
    server: SocketAddr,
    lanes: [Lane; 2],
    /// When the first SYN was sent.
    opened_at: Option<Nanos>,
    /// From the SYN to the ACK that ended the handshake, in nanoseconds.
    round_trip: Option<Nanos>,
    /// Whether its port pair had a connection before.
    reused: bool,
    /// Whether every packet is captured once, so that what looks the same was sent again.
    pub once: bool,
    /// Who broke it off.
    broken_by: Option<Who>,
    /// How many segments each oddity was seen on, in the order of [`Oddity::ALL`].
    odd: Vec<u64>,
}

impl Connection {
    /// A connection of which nothing has been seen. `reused` says that its addresses and ports
    /// belonged to another one before.
    pub fn new(flow: FlowId, client: SocketAddr, server: SocketAddr, reused: bool) -> Connection {
        Connection {
            flow,
            client,
            server,
            lanes: Default::default(),
            opened_at: None,
            round_trip: None,
            reused,
            once: false,
            broken_by: None,
            odd: Vec::new(),
        }
    }

    /// Its number.
    pub fn flow(&self) -> FlowId {
        self.flow
    }

    /// Which end has this address.
    pub fn who(&self, address: SocketAddr) -> Who {
        if address == self.client { Who::Client } else { Who::Server }
    }

    /// Whether it is over, so that nothing but repetitions can follow.
    pub fn is_over(&self) -> bool {
        self.lanes.iter().any(|lane| matches!(lane.state, Some(State::Closed | State::TimeWait)))
    }

    /// Whether a SYN belongs to this connection: it is its first one again, or it crosses it.
    pub fn is_opened_by(&self, who: Who, segment: &Segment) -> bool {
        let [this, that] = [&self.lanes[who as usize], &self.lanes[who.other() as usize]];
        match this.opened {
            true => this.isn == Some(segment.seq),
            false => that.state == Some(State::SynSent) || this.isn.is_none_or(|isn| isn == segment.seq),
        }
    }

    /// Whether a listener still has to do with it: its server's end is no socket of its own yet.
    pub fn is_with_listener(&self) -> bool {
        matches!(self.lanes[Who::Server as usize].state, None | Some(State::SynRcvd))
    }

    /// Whether a segment carries numbers that its sender has sent before.
    pub fn has_seen(&self, segment: &Segment) -> bool {
        let lane = &self.lanes[self.who(segment.source) as usize];
        segment.space() > 0 && lane.started && is_after(lane.next, segment.seq)
    }

    /// Takes the next segment of an end, which reaches the other or is lost, and says what it means.
    pub fn observe(&mut self, who: Who, segment: &Segment, at: Nanos, lost: bool) -> Reading {
        let flags = segment.flags;
        let ack = flags.has(Flags::ACK).then_some(segment.ack);
        let round_trip = self.round_trip;
        let reused = self.reused && self.lanes.iter().all(|lane| !lane.started);
        let [this, that] = lanes_from(&mut self.lanes, who);

        if flags.has(Flags::SYN) && !this.opened && this.isn != Some(segment.seq) {
            this.reopen();
        }
        // Without its SYN, an end's numbers begin just before the first one seen.
        let isn = *this.isn.get_or_insert_with(|| match flags.has(Flags::SYN) {
            true => segment.seq,
            false => segment.seq.wrapping_sub(1),
        });
        let ack_base = match (that.isn, ack) {
            (None, Some(ack)) => *that.isn.insert(ack.wrapping_sub(1)),
            (isn, _) => isn.unwrap_or(0),
        };
        let mut reading = Reading {
            flow: self.flow,
            from: who,
            seq: segment.seq.wrapping_sub(isn),
            ack: ack.map(|ack| ack.wrapping_sub(ack_base)),
            window: this.window_of(that, segment),
            role: Role::Again,
            states: Vec::new(),
            rtt: None,
            reset: None,
            odd: Oddities::default(),
            repeats: 0,
        };
        if !self.once && this.is_copy(segment, at) {
            reading.odd.add(Oddity::CapturedTwice);
            self.count(reading.odd);
            return reading;
        }

        let mut odd = this.judge(that, segment, at, round_trip);
        if reused {
            odd.add(Oddity::PortReuse);
        }
        let known = this.started;
        let acked_before = this.acked;
        let answering = (this.answered, this.acked.is_some());
        let answers = this.answers(segment);
        let fresh = this.advance(segment, at, odd) || answers;
        if let Some(ack) = ack.filter(|_| !flags.has(Flags::RST)) {
            if that.started {
                let unseen = that.seen.acknowledge(ack);
                if unseen > 0 {
                    odd.add(Oddity::AcknowledgesUnseen);
                    that.unseen += u64::from(unseen);
                }
            }
            if !lost && let Some((_, sent)) = that.awaiting.take_if(|(end, _)| !is_after(*end, ack)) {
                reading.rtt = Some(at.saturating_sub(sent));
            }
        }
        reading.repeats = if odd.has(Oddity::DuplicateAck) { this.repeats } else { 0 };
        reading.role = state_machine::role(that, segment, acked_before, fresh);
        reading.reset = (reading.role == Role::Reset).then(|| state_machine::why_reset(this, that, known));
        odd = odd.and(state_machine::odd_opening(who, reading.role, answering, that, segment));
        let before = [self.lanes[0].state, self.lanes[1].state];
        let [this, that] = lanes_from(&mut self.lanes, who);
        if lost {
            // The other end knows nothing of it.
            state_machine::step(reading.role, this, that, ack);
            that.state = before[who.other() as usize];
            odd.add(Oddity::Lost);
            this.loses |= segment.length > 0;
            this.loses_fin |= flags.has(Flags::FIN);
        } else if flags.has(Flags::FIN) && std::mem::take(&mut this.loses_fin) {
            // It was sent before, and is news to the other end alone.
            state_machine::step(Role::Fin, this, that, ack);
            this.state = before[who as usize];
        } else {
            state_machine::step(reading.role, this, that, ack);
        }
        if reading.role == Role::Reset {
            self.broken_by.get_or_insert(who);
        }
        reading.states = Who::BOTH
            .into_iter()
            .filter(|&end| self.lanes[end as usize].state != before[end as usize])
            .filter_map(|end| self.lanes[end as usize].state.map(|state| (end, state)))
            .collect();
        match reading.role {
            Role::Syn if self.opened_at.is_none() => self.opened_at = Some(at),
            Role::HandshakeAck => self.round_trip = self.opened_at.map(|opened| at.saturating_sub(opened)),
            _ => {}
        }
        reading.odd = odd;
        self.count(odd);
        reading
    }

    /// Payload bytes that an end has sent, each counted once.
    pub fn bytes(&self, who: Who) -> u64 {
        self.lanes[who as usize].bytes
    }

    /// Payload bytes of an end that were lost and have not come since: nobody has acknowledged them.
    pub fn lost(&self, who: Who) -> u64 {
        let [this, that] = [&self.lanes[who as usize], &self.lanes[who.other() as usize]];
        let Some(acked) = that.acked.filter(|_| this.loses) else { return 0 };
        let fin = this.fin.is_some_and(|fin| !is_after(acked, fin));
        u64::from(this.next.wrapping_sub(acked)).saturating_sub(fin.into()).min(this.bytes)
    }

    /// Numbers that were acknowledged and not captured.
    pub fn unseen(&self) -> u64 {
        self.lanes.iter().map(|lane| lane.unseen).sum()
    }

    /// What can be said of it now.
    pub fn summary(&self) -> Summary {
        let of = |each: fn(&Lane) -> u64| [each(&self.lanes[0]), each(&self.lanes[1])];
        Summary {
            flow: self.flow,
            client: self.client,
            server: self.server,
            handshake: match (self.round_trip, self.opened_at) {
                (Some(_), _) => Handshake::Complete,
                (None, Some(_)) => Handshake::Unfinished,
                (None, None) => Handshake::Unseen,
            },
            rtt: self.round_trip,
            segments: of(|lane| lane.segments),
            bytes: of(|lane| lane.bytes),
            unseen: of(|lane| lane.unseen),
            ending: self.ending(),
            odd: Oddity::ALL
                .into_iter()
                .zip(self.odd.iter().copied())
                .filter(|&(_, count)| count > 0)
                .collect(),
        }
    }

    fn ending(&self) -> Ending {
        let [client, server] = &self.lanes;
        match (self.broken_by, client.fin, server.fin) {
            (Some(Who::Server), ..) if client.state == Some(State::Closed) && server.state.is_none() => {
                Ending::Refused
            }
            (Some(who), ..) => Ending::Reset(who),
            (None, Some(_), Some(_)) => Ending::Closed,
            (None, Some(_), None) => Ending::HalfClosed(Who::Client),
            (None, None, Some(_)) => Ending::HalfClosed(Who::Server),
            (None, None, None) if client.state == Some(State::SynSent) && !server.started => {
                Ending::Unanswered
            }
            (None, None, None) => Ending::Open,
        }
    }

    fn count(&mut self, odd: Oddities) {
        if !odd.is_empty() {
            self.odd.resize(Oddity::ALL.len(), 0);
            odd.iter().for_each(|oddity| self.odd[oddity as usize] += 1);
        }
    }
}
