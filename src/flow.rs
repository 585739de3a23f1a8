//! Follows connections: numbers made relative, what each segment is for, and the states that the
//! rules of RFC 9293 put both ends in. Pure: segments go in, readings come out.

use std::collections::HashMap;
use std::net::SocketAddr;

use crate::event::{Reading, Role, Who};
use crate::segment::{Flags, Segment};
use crate::state::State;

/// How many connections are followed at once. When one more comes, those that have ended go
/// first, then all others: a reader that starts anew is better than one that grows for ever.
const MOST: usize = 4096;

/// Every connection that has been seen.
#[derive(Debug, Default)]
pub struct Flows {
    server_port: Option<u16>,
    flows: HashMap<(SocketAddr, SocketAddr), Flow>,
    bytes: [u64; 2],
}

impl Flows {
    /// A table without connections. Where a connection's beginning was missed, its server is the
    /// end that has `server_port`.
    pub fn new(server_port: Option<u16>) -> Flows {
        Flows { server_port, ..Flows::default() }
    }

    /// Takes the next segment and says what it means.
    pub fn observe(&mut self, segment: &Segment) -> Reading {
        let forth = (segment.source, segment.destination);
        let back = (segment.destination, segment.source);
        let opens = segment.flags.has(Flags::SYN) && !segment.flags.has(Flags::ACK);
        let key = match (self.flows.get(&forth), self.flows.get(&back)) {
            (Some(flow), _) if !(opens && flow.is_over()) => forth,
            (_, Some(_)) if !opens => back,
            _ => self.begin(segment, opens),
        };
        let flow = self.flows.get_mut(&key).expect("the key was found or just made");
        let who = if key.0 == segment.source { Who::Client } else { Who::Server };
        let before = flow.ends[who as usize].bytes;
        let reading = flow.observe(who, segment);
        self.bytes[who as usize] += flow.ends[who as usize].bytes - before;
        reading
    }

    /// Payload bytes of all connections, from the clients and from the servers, each counted once
    /// however often it was sent.
    pub fn bytes(&self) -> [u64; 2] {
        self.bytes
    }

    /// Enters a new connection, and returns its key: the client's address, then the server's.
    fn begin(&mut self, segment: &Segment, opens: bool) -> (SocketAddr, SocketAddr) {
        if self.flows.len() >= MOST {
            self.flows.retain(|_, flow| !flow.is_over());
        }
        if self.flows.len() >= MOST {
            self.flows.clear();
        }
        let answers = segment.flags.has(Flags::SYN) && segment.flags.has(Flags::ACK);
        let from_client = opens
            || !answers
                && match self.server_port {
                    Some(port) => segment.source.port() != port,
                    None => segment.source.port() >= segment.destination.port(),
                };
        let key = match from_client {
            true => (segment.source, segment.destination),
            false => (segment.destination, segment.source),
        };
        self.flows.insert(key, Flow::default());
        key
    }
}

/// One end of a connection, as far as its segments tell.
#[derive(Debug, Default)]
struct End {
    /// Its first sequence number.
    isn: Option<u32>,
    /// The number after the last one that it sent.
    next: u32,
    /// The highest acknowledgment that it sent.
    acked: Option<u32>,
    /// The number of its FIN.
    fin: Option<u32>,
    /// Payload bytes that it sent, each counted once.
    bytes: u64,
    state: Option<State>,
}

/// One connection: the client's end, then the server's.
#[derive(Debug, Default)]
struct Flow {
    ends: [End; 2],
}

impl Flow {
    /// Whether a SYN with the same addresses and ports would begin a new connection.
    fn is_over(&self) -> bool {
        self.ends.iter().any(|end| matches!(end.state, Some(State::Closed | State::TimeWait)))
    }

    fn observe(&mut self, who: Who, segment: &Segment) -> Reading {
        let flags = segment.flags;
        let ack = flags.has(Flags::ACK).then_some(segment.ack);
        let [this, that] = self.ends_from(who);

        // Without its SYN, an end's numbers begin just before the first one seen.
        let isn = *this.isn.get_or_insert_with(|| {
            this.next = segment.seq;
            match flags.has(Flags::SYN) {
                true => segment.seq,
                false => segment.seq.wrapping_sub(1),
            }
        });
        let ack_base = match (that.isn, ack) {
            (None, Some(ack)) if !flags.has(Flags::RST) => {
                that.next = ack;
                *that.isn.insert(ack.wrapping_sub(1))
            }
            (isn, _) => isn.unwrap_or(0),
        };

        let end = segment.seq.wrapping_add(segment.space());
        let fresh = is_after(end, this.next);
        let new_bytes = match fresh && !flags.has(Flags::RST) {
            true => segment.length.min(end.wrapping_sub(this.next) as usize),
            false => 0,
        };
        let role = role(who, this, that, segment, ack, fresh);
        this.bytes += new_bytes as u64;
        if fresh {
            this.next = end;
        }
        if flags.has(Flags::FIN) {
            this.fin.get_or_insert(end.wrapping_sub(1));
        }
        if let Some(ack) = ack {
            this.acked = Some(this.acked.map_or(ack, |old| if is_after(ack, old) { ack } else { old }));
        }

        Reading {
            from: who,
            seq: segment.seq.wrapping_sub(isn),
            ack: ack.map(|ack| ack.wrapping_sub(ack_base)),
            role,
            states: self.step(who, role, ack),
        }
    }

