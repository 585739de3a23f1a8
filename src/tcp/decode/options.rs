//! The options of a TCP header (RFC 9293, section 3.1).

use crate::tcp::segment::Options;

/// Reads the options as far as they make sense: a length of 0 or 1, or past the end of the
/// area, ends the reading, and so does the end-of-options mark.
pub fn options(mut area: &[u8]) -> Options {
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
