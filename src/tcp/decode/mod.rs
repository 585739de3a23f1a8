//! A frame → `Segment`, or why not. With its parts the only door to `pnet::packet`.
//!
//! What the packet library leaves unchecked is checked here before a field is trusted: header
//! lengths, versions, total lengths of zero (offload) or past the end, padding, options.

mod checksum;
mod ip;
mod link;
mod options;

use std::net::SocketAddr;

use pnet::packet::tcp::TcpPacket;

use crate::tcp::frame::Frame;
use crate::tcp::malformed::{Layer, Malformed};
use crate::tcp::segment::{Checksum, Flags, Segment};
use ip::{Packet, ipv4, ipv6};
use link::Network;

/// What a frame turned out to be.
#[derive(Debug, PartialEq, Eq)]
pub enum Decoded {
    /// A TCP segment.
    Segment(Segment),
    /// Something else: another protocol, a fragment, an unknown link.
    Other,
    /// Something that does not hold together, and the frame itself.
    Malformed(Malformed, Frame),
}

/// Reads a frame.
pub fn decode(frame: Frame) -> Decoded {
    match read(&frame) {
        Ok(Some(segment)) => Decoded::Segment(Segment { frame, ..segment }),
        Ok(None) => Decoded::Other,
        Err(malformed) => Decoded::Malformed(malformed, frame),
    }
}

/// Reads the headers; the segment's own frame is still to be put in.
fn read(frame: &Frame) -> Result<Option<Segment>, Malformed> {
    let Some((network, at)) = link::network(frame.link, &frame.bytes)? else { return Ok(None) };
    let bytes = &frame.bytes[at..];
    let packet = match network {
        Network::Ipv4 => ipv4(bytes, frame.missing())?,
        Network::Ipv6 => ipv6(bytes, frame.missing())?,
    };
    packet.map(|packet| tcp(&packet, at)).transpose()
}

fn short(layer: Layer, needed: usize, had: usize) -> Malformed {
    Malformed { layer, needed, had }
}

/// `at` is where the packet begins in its frame.
fn tcp(packet: &Packet, at: usize) -> Result<Segment, Malformed> {
    let bytes = packet.bytes;
    let tcp = TcpPacket::new(bytes).ok_or_else(|| short(Layer::Tcp, 20, bytes.len()))?;
    let header = usize::from(tcp.get_data_offset()) * 4;
    if header < 20 {
        return Err(short(Layer::Tcp, 20, header));
    }
    if header > packet.length {
        return Err(short(Layer::Tcp, header, packet.length));
    }
    let (source, destination) = packet.ends;
    // Of a header that the capture cut, the options count as far as they go.
    let end = header.min(bytes.len());
    let verdict = match bytes.len() == packet.length {
        true => checksum::judge(bytes, packet.ends),
        false => Checksum::Unknown,
    };
    let start = at + packet.at;
    Ok(Segment {
        source: SocketAddr::new(source, tcp.get_source()),
        destination: SocketAddr::new(destination, tcp.get_destination()),
        seq: tcp.get_sequence(),
        ack: tcp.get_acknowledgement(),
        flags: Flags(tcp.get_flags()),
        window: tcp.get_window(),
        options: options::options(&bytes[20..end]),
        identification: packet.identification,
        checksum: tcp.get_checksum(),
        verdict,
        unmeasured: packet.unmeasured,
        length: packet.length - header,
        body: start + end..start + bytes.len(),
        frame: Frame::default(),
    })
}

#[cfg(test)]
mod tests {
    use super::{Decoded, decode};
    use crate::tcp::frame::{Frame, Link};
    use crate::tcp::malformed::{Layer, Malformed};
    use crate::tcp::segment::{Checksum, Segment};

    /// `PSH,ACK` with "hi" from 127.0.0.1:43210 to 127.0.0.1:12000, timestamps in its options.
    const HI: &[u8] = &[
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x08, 0x00, // Ethernet
        0x45, 0, 0, 54, 0, 1, 0x40, 0, 64, 6, 0x3c, 0xbf, 127, 0, 0, 1, 127, 0, 0, 1, // IPv4
        0xa8, 0xca, 0x2e, 0xe0, 0, 0, 0, 7, 0, 0, 0, 9, 0x80, 0x18, 2, 0, 0xfe, 0x2a, 0, 0, // TCP
        1, 1, 8, 10, 0, 0, 0, 1, 0, 0, 0, 2, // options
        b'h', b'i',
    ];

    /// Reads the bytes, of a frame that was `length` long, behind this link's header.
    fn read(link: Link, bytes: &[u8], length: usize) -> Result<Option<Segment>, Malformed> {
        match decode(Frame { link, length, bytes: bytes.to_vec(), ..Frame::default() }) {
            Decoded::Segment(segment) => Ok(Some(segment)),
            Decoded::Other => Ok(None),
            Decoded::Malformed(malformed, _) => Err(malformed),
        }
    }

    fn ethernet(bytes: &[u8], length: usize) -> Result<Option<Segment>, Malformed> {
        read(Link::Ethernet, bytes, length)
    }

    #[test]
    fn every_field_of_a_segment() {
        let segment = ethernet(HI, HI.len()).unwrap().unwrap();
        assert_eq!(segment.source.to_string(), "127.0.0.1:43210");
        assert_eq!(segment.destination.to_string(), "127.0.0.1:12000");
        assert_eq!((segment.seq, segment.ack, segment.window), (7, 9, 512));
        assert_eq!(segment.flags.to_string(), "PSH,ACK");
        assert_eq!(segment.options.timestamps, Some((1, 2)));
        assert_eq!((segment.length, segment.payload()), (2, &b"hi"[..]));
        assert_eq!(segment.space(), 2);
    }