    fn ends_from(&mut self, who: Who) -> [&mut End; 2] {
        let [client, server] = &mut self.ends;
        match who {
            Who::Client => [client, server],
            Who::Server => [server, client],
        }
    }

    /// Takes both ends through the state diagram (RFC 9293, section 3.3.2), and says what changed.
    fn step(&mut self, who: Who, role: Role, ack: Option<u32>) -> Vec<(Who, State)> {
        let before = [self.ends[0].state, self.ends[1].state];
        let [this, that] = self.ends_from(who);
        match role {
            Role::Syn => this.state = Some(State::SynSent),
            Role::SynAck => this.state = Some(State::SynRcvd),
            Role::HandshakeAck => {
                this.state = Some(State::Established);
                that.state = Some(State::Established);
            }
            Role::Fin => {
                this.state = Some(match this.state {
                    Some(State::CloseWait) => State::LastAck,
                    _ => State::FinWait1,
                });
                that.state = Some(match that.state {
                    // Its own FIN may be acknowledged by this very segment: looked at below.
                    Some(State::FinWait1) => State::Closing,
                    Some(State::FinWait2) => State::TimeWait,
                    _ => State::CloseWait,
                });
            }
            Role::Reset => {
                // A listener that refuses a connection never had a state in it.
                this.state = this.state.map(|_| State::Closed);
                that.state = Some(State::Closed);
            }
            Role::Data | Role::Ack | Role::FinAck | Role::Window | Role::Again | Role::Other => {}
        }
        let acknowledges_fin = that.fin.is_some_and(|fin| ack == Some(fin.wrapping_add(1)));
        if acknowledges_fin && role != Role::Reset {
            that.state = that.state.map(|state| match state {
                State::FinWait1 => State::FinWait2,
                State::Closing => State::TimeWait,
                State::LastAck => State::Closed,
                other => other,
            });
        }
        Who::BOTH
            .into_iter()
            .filter(|&end| self.ends[end as usize].state != before[end as usize])
            .filter_map(|end| self.ends[end as usize].state.map(|state| (end, state)))
            .collect()
    }
}

/// What the segment is for, given both ends before it.
fn role(who: Who, this: &End, that: &End, segment: &Segment, ack: Option<u32>, fresh: bool) -> Role {
    let flags = segment.flags;
    let acknowledges =
        |number: Option<u32>| ack.is_some() && ack == number.map(|number| number.wrapping_add(1));
    if flags.has(Flags::RST) {
        Role::Reset
    } else if segment.space() > 0 && !fresh {
        Role::Again
    } else if flags.has(Flags::SYN) {
        match ack {
            None => Role::Syn,
            Some(_) if acknowledges(that.isn) => Role::SynAck,
            Some(_) => Role::Other,
        }
    } else if flags.has(Flags::FIN) {
        Role::Fin
    } else if segment.length > 0 {
        Role::Data
    } else if who == Who::Client && that.state == Some(State::SynRcvd) && acknowledges(that.isn) {
        Role::HandshakeAck
    } else if acknowledges(that.fin) && this.acked != ack {
        Role::FinAck
    } else {
        match (ack, this.acked) {
            (Some(ack), Some(old)) if ack == old => Role::Window,
            (Some(_), _) => Role::Ack,
            (None, _) => Role::Other,
        }
    }
}

/// Whether sequence number `a` comes after `b`, in numbers that wrap around (RFC 9293, section 3.4).
fn is_after(a: u32, b: u32) -> bool {
    (a.wrapping_sub(b) as i32) > 0
}

#[cfg(test)]
mod tests {
    use std::net::SocketAddr;

    use super::{Flows, is_after};
    use crate::event::{Reading, Role, Who};
    use crate::segment::{Flags, Options, Segment};
    use crate::state::State;

    const CLIENT: u16 = 40000;
    const SERVER: u16 = 12000;

    fn segment(from: Who, flags: u8, seq: u32, ack: u32, payload: &[u8]) -> Segment {
        let address = |port| SocketAddr::from(([127, 0, 0, 1], port));
        let (source, destination) = match from {
            Who::Client => (address(CLIENT), address(SERVER)),
            Who::Server => (address(SERVER), address(CLIENT)),
        };
        let (payload, length) = (payload.to_vec(), payload.len());
        Segment {
            source,
            destination,
            seq,
            ack,
            flags: Flags(flags),
            window: 1,
            options: Options::default(),
            length,
            payload,
        }
    }

    const SYN: u8 = 0x02;
    const SYN_ACK: u8 = 0x12;
    const ACK: u8 = 0x10;
    const PSH_ACK: u8 = 0x18;
    const FIN_ACK: u8 = 0x11;

