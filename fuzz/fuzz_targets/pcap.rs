//! A pcap file, from its first byte to its end or to where it breaks.
//!
//! The first byte chooses how the pictures look. If the second is even, the rest is the file as it
//! is; otherwise it says what is in it.
#![no_main]

use libfuzzer_sys::fuzz_target;
use socklab_fuzz::memory::within_bounds;
use socklab_fuzz::{read, shape};

fuzz_target!(|bytes: &[u8]| {
    let [look, shape, rest @ ..] = bytes else { return };
    within_bounds(|| {
        let file = match shape & 1 {
            0 => rest.to_vec(),
            _ => {
                let link = shape::link(shape >> 3);
                shape::pcap(shape >> 1, link, &shape::frames(link, rest))
            }
        };
        read(&file, bytes.len(), *look, false);
    });
});