    #[test]
    fn a_frame_cut_at_any_length_says_which_layer_lacked_what() {
        for length in 0..HI.len() {
            let layer = match length {
                0..14 => Some((Layer::Link, 14)),
                14..34 => Some((Layer::Ipv4, 20)),
                34..54 => Some((Layer::Tcp, 20)),
                _ => None,
            };
            match (ethernet(&HI[..length], HI.len()), layer) {
                (Err(Malformed { layer, needed, .. }), Some(expected)) => {
                    assert_eq!((layer, needed), expected, "{length}")
                }
                (Ok(Some(segment)), None) => {
                    assert_eq!(
                        (segment.length, segment.payload().len()),
                        (2, length.saturating_sub(66)),
                        "{length}"
                    );
                }
                (other, _) => panic!("{length}: {other:?}"),
            }
        }
    }

    #[test]
    fn header_lengths_that_lie_are_refused() {
        let with = |at: usize, byte: u8| {
            let mut frame = HI.to_vec();
            frame[at] = byte;
            ethernet(&frame, frame.len())
        };
        assert_eq!(with(14, 0x44), Err(Malformed { layer: Layer::Ipv4, needed: 20, had: 16 }));
        assert_eq!(with(17, 10), Err(Malformed { layer: Layer::Ipv4, needed: 20, had: 10 }));
        assert_eq!(with(46, 0x40), Err(Malformed { layer: Layer::Tcp, needed: 20, had: 16 }));
        assert_eq!(with(46, 0xf0), Err(Malformed { layer: Layer::Tcp, needed: 60, had: 34 }));
        assert_eq!(with(23, 17), Ok(None), "UDP");
        assert_eq!(with(13, 6), Ok(None), "ARP");
    }

    #[test]
    fn padding_of_the_link_layer_is_no_payload() {
        let mut frame = HI.to_vec();
        frame.extend([0; 6]);
        let segment = ethernet(&frame, frame.len()).unwrap().unwrap();
        assert_eq!(segment.payload(), b"hi");
    }

    #[test]
    fn a_total_length_of_zero_takes_what_was_captured() {
        let mut frame = HI.to_vec();
        frame[17] = 0;
        assert_eq!(ethernet(&frame, frame.len()).unwrap().unwrap().length, 2);
    }

    #[test]
    fn options_that_lie_end_the_reading() {
        for (at, byte) in [(57, 0), (57, 1), (57, 11), (56, 0)] {
            let mut frame = HI.to_vec();
            frame[at] = byte;
            let segment = ethernet(&frame, frame.len()).unwrap().unwrap();
            assert_eq!(segment.options.timestamps, None, "{at} {byte}");
        }
    }

    #[test]
    fn the_same_segment_behind_every_link() {
        let packet = &HI[14..];
        let behind = |header: &[u8]| [header, packet].concat();
        for (link, frame) in [
            (Link::Raw, behind(&[])),
            (Link::Loopback, behind(&[2, 0, 0, 0])),
            (Link::Loopback, behind(&[0, 0, 0, 2])),
            (Link::Cooked, behind(&[0, 0, 3, 4, 0, 6, 0, 0, 0, 0, 0, 0, 0, 0, 8, 0])),
            (Link::Cooked2, behind(&[8, 0, 0, 0, 0, 0, 0, 1, 3, 4, 0, 6, 0, 0, 0, 0, 0, 0, 0, 0])),
            (Link::Ethernet, [&HI[..12], &[0x81, 0, 0, 7, 8, 0], packet].concat()),
            (Link::Ethernet, [&HI[..12], &[0x88, 0xa8, 0, 7, 0x81, 0, 0, 8, 8, 0], packet].concat()),
        ] {
            let segment = read(link, &frame, frame.len()).unwrap().unwrap();
            assert_eq!((segment.seq, segment.payload()), (7, &b"hi"[..]), "{link:?}");
            for length in 0..frame.len() {
                // Cut anywhere, it says so or shows what there is, and reads nothing past the end.
                let _ = read(link, &frame[..length], frame.len());
            }
        }
        assert_eq!(read(Link::Other(147), HI, HI.len()), Ok(None));
    }

    #[test]
    fn a_checksum_that_loopback_left_unfilled() {
        let segment = ethernet(HI, HI.len()).unwrap().unwrap();
        assert_eq!((segment.checksum, segment.verdict), (0xfe2a, Checksum::Unfilled));
        let cut = ethernet(&HI[..HI.len() - 1], HI.len()).unwrap().unwrap();
        assert_eq!(cut.verdict, Checksum::Unknown);
    }

    #[test]
    fn ipv6_behind_an_extension_header() {
        let mut packet = vec![0x60, 0, 0, 0, 0, 42, 0, 64];
        packet.extend([[0; 15].as_slice(), &[1], &[0; 15], &[1]].concat());
        packet.extend([6, 0, 1, 4, 0, 0, 0, 0]);
        packet.extend(&HI[34..]);
        let segment = read(Link::Raw, &packet, packet.len()).unwrap().unwrap();
        assert_eq!((segment.source.to_string().as_str(), segment.payload()), ("[::1]:43210", &b"hi"[..]));
        for length in 1..packet.len() {
            let _ = read(Link::Raw, &packet[..length], packet.len());
        }
        assert_eq!(
            read(Link::Raw, &packet[..43], 43),
            Err(Malformed { layer: Layer::Ipv6, needed: 8, had: 3 })
        );
    }
}
