//! Bytes → `Segment`, or why not. The only door to `pnet::packet`.
//!
//! What the packet library leaves unchecked is checked here before a field is trusted: header
//! lengths, versions, total lengths of zero (offload) or past the end, padding, options.

use std::fmt;
use std::net::{IpAddr, SocketAddr};

use pnet::packet::Packet;
use pnet::packet::ethernet::{EtherTypes, EthernetPacket};
use pnet::packet::ip::IpNextHeaderProtocols;
use pnet::packet::ipv4::Ipv4Packet;
use pnet::packet::ipv6::Ipv6Packet;
use pnet::packet::tcp::TcpPacket;

use crate::segment::{Flags, Options, Segment};

/// The layer at which a frame stopped making sense.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layer {
    /// Ethernet and its kin.
    Link,
    /// IPv4.
    Ipv4,
    /// IPv6.
    Ipv6,
    /// TCP.
    Tcp,
}

impl Layer {
    /// The layer's usual name.
    pub fn name(self) -> &'static str {
        match self {
            Layer::Link => "link",
            Layer::Ipv4 => "IPv4",
            Layer::Ipv6 => "IPv6",
            Layer::Tcp => "TCP",
        }
    }
}

/// Why a frame could not be read as a segment: a header that needs more bytes than there are, or
/// claims fewer than it must have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Malformed {
    /// Where it stopped.
    pub layer: Layer,
    /// Bytes that the layer needs.
    pub needed: usize,
    /// Bytes that it had.
    pub had: usize,
}

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: needs {} bytes, had {}", self.layer.name(), self.needed, self.had)
    }
}

/// Reads an Ethernet frame, of which `length` bytes were on the wire and `frame` was captured.
/// `Ok(None)` is a frame with something other than TCP in it.
///
/// # Errors
/// [`Malformed`] names the layer whose header did not fit.
pub fn ethernet(frame: &[u8], length: usize) -> Result<Option<Segment>, Malformed> {
    let cut = length.saturating_sub(frame.len());
    let ethernet = EthernetPacket::new(frame).ok_or_else(|| short(Layer::Link, 14, frame.len()))?;
    match ethernet.get_ethertype() {
        EtherTypes::Ipv4 => ipv4(ethernet.payload(), cut),
        EtherTypes::Ipv6 => ipv6(ethernet.payload(), cut),
        _ => Ok(None),
    }
}

fn short(layer: Layer, needed: usize, had: usize) -> Malformed {
    Malformed { layer, needed, had }
}

/// `cut` is how many bytes of the frame's end were not captured.
fn ipv4(bytes: &[u8], cut: usize) -> Result<Option<Segment>, Malformed> {
    let packet = Ipv4Packet::new(bytes).ok_or_else(|| short(Layer::Ipv4, 20, bytes.len()))?;
    let header = usize::from(packet.get_header_length()) * 4;
    if packet.get_version() != 4 || header < 20 {
        return Err(short(Layer::Ipv4, 20, header));
    }
    // A total length of 0 is what an offloading sender leaves to its network card.
    let total = match usize::from(packet.get_total_length()) {
        0 => bytes.len() + cut,
        total if total < header => return Err(short(Layer::Ipv4, header, total)),
        total => total,
    };
    if packet.get_next_level_protocol() != IpNextHeaderProtocols::Tcp || packet.get_fragment_offset() > 0 {
        return Ok(None);
    }
    // Less than `total` may have been captured; more is padding of the link layer.
    let body =
        bytes.get(header..total.min(bytes.len())).ok_or_else(|| short(Layer::Ipv4, header, bytes.len()))?;
    let ends = (IpAddr::V4(packet.get_source()), IpAddr::V4(packet.get_destination()));
    tcp(body, total - header, ends).map(Some)
}

fn ipv6(bytes: &[u8], cut: usize) -> Result<Option<Segment>, Malformed> {
    let packet = Ipv6Packet::new(bytes).ok_or_else(|| short(Layer::Ipv6, 40, bytes.len()))?;
    if packet.get_version() != 6 {
        return Err(short(Layer::Ipv6, 40, 0));
    }
    let total = match usize::from(packet.get_payload_length()) {
        0 => bytes.len() - 40 + cut,
        length => length,
    };
    let mut body = &bytes[40..(40 + total).min(bytes.len())];
    let mut skipped = 0;
    let mut next = packet.get_next_header().0;
    // Hop-by-hop options, routing, destination options: next header, length in units of 8.
    while let 0 | 43 | 60 = next {
        let [following, units, ..] = *body else { return Err(short(Layer::Ipv6, 8, body.len())) };
        let length = (usize::from(units) + 1) * 8;
        body = body.get(length..).ok_or_else(|| short(Layer::Ipv6, length, body.len()))?;
        skipped += length;
        next = following;
    }
    if next != IpNextHeaderProtocols::Tcp.0 {
        return Ok(None);
    }
    let ends = (IpAddr::V6(packet.get_source()), IpAddr::V6(packet.get_destination()));
    tcp(body, total - skipped, ends).map(Some)
}

