//! Conversations that are not the textbook's.

use std::net::SocketAddr;

use super::*;
use crate::tcp::anomaly::Oddity;
use crate::tcp::reading::Reset;
use crate::tcp::summary::{Ending, Handshake};

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
    let mut flows = Flows::new(&[SERVER]);
    let readings: Vec<_> = twice.iter().map(|one| flows.observe(one, 0)).collect();
    assert_eq!(flows.bytes(), [2, 0]);
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
fn an_old_number_into_a_shut_window_asks_for_the_window_and_not_for_the_peer() {
    let with = |mut segment: Segment, window: u16| {
        segment.window = window;
        segment
    };
    let ack = |window| with(segment(Who::Server, ACK, 1, 1004, b""), window);
    let old = || segment(Who::Client, ACK, 1003, 1, b"");
    let data = segment(Who::Client, PSH_ACK, 1000, 1, b"abcd");
    let segments = [data, ack(0), old(), ack(0), old(), ack(9), old(), ack(9)];
    let names: Vec<_> = odd(&segments).into_iter().map(|(_, odd)| odd).collect();
    assert_eq!(names[2], [Oddity::ZeroWindowProbe]);
    assert_eq!(names[3], [Oddity::ZeroWindow, Oddity::ZeroWindowProbeAck]);
    assert_eq!(names[4], [Oddity::ZeroWindowProbe]);
    assert_eq!(names[5], [Oddity::WindowUpdate]);
    assert_eq!(names[6], [Oddity::KeepAlive]);
    assert_eq!(names[7], [Oddity::KeepAliveAck]);
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
    let mut forgotten = Vec::new();
    for number in 0..200_000u32 {
        let mut syn = segment(Who::Client, SYN, number, 0, b"");
        syn.source = SocketAddr::from(((0x0a00_0000 + number).to_be_bytes(), 40000));
        flows.observe(&syn, 0);
        forgotten.extend(flows.forgotten().into_iter().map(|summary| summary.flow));
    }
    assert_eq!(flows.count(), 200_000);
    let left = flows.finish().len();
    assert!(left < 70_000, "{left}");
    assert_eq!(forgotten.len() + left, 200_000, "every connection is told once");
    assert!(forgotten.is_sorted(), "in their order, whatever the table's is");
    assert_eq!(flows.let_go(), (200_000 - left as u64).next_multiple_of(32_896), "and it is said how many");
}
