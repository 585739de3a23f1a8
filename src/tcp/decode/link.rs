//! Link headers: where the IP packet begins in a frame, and which version it has.

use pnet::packet::ethernet::{EtherType, EtherTypes, EthernetPacket};

use super::short;
use crate::tcp::frame::Link;
use crate::tcp::malformed::{Layer, Malformed};

/// What a frame carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Network {
    /// An IPv4 packet.
    Ipv4,
    /// An IPv6 packet.
    Ipv6,
}

/// Reads the link header: what comes behind it, and at which byte. `None` is something other than
/// IP, or a link whose header is not known here.
pub fn network(link: Link, bytes: &[u8]) -> Result<Option<(Network, usize)>, Malformed> {
    let needs = |length: usize| match bytes.len() < length {
        true => Err(short(Layer::Link, length, bytes.len())),
        false => Ok(length),
    };
    match link {
        Link::Ethernet => {
            let header = needs(EthernetPacket::minimum_packet_size())?;
            let ethernet =
                EthernetPacket::new(bytes).ok_or_else(|| short(Layer::Link, header, bytes.len()))?;
            tagged(ethernet.get_ethertype(), bytes, header)
        }
        Link::Cooked => {
            let header = needs(16)?;
            tagged(ether_type(bytes, 14), bytes, header)
        }
        Link::Cooked2 => {
            let header = needs(20)?;
            tagged(ether_type(bytes, 0), bytes, header)
        }
        Link::Raw => {
            needs(1)?;
            Ok(match bytes[0] >> 4 {
                4 => Some((Network::Ipv4, 0)),
                6 => Some((Network::Ipv6, 0)),
                _ => None,
            })
        }
        Link::Loopback => {
            let header = needs(4)?;
            let family = [bytes[0], bytes[1], bytes[2], bytes[3]];
            // Families are small numbers: the byte order is the one that makes it small.
            let family = u32::from_le_bytes(family).min(u32::from_be_bytes(family));
            Ok(match family {
                2 => Some((Network::Ipv4, header)),
                // Every BSD gave IPv6 a number of its own, and Linux another.
                10 | 24 | 28 | 30 => Some((Network::Ipv6, header)),
                _ => None,
            })
        }
        Link::Other(_) => Ok(None),
    }
}

/// Goes past VLAN tags (IEEE 802.1Q, 802.1ad, and the number used before that).
fn tagged(mut kind: EtherType, bytes: &[u8], mut at: usize) -> Result<Option<(Network, usize)>, Malformed> {
    while let EtherType(0x8100 | 0x88a8 | 0x9100) = kind {
        if bytes.len() < at + 4 {
            return Err(short(Layer::Link, at + 4, bytes.len()));
        }
        kind = ether_type(bytes, at + 2);
        at += 4;
    }
    Ok(match kind {
        EtherTypes::Ipv4 => Some((Network::Ipv4, at)),
        EtherTypes::Ipv6 => Some((Network::Ipv6, at)),
        _ => None,
    })
}

fn ether_type(bytes: &[u8], at: usize) -> EtherType {
    EtherType(u16::from_be_bytes([bytes[at], bytes[at + 1]]))
}
