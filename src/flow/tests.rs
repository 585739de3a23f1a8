//! Conversations made up of segments, and what the table makes of them.

use std::net::SocketAddr;

use super::Flows;
use crate::event::{Reading, Reset, Role, Who};
use crate::frame::Frame;
use crate::oddity::Oddity;
use crate::segment::{Checksum, Flags, Options, Segment};
use crate::state::State;
use crate::summary::{Ending, Handshake};

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

/// What each segment was, and what was odd about it.
fn odd(segments: &[Segment]) -> Vec<(Role, Vec<Oddity>)> {
    play(segments).0.into_iter().map(|reading| (reading.role, reading.odd.iter().collect())).collect()
}

#[test]
fn a_segment_sent_again() {
    let mut segments = conversation();
    segments.insert(5, segments[3].clone());
    assert_eq!(odd(&segments)[5], (Role::Again, vec![Oddity::SpuriousRetransmission]));
    segments.remove(4);
    assert_eq!(odd(&segments)[4], (Role::Again, vec![Oddity::Retransmission]));
}

#[test]
fn the_same_packet_captured_twice() {
    let mut segments = conversation();
    for (number, segment) in segments.iter_mut().enumerate() {
        segment.identification = Some(number as u16 + 1);
    }
    let twice: Vec<_> = segments.iter().flat_map(|segment| [segment.clone(), segment.clone()]).collect();
    let (readings, bytes) = play(&twice);
    assert_eq!(bytes, [2, 0]);
    for pair in readings.chunks(2) {
        assert!(pair[0].odd.is_empty() && pair[1].odd.has(Oddity::CapturedTwice));
        assert_eq!((pair[0].seq, pair[0].ack), (pair[1].seq, pair[1].ack));
    }
}

#[test]
fn a_gap_and_what_asks_for_it() {
    let c = 1000;
    let data = |at: u32| segment(Who::Client, PSH_ACK, c + at, 1, b"abcd");
    let ack = |at: u32| segment(Who::Server, ACK, 1, c + at, b"");
    let segments =
        [data(0), ack(4), data(8), ack(4), data(12), ack(4), data(16), ack(4), data(4), ack(20), ack(40)];
    let mut flows = Flows::new(&[SERVER]);
    // A millisecond apart, so that what asks and what answers belong together.
    let readings: Vec<_> =
        segments.iter().enumerate().map(|(n, one)| flows.observe(one, n as u64 * 1_000_000)).collect();
    let odd: Vec<Vec<_>> = readings.iter().map(|reading| reading.odd.iter().collect()).collect();
    assert_eq!(odd[2], [Oddity::PreviousNotCaptured]);
    assert_eq!(odd[3], [Oddity::DuplicateAck]);
    assert_eq!((readings[3].repeats, readings[5].repeats, readings[7].repeats), (1, 2, 3));
    assert_eq!(odd[8], [Oddity::FastRetransmission]);
    assert_eq!(readings[8].role, Role::Data, "its bytes had never been seen");
    assert_eq!(odd[9], []);
    assert_eq!(odd[10], [Oddity::AcknowledgesUnseen]);
    let summary = &flows.finish()[0];
    assert_eq!((summary.bytes, summary.unseen), ([20, 0], [20, 0]));
}

#[test]
fn overtaken_rather_than_sent_again() {
    let data = |at: u32| segment(Who::Client, PSH_ACK, 1000 + at, 1, b"abcd");
    let mut flows = Flows::new(&[SERVER]);
    let odd: Vec<_> = [(data(0), 0), (data(8), 10_000), (data(4), 20_000)]
        .iter()
        .map(|(segment, at)| flows.observe(segment, *at).odd)
        .collect();
    assert!(odd[1].has(Oddity::PreviousNotCaptured));
    assert!(odd[2].has(Oddity::OutOfOrder));
}

