//! The segment reader against bytes of every kind: it reads what was written, and nothing else makes
//! it stumble.

use proptest::collection::vec;
use proptest::prelude::*;
use socklab::capfile::{Item, Reader};
use socklab::event::damage::Fault;
use socklab::tcp::decode::{Decoded, decode};
use socklab::tcp::flow::Flows;
use socklab::tcp::frame::{Frame, Link};
use socklab::tcp::reassembly::{Piece, Stream};
use socklab::tcp::seen_ranges::Extent;

use crate::captures::{Order, behind, pcap};

const LINKS: [u16; 7] = [1, 101, 0, 108, 113, 276, 147];

fn read(link: u16, bytes: Vec<u8>, missing: usize) -> Decoded {
    let length = bytes.len() + missing;
    decode(Frame { link: Link::of_number(link), length, bytes, ..Frame::default() })
}

/// What must be true of everything that was read.
fn is_sound(decoded: &Decoded) {
    match decoded {
        Decoded::Segment(segment) => {
            assert!(segment.payload().len() <= segment.length);
            assert!(segment.body.start <= segment.body.end && segment.body.end <= segment.frame.bytes.len());
            // Whatever it says, it can be followed.
            Flows::new(&[]).observe(segment, 0);
        }
        Decoded::Malformed(malformed, _) => assert!(malformed.needed > malformed.had, "{malformed}"),
        Decoded::Other => {}
    }
}

proptest! {
    // A failure is printed with its input; nobody wants a file of old ones.
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes_behind_any_link(
        link in prop::sample::select(&LINKS[..]),
        bytes in vec(any::<u8>(), 0..200),
        missing in 0usize..100_000,
    ) {
        is_sound(&read(link, bytes, missing));
    }

    #[test]
    fn a_packet_that_was_tampered_with(
        link in prop::sample::select(&LINKS[..6]),
        payload in vec(any::<u8>(), 0..40),
        changes in vec((0usize..100, any::<u8>()), 0..6),
        cut in 0usize..100,
    ) {
        let packet = crate::captures::packet(true, 0x18, 7, 9, &payload);
        let mut bytes = behind(link, &packet);
        let length = bytes.len();
        for (at, byte) in changes {
            bytes[at % length] = byte;
        }
        bytes.truncate(length - cut % length);
        is_sound(&read(link, bytes, cut % length));
    }

    #[test]
    fn what_was_written_is_read(
        link in prop::sample::select(&LINKS[..6]),
        from_client in any::<bool>(),
        flags in any::<u8>(),
        seq in any::<u32>(),
        ack in any::<u32>(),
        payload in vec(any::<u8>(), 0..100),
    ) {
        let bytes = behind(link, &crate::captures::packet(from_client, flags, seq, ack, &payload));
        let Decoded::Segment(segment) = read(link, bytes, 0) else { panic!("it is a segment") };
        prop_assert_eq!((segment.seq, segment.ack, segment.flags.0), (seq, ack, flags));
        prop_assert_eq!(segment.payload(), &payload[..]);
        prop_assert_eq!(segment.source.port() == crate::captures::CLIENT, from_client);
    }

    #[test]
    fn a_file_cut_anywhere_gives_what_comes_before(
        big_endian in any::<bool>(),
        frames in vec(vec(any::<u8>(), 0..60), 0..6),
        cut in any::<prop::sample::Index>(),
    ) {
        let file = pcap(Order { big_endian, nanoseconds: true }, 1, &frames);
        let end = cut.index(file.len() + 1);
        let Ok(mut reader) = Reader::open(&file[..end]) else { return Ok(()) };
        let mut at = 24;
        for frame in &frames {
            let whole = at + 16 + frame.len();
            match reader.item() {
                Ok(Some(Item::Frame(found, _))) => prop_assert!(found.bytes == *frame && whole <= end),
                Ok(None) => prop_assert_eq!(at, end),
                Err(damage) => {
                    prop_assert!(matches!(damage.fault, Fault::Cut) && whole > end);
                    prop_assert_eq!(damage.offset, at as u64);
                }
                Ok(Some(other)) => prop_assert!(false, "{:?}", other),
            }
            if whole > end {
                break;
            }
            at = whole;
        }
    }

    #[test]
    fn numbers_in_any_order_count_once(pieces in vec((any::<u32>(), 0u32..2000), 0..100)) {
        let mut extent = Extent::starting_at(pieces.first().map_or(0, |piece| piece.0));
        for (first, count) in pieces {
            prop_assert!(extent.see(first, count) <= count);
            extent.acknowledge(first);
        }
    }

    #[test]
    fn a_stream_comes_out_as_it_went_in(
        bytes in vec(any::<u8>(), 1..300),
        order in vec((any::<prop::sample::Index>(), 1usize..50), 0..30),
    ) {
        let mut stream = Stream::default();
        let mut out = Vec::new();
        let mut collect = |pieces: Vec<Piece>| {
            for piece in pieces {
                match piece {
                    Piece::Bytes(bytes) => out.extend(bytes),
                    Piece::Gap(count) => panic!("a gap of {count}"),
                }
            }
        };
        for (at, count) in order {
            let at = at.index(bytes.len());
            let piece = &bytes[at..bytes.len().min(at + count)];
            collect(stream.take(at as u32 + 1, piece, piece.len()));
        }
        collect(stream.take(1, &bytes, bytes.len()));
        prop_assert_eq!(out, bytes);
    }
}
