//! Conversations made up of segments, and what the table makes of them.

mod cut;
mod odd;

use std::net::SocketAddr;

use super::Flows;
use crate::tcp::frame::Frame;
use crate::tcp::reading::{Reading, Role};
use crate::tcp::segment::{Checksum, Flags, Options, Segment};
use crate::tcp::state::State;
use crate::tcp::who::Who;

const CLIENT: u16 = 40000;
const SERVER: u16 = 12000;

fn segment(from: Who, flags: u8, seq: u32, ack: u32, payload: &[u8]) -> Segment {
    let address = |port| SocketAddr::from(([127, 0, 0, 1], port));
    let (source, destination) = match from {
        Who::Client => (address(CLIENT), address(SERVER)),
        Who::Server => (address(SERVER), address(CLIENT)),
    };
    let frame = Frame { bytes: payload.to_vec(), length: payload.len(), ..Frame::default() };
    Segment {
        source,
        destination,
        seq,
        ack,
        flags: Flags(flags),
        window: 1,
        options: Options::default(),
        identification: None,
        checksum: 0,
        verdict: Checksum::Unknown,
        unmeasured: false,
        length: payload.len(),
        body: 0..payload.len(),
        frame,
    }
}

const SYN: u8 = 0x02;
const SYN_ACK: u8 = 0x12;
const ACK: u8 = 0x10;
const PSH_ACK: u8 = 0x18;
const FIN_ACK: u8 = 0x11;

fn play(segments: &[Segment]) -> (Vec<Reading>, [u64; 2]) {
    let mut flows = Flows::new(&[SERVER]);
    // A tenth of a second apart: nothing is overtaken by anything.
    let at = |index: usize| index as u64 * 100_000_000;
    let readings = segments.iter().enumerate().map(|(index, one)| flows.observe(one, at(index)));
    (readings.collect(), flows.bytes())
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
    use State::{CloseWait, Closed, Established, FinWait1, FinWait2, LastAck, SynRcvd, SynSent, TimeWait};
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
    let (readings, _) = play(&[segment(Who::Client, SYN, 9, 0, b""), segment(Who::Server, 0x14, 0, 10, b"")]);
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
