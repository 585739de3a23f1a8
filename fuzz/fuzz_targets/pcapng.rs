//! A pcapng file, from its first byte to its end or to where it breaks; and what is recorded of it,
//! read back.
//!
//! The first byte chooses how the pictures look. If the second is even, the rest is the file as it
//! is; otherwise it says which blocks are in it.
#![no_main]

use libfuzzer_sys::fuzz_target;
use socklab_fuzz::memory::within_bounds;
use socklab_fuzz::{read, shape};

fuzz_target!(|bytes: &[u8]| {
    let [look, shape, rest @ ..] = bytes else { return };
    within_bounds(|| {
        let file = match shape & 1 {
            0 => rest.to_vec(),
            _ => shape::pcapng(shape >> 1, rest),
        };
        read(&file, bytes.len(), *look, true);
    });
});