#[test]
fn a_window_that_shuts_is_probed_and_opens() {
    let with = |mut segment: Segment, window: u16| {
        segment.window = window;
        segment
    };
    let data = |at: u32, bytes: &[u8]| segment(Who::Client, PSH_ACK, 1000 + at, 1, bytes);
    let ack = |at: u32, window| with(segment(Who::Server, ACK, 1, 1000 + at, b""), window);
    let segments = [
        data(0, b"abcd"),
        ack(4, 0),
        data(4, b"e"),
        ack(4, 0),
        ack(4, 9),
        data(4, b"efg"),
        ack(7, 9),
        data(6, b"g"),
        ack(7, 9),
    ];
    let names: Vec<_> = odd(&segments).into_iter().map(|(_, odd)| odd).collect();
    assert_eq!(names[1], [Oddity::ZeroWindow]);
    assert_eq!(names[2], [Oddity::ZeroWindowProbe]);
    assert_eq!(names[3], [Oddity::ZeroWindow, Oddity::ZeroWindowProbeAck]);
    assert_eq!(names[4], [Oddity::WindowUpdate]);
    assert_eq!(names[5], []);
    assert_eq!(names[7], [Oddity::KeepAlive]);
    assert_eq!(names[8], [Oddity::KeepAliveAck]);
}

#[test]
fn both_ends_open_at_once() {
    let (c, s) = (100, 500);
    let segments = [
        segment(Who::Client, SYN, c, 0, b""),
        segment(Who::Server, SYN, s, 0, b""),
        segment(Who::Client, SYN_ACK, c, s + 1, b""),
        segment(Who::Server, SYN_ACK, s, c + 1, b""),
        segment(Who::Client, PSH_ACK, c + 1, s + 1, b"hi"),
    ];
    let (readings, bytes) = play(&segments);
    assert!(readings.iter().all(|reading| reading.flow == 1));
    assert!(readings[1].odd.has(Oddity::SimultaneousOpen));
    assert_eq!(readings[3].states.len(), 2, "{:?}", readings[3]);
    assert_eq!(bytes, [2, 0]);
}

#[test]
fn a_handshake_in_four_segments() {
    let (c, s) = (100, 500);
    let segments = [
        segment(Who::Client, SYN, c, 0, b""),
        segment(Who::Server, ACK, 0, c + 1, b""),
        segment(Who::Server, SYN, s, 0, b""),
        segment(Who::Client, SYN_ACK, c, s + 1, b""),
        segment(Who::Server, ACK, s + 1, c + 1, b""),
    ];
    let (readings, _) = play(&segments);
    assert!(readings[2].odd.has(Oddity::SplitHandshake) || readings[4].odd.has(Oddity::SplitHandshake));
    assert_eq!(readings[4].role, Role::HandshakeAck);
}

#[test]
fn a_syn_ack_that_came_before_its_syn() {
    let mut segments = conversation();
    segments.swap(0, 1);
    let (readings, _) = play(&segments);
    assert!(readings.iter().all(|reading| reading.flow == 1));
    assert_eq!((readings[0].from, readings[1].from), (Who::Server, Who::Client));
    assert_eq!((readings[2].seq, readings[2].ack), (1, Some(1)));
}

#[test]
fn ports_used_again_are_told() {
    let mut segments = conversation();
    segments.push(segment(Who::Client, SYN, 7777, 0, b""));
    segments.push(segment(Who::Server, 0x14, 0, 7778, b""));
    let mut flows = Flows::new(&[]);
    let readings: Vec<_> = segments.iter().map(|one| flows.observe(one, 0)).collect();
    assert!(readings[9].odd.has(Oddity::PortReuse));
    assert_eq!(readings[10].reset, Some(Reset::Refused));
    let summaries = flows.finish();
    assert_eq!(summaries.iter().map(|one| one.ending).collect::<Vec<_>>(), [Ending::Closed, Ending::Refused]);
    assert_eq!(summaries[0].handshake, Handshake::Complete);
}

#[test]
fn a_round_trip_is_from_what_was_sent_to_its_acknowledgment() {
    let (readings, _) = play(&conversation());
    let tenth = Some(100_000_000);
    assert_eq!(
        readings.iter().map(|reading| reading.rtt).collect::<Vec<_>>()[..5],
        [None, tenth, tenth, None, tenth]
    );
}

#[test]
fn the_table_is_bounded() {
    let mut flows = Flows::new(&[SERVER]);
    let mut forgotten = 0;
    for number in 0..200_000u32 {
        let mut syn = segment(Who::Client, SYN, number, 0, b"");
        syn.source = SocketAddr::from(((0x0a00_0000 + number).to_be_bytes(), 40000));
        flows.observe(&syn, 0);
        forgotten += flows.forgotten().len();
    }
    assert_eq!(flows.count(), 200_000);
    let left = flows.finish().len();
    assert!(left < 70_000, "{left}");
    assert_eq!(forgotten + left, 200_000, "every connection is told once");
}