/// `total` is the length of header and payload on the wire.
fn tcp(bytes: &[u8], total: usize, ends: (IpAddr, IpAddr)) -> Result<Segment, Malformed> {
    let packet = TcpPacket::new(bytes).ok_or_else(|| short(Layer::Tcp, 20, bytes.len()))?;
    let header = usize::from(packet.get_data_offset()) * 4;
    if header < 20 {
        return Err(short(Layer::Tcp, 20, header));
    }
    if header > bytes.len() {
        return Err(short(Layer::Tcp, header, bytes.len()));
    }
    Ok(Segment {
        source: SocketAddr::new(ends.0, packet.get_source()),
        destination: SocketAddr::new(ends.1, packet.get_destination()),
        seq: packet.get_sequence(),
        ack: packet.get_acknowledgement(),
        flags: Flags(packet.get_flags()),
        window: packet.get_window(),
        options: options(&bytes[20..header]),
        length: total - header,
        payload: bytes[header..].to_vec(),
    })
}

/// Reads the options as far as they make sense: a length of 0 or 1, or past the end of the
/// area, ends the reading, and so does the end-of-options mark.
fn options(mut area: &[u8]) -> Options {
    let mut options = Options::default();
    loop {
        let (kind, length) = match *area {
            [] | [0, ..] => return options,
            [1, ..] => (1, 1),
            [kind, length, ..] => (kind, usize::from(length)),
            [_] => return options,
        };
        if length == 0 || length > area.len() || (kind != 1 && length < 2) {
            return options;
        }
        let (option, rest) = area.split_at(length);
        area = rest;
        match (kind, option.get(2..).unwrap_or_default()) {
            (2, &[high, low]) => options.mss = Some(u16::from_be_bytes([high, low])),
            (3, &[shift]) => options.window_scale = Some(shift),
            (4, []) => options.sack_permitted = true,
            (5, blocks) => {
                for (slot, block) in options.sack.iter_mut().zip(blocks.chunks_exact(8)) {
                    *slot = Some((word(&block[..4]), word(&block[4..])));
                }
            }
            (8, stamps) if stamps.len() == 8 => {
                options.timestamps = Some((word(&stamps[..4]), word(&stamps[4..])));
            }
            _ => {}
        }
    }
}

fn word(bytes: &[u8]) -> u32 {
    bytes.iter().fold(0, |word, &byte| word << 8 | u32::from(byte))
}

#[cfg(test)]
mod tests {
    use super::{Layer, Malformed, ethernet};

    /// `PSH,ACK` with "hi" from 127.0.0.1:43210 to 127.0.0.1:12000, timestamps in its options.
    const HI: &[u8] = &[
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x08, 0x00, // Ethernet
        0x45, 0, 0, 54, 0, 1, 0x40, 0, 64, 6, 0x3c, 0xbf, 127, 0, 0, 1, 127, 0, 0, 1, // IPv4
        0xa8, 0xca, 0x2e, 0xe0, 0, 0, 0, 7, 0, 0, 0, 9, 0x80, 0x18, 2, 0, 0xfe, 0x2a, 0, 0, // TCP
        1, 1, 8, 10, 0, 0, 0, 1, 0, 0, 0, 2, // options
        b'h', b'i',
    ];

    #[test]
    fn every_field_of_a_segment() {
        let segment = ethernet(HI, HI.len()).unwrap().unwrap();
        assert_eq!(segment.source.to_string(), "127.0.0.1:43210");
        assert_eq!(segment.destination.to_string(), "127.0.0.1:12000");
        assert_eq!((segment.seq, segment.ack, segment.window), (7, 9, 512));
        assert_eq!(segment.flags.to_string(), "PSH,ACK");
        assert_eq!(segment.options.timestamps, Some((1, 2)));
        assert_eq!((segment.length, segment.payload.as_slice()), (2, &b"hi"[..]));
        assert_eq!(segment.space(), 2);
    }

    #[test]
    fn a_frame_cut_at_any_length_says_which_layer_lacked_what() {
        for length in 0..HI.len() {
            let layer = match length {
                0..14 => Some((Layer::Link, 14)),
                14..34 => Some((Layer::Ipv4, 20)),
                34..54 => Some((Layer::Tcp, 20)),
                54..66 => Some((Layer::Tcp, 32)),
                _ => None,
            };
            match (ethernet(&HI[..length], HI.len()), layer) {
                (Err(Malformed { layer, needed, .. }), Some(expected)) => {
                    assert_eq!((layer, needed), expected, "{length}")
                }
                (Ok(Some(segment)), None) => {
                    assert_eq!((segment.length, segment.payload.len()), (2, length - 66), "{length}");
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
        assert_eq!(segment.payload, b"hi");
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
}
