//! IP headers: who sends to whom, and where the TCP segment is.

use std::net::IpAddr;

use pnet::packet::ip::IpNextHeaderProtocols;
use pnet::packet::ipv4::{Ipv4Flags, Ipv4Packet};
use pnet::packet::ipv6::Ipv6Packet;

use super::short;
use crate::tcp::malformed::{Layer, Malformed};

/// What an IP header says of the TCP segment behind it.
pub struct Packet<'a> {
    /// Source and destination.
    pub ends: (IpAddr, IpAddr),
    /// The identification of an IPv4 header.
    pub identification: Option<u16>,
    /// Whether the header told no length.
    pub unmeasured: bool,
    /// Where the segment begins.
    pub at: usize,
    /// Its bytes as far as they were captured, without the link's padding.
    pub bytes: &'a [u8],
    /// Its length on the wire.
    pub length: usize,
}

/// Reads an IPv4 header (RFC 791, section 3.1). `missing` is how many bytes of the frame's end were not captured.
pub fn ipv4(bytes: &[u8], missing: usize) -> Result<Option<Packet<'_>>, Malformed> {
    let packet = Ipv4Packet::new(bytes).ok_or_else(|| short(Layer::Ipv4, 20, bytes.len()))?;
    let header = usize::from(packet.get_header_length()) * 4;
    if packet.get_version() != 4 {
        return Err(short(Layer::Ipv4, 20, 0));
    }
    if header < 20 {
        return Err(short(Layer::Ipv4, 20, header));
    }
    // A total length of 0 is what an offloading sender leaves to its network card.
    let available = bytes.len() + missing;
    let total = match usize::from(packet.get_total_length()) {
        0 => available,
        total if total < header => return Err(short(Layer::Ipv4, header, total)),
        total => total.min(available),
    };
    if packet.get_next_level_protocol() != IpNextHeaderProtocols::Tcp
        || packet.get_fragment_offset() > 0
        || packet.get_flags() & Ipv4Flags::MoreFragments != 0
    {
        return Ok(None);
    }
    // Less than `total` may have been captured; more is padding of the link layer.
    let body =
        bytes.get(header..total.min(bytes.len())).ok_or_else(|| short(Layer::Ipv4, header, bytes.len()))?;
    Ok(Some(Packet {
        ends: (IpAddr::V4(packet.get_source()), IpAddr::V4(packet.get_destination())),
        identification: Some(packet.get_identification()),
        unmeasured: packet.get_total_length() == 0,
        at: header,
        bytes: body,
        length: total - header,
    }))
}

/// Reads an IPv6 header and its extensions (RFC 8200, sections 3 and 4).
pub fn ipv6(bytes: &[u8], missing: usize) -> Result<Option<Packet<'_>>, Malformed> {
    let packet = Ipv6Packet::new(bytes).ok_or_else(|| short(Layer::Ipv6, 40, bytes.len()))?;
    if packet.get_version() != 6 {
        return Err(short(Layer::Ipv6, 40, 0));
    }
    let available = bytes.len() - 40 + missing;
    let total = match usize::from(packet.get_payload_length()) {
        0 => available,
        length => length.min(available),
    };
    let end = (40 + total).min(bytes.len());
    let mut at = 40;
    let mut next = packet.get_next_header().0;
    // Hop-by-hop options, routing, destination options: next header, length in units of 8.
    while let 0 | 43 | 60 = next {
        let [following, units, ..] = bytes[at..end] else { return Err(short(Layer::Ipv6, 8, end - at)) };
        let length = (usize::from(units) + 1) * 8;
        if end - at < length {
            return Err(short(Layer::Ipv6, length, end - at));
        }
        at += length;
        next = following;
    }
    if next != IpNextHeaderProtocols::Tcp.0 {
        return Ok(None);
    }
    Ok(Some(Packet {
        ends: (IpAddr::V6(packet.get_source()), IpAddr::V6(packet.get_destination())),
        identification: None,
        unmeasured: packet.get_payload_length() == 0,
        at,
        bytes: &bytes[at..end],
        length: 40 + total - at,
    }))
}