    fn play(segments: &[Segment]) -> (Vec<Reading>, [u64; 2]) {
        let mut flows = Flows::new(Some(SERVER));
        (segments.iter().map(|segment| flows.observe(segment)).collect(), flows.bytes())
    }

    /// A conversation whose numbers wrap around in the middle of "hi".
    fn conversation() -> Vec<Segment> {
        let c = u32::MAX - 1;
        let s = 500;
        vec![
            segment(Who::Client, SYN, c, 0, b""),
            segment(Who::Server, SYN_ACK, s, c.wrapping_add(1), b""),
            segment(Who::Client, ACK, c.wrapping_add(1), s + 1, b""),
            segment(Who::Client, PSH_ACK, c.wrapping_add(1), s + 1, b"hi"),
            segment(Who::Server, ACK, s + 1, c.wrapping_add(3), b""),
            segment(Who::Server, FIN_ACK, s + 1, c.wrapping_add(3), b""),
            segment(Who::Client, ACK, c.wrapping_add(3), s + 2, b""),
            segment(Who::Client, FIN_ACK, c.wrapping_add(3), s + 2, b""),
            segment(Who::Server, ACK, s + 2, c.wrapping_add(4), b""),
        ]
    }

    #[test]
    fn a_conversation_from_syn_to_time_wait() {
        let (readings, bytes) = play(&conversation());
        let roles: Vec<_> = readings.iter().map(|reading| reading.role).collect();
        use Role::{Ack, Data, Fin, FinAck, HandshakeAck, Syn, SynAck};
        assert_eq!(roles, [Syn, SynAck, HandshakeAck, Data, Ack, Fin, FinAck, Fin, FinAck]);
        let numbers: Vec<_> = readings.iter().map(|reading| (reading.seq, reading.ack)).collect();
        assert_eq!(numbers[..5], [(0, None), (0, Some(1)), (1, Some(1)), (1, Some(1)), (1, Some(3))]);
        let states: Vec<_> = readings.into_iter().flat_map(|reading| reading.states).collect();
        use State::{
            CloseWait, Closed, Established, FinWait1, FinWait2, LastAck, SynRcvd, SynSent, TimeWait,
        };
        let (c, s) = (Who::Client, Who::Server);
        assert_eq!(
            states,
            [
                (c, SynSent),
                (s, SynRcvd),
                (c, Established),
                (s, Established), // open
                (c, CloseWait),
                (s, FinWait1),
                (s, FinWait2), // half closed
                (c, LastAck),
                (s, TimeWait),
                (c, Closed),
            ]
        );
        assert_eq!(bytes, [2, 0]);
    }

    #[test]
    fn a_close_in_three_segments() {
        let mut segments = conversation();
        segments.remove(6);
        let (readings, _) = play(&segments);
        let last: Vec<_> = readings.into_iter().skip(5).flat_map(|reading| reading.states).collect();
        use State::{CloseWait, Closed, FinWait1, LastAck, TimeWait};
        let (c, s) = (Who::Client, Who::Server);
        assert_eq!(last, [(c, CloseWait), (s, FinWait1), (c, LastAck), (s, TimeWait), (c, Closed)]);
    }

    #[test]
    fn refused() {
        let (readings, _) =
            play(&[segment(Who::Client, SYN, 9, 0, b""), segment(Who::Server, 0x14, 0, 10, b"")]);
        assert_eq!(readings[1].role, Role::Reset);
        assert_eq!(readings[1].ack, Some(1));
        assert_eq!(readings[1].states, [(Who::Client, State::Closed)]);
    }

    #[test]
    fn bytes_sent_again_count_once() {
        let mut segments = conversation();
        segments.insert(4, segments[3].clone());
        let (readings, bytes) = play(&segments);
        assert_eq!(readings[4].role, Role::Again);
        assert_eq!(bytes, [2, 0]);
    }

    #[test]
    fn a_syn_ack_with_a_wrong_number_is_no_handshake() {
        let (readings, _) =
            play(&[segment(Who::Client, SYN, 9, 0, b""), segment(Who::Server, SYN_ACK, 5, 77, b"")]);
        assert_eq!(readings[1].role, Role::Other);
    }

    #[test]
    fn a_beginning_that_was_missed() {
        let (readings, _) = play(&conversation()[3..]);
        assert_eq!((readings[0].from, readings[0].seq, readings[0].ack), (Who::Client, 1, Some(1)));
        assert_eq!((readings[1].from, readings[1].seq, readings[1].ack), (Who::Server, 1, Some(3)));
    }

    #[test]
    fn the_same_ports_again_are_a_new_connection() {
        let mut segments = conversation();
        segments.push(segment(Who::Client, SYN, 7777, 0, b""));
        let (readings, _) = play(&segments);
        assert_eq!((readings[9].role, readings[9].seq), (Role::Syn, 0));
    }

    #[test]
    fn numbers_wrap_around() {
        assert!(is_after(1, u32::MAX));
        assert!(!is_after(u32::MAX, 1));
        assert!(!is_after(7, 7));
    }
}
