//! Shapes: an input that says what is in a file and leaves lengths and magic numbers to these, so
//! that a mutation of one part leaves the others where they can be read.

use socklab::tcp::frame::{Direction, Frame, Link};

/// The links, chosen by number.
const LINKS: [Link; 6] =
    [Link::Ethernet, Link::Raw, Link::Loopback, Link::Cooked, Link::Cooked2, Link::Other(147)];

/// The kinds of pcapng blocks, chosen by number: section, interface, the three packets, statistics,
/// socklab's notes, and a kind that nobody knows.
pub const BLOCKS: [u32; 8] = [0x0a0d_0d0a, 1, 6, 3, 2, 5, 0x8c75_6f53, 0xbad];

/// The link that a byte chooses.
pub fn link(choice: u8) -> Link {
    LINKS[usize::from(choice) % LINKS.len()]
}

/// Frames out of bytes: how much later, how much of its end is missing, how long; then so many bytes.
pub fn frames(link: Link, mut bytes: &[u8]) -> Vec<Frame> {
    let (mut frames, mut at) = (Vec::new(), 1_000_000_000);
    while let [later, missing, length, rest @ ..] = bytes {
        let (captured, rest) = rest.split_at(usize::from(*length).min(rest.len()));
        bytes = rest;
        at += 1u64 << (later & 31);
        let missing = if missing & 0x80 == 0 { 0 } else { (1usize << (missing & 31)) - 1 };
        frames.push(Frame {
            number: frames.len() as u64 + 1,
            at,
            link,
            direction: Direction::Unknown,
            length: captured.len() + missing,
            bytes: captured.to_vec(),
        });
    }
    frames
}

/// A pcap file with these frames, in the byte order and the precision that a byte chooses.
pub fn pcap(choice: u8, link: Link, frames: &[Frame]) -> Vec<u8> {
    let (big, nanos) = (choice & 1 != 0, choice & 2 != 0);
    let put = |file: &mut Vec<u8>, number: u32| {
        file.extend(if big { number.to_be_bytes() } else { number.to_le_bytes() });
    };
    let mut file = Vec::new();
    put(&mut file, if nanos { 0xa1b2_3c4d } else { 0xa1b2_c3d4 });
    let version = [2u16, 4].map(|half| if big { half.to_be_bytes() } else { half.to_le_bytes() });
    file.extend(version.concat());
    [0, 0, 0xffff, link.number().into()].into_iter().for_each(|field| put(&mut file, field));
    for frame in frames {
        let (seconds, rest) = (frame.at / 1_000_000_000, frame.at % 1_000_000_000);
        let rest = if nanos { rest } else { rest / 1000 };
        let (captured, length) = (frame.bytes.len() as u32, frame.length as u32);
        [seconds as u32, rest as u32, captured, length].into_iter().for_each(|field| put(&mut file, field));
        file.extend(&frame.bytes);
    }
    file
}

/// A pcapng file out of bytes: for each block its kind and its length, then so many bytes.
pub fn pcapng(choice: u8, mut bytes: &[u8]) -> Vec<u8> {
    let big = choice & 1 != 0;
    let number = |number: u32| if big { number.to_be_bytes() } else { number.to_le_bytes() };
    let mut file = Vec::new();
    let mut block = |kind: u32, body: &[u8]| {
        let padding = body.len().next_multiple_of(4) - body.len();
        let length = number((body.len() + padding + 12) as u32);
        // JSON may have spaces at its end.
        for part in [&number(kind)[..], &length, body, &[b' '; 3][..padding], &length] {
            file.extend(part);
        }
    };
    // A section of unknown length, and an interface whose link the byte chooses.
    block(BLOCKS[0], &[&number(0x1a2b_3c4d)[..], &[1, 0, 0, 0], &[0xff; 8]].concat());
    let link = link(choice >> 1).number();
    let link = if big { link.to_be_bytes() } else { link.to_le_bytes() };
    block(1, &[&link[..], &[0; 6]].concat());
    while let [kind, low, high, rest @ ..] = bytes {
        let length = usize::from(u16::from_le_bytes([*low, *high])).min(rest.len());
        let (body, rest) = rest.split_at(length);
        bytes = rest;
        block(BLOCKS[usize::from(*kind) % BLOCKS.len()], body);
    }
    file
}
