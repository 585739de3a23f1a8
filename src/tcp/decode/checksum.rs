//! The checksum of a TCP segment (RFC 9293, section 3.1; RFC 1071).

use std::net::IpAddr;

use crate::tcp::segment::Checksum;

/// Judges the checksum of a segment that was captured whole: header and payload, with the
/// addresses of its packet.
pub fn judge(segment: &[u8], ends: (IpAddr, IpAddr)) -> Checksum {
    let Some(&[high, low]) = segment.get(16..18) else { return Checksum::Unknown };
    let pseudo = address(ends.0) + address(ends.1) + 6 + segment.len() as u64;
    // The kernel leaves the sum of the pseudo header where a network card would go on from: told
    // apart first, because on loopback that is every segment.
    if fold(pseudo) == u16::from_be_bytes([high, low]) {
        return Checksum::Unfilled;
    }
    match fold(pseudo + sum(segment)) {
        0xffff => Checksum::Right,
        _ => Checksum::Wrong,
    }
}

fn address(address: IpAddr) -> u64 {
    match address {
        IpAddr::V4(address) => sum(&address.octets()),
        IpAddr::V6(address) => sum(&address.octets()),
    }
}

/// The bytes as 16-bit numbers, added up; an odd last byte is the high half of one.
fn sum(bytes: &[u8]) -> u64 {
    let pairs = bytes.chunks_exact(2);
    let last = pairs.remainder().first().map_or(0, |&byte| u64::from(byte) << 8);
    pairs.map(|pair| u64::from(u16::from_be_bytes([pair[0], pair[1]]))).sum::<u64>() + last
}

/// The sum in ones' complement: what is carried out at the top comes back at the bottom.
fn fold(mut sum: u64) -> u16 {
    while sum > 0xffff {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    sum as u16
}

#[cfg(test)]
mod tests {
    use super::judge;
    use crate::tcp::segment::Checksum;

    #[test]
    fn right_unfilled_and_wrong() {
        let ends = ([192, 0, 2, 1].into(), [192, 0, 2, 2].into());
        let mut segment = *b"\x00\x50\x00\x51\0\0\0\x01\0\0\0\x02\x50\x10\x20\x00\0\0\0\0abc";
        for (checksum, verdict) in [
            (0x46c7u16, Checksum::Right),
            // 192.0.2.1 + 192.0.2.2 + 6 + 23
            (0x8421, Checksum::Unfilled),
            (0x1234, Checksum::Wrong),
        ] {
            segment[16..18].copy_from_slice(&checksum.to_be_bytes());
            assert_eq!(judge(&segment, ends), verdict, "{checksum:#x}");
        }
    }
}
