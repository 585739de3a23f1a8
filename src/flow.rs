//! Tells connections apart and follows each. Pure: segments go in, readings come out.

use std::collections::HashMap;
use std::net::SocketAddr;

use crate::connection::Connection;
use crate::event::{Reading, Who};
use crate::segment::{Flags, Segment};

/// How many connections are followed at once. When one more comes, those that have ended go
/// first, then all others: a reader that starts anew is better than one that grows for ever.
const MOST: usize = 4096;

/// Every connection that has been seen.
#[derive(Debug, Default)]
pub struct Flows {
    server_port: Option<u16>,
    flows: HashMap<(SocketAddr, SocketAddr), Connection>,
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
        let before = flow.bytes(who);
        let reading = flow.observe(who, segment);
        self.bytes[who as usize] += flow.bytes(who) - before;
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
        self.flows.insert(key, Connection::default());
        key
    }
}

#[cfg(test)]
mod tests {
    use std::net::SocketAddr;

    use super::Flows;
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
    fn windows_are_scaled_as_both_ends_agreed() {
        let scaled = |segments: &mut [Segment], offers: [Option<u8>; 2]| {
            for (segment, offer) in segments.iter_mut().zip(offers) {
                segment.options.window_scale = offer;
            }
            play(segments).0.iter().map(|reading| reading.window).take(4).collect::<Vec<_>>()
        };
        assert_eq!(scaled(&mut conversation(), [Some(7), Some(3)]), [1, 1, 128, 128]);
        assert_eq!(scaled(&mut conversation(), [Some(7), None]), [1, 1, 1, 1]);
        assert_eq!(scaled(&mut conversation(), [Some(255), Some(0)]), [1, 1, 1 << 14, 1 << 14]);
    }

    #[test]
    fn the_same_ports_again_are_a_new_connection() {
        let mut segments = conversation();
        segments.push(segment(Who::Client, SYN, 7777, 0, b""));
        let (readings, _) = play(&segments);
        assert_eq!((readings[9].role, readings[9].seq), (Role::Syn, 0));
    }
}
