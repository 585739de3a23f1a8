//! A pcap file, from its first byte to its end or to where it breaks.
//!
//! The first byte chooses how the pictures look. If the second is even, the rest is the file as it
//! is; otherwise it says what is in it.
#![no_main]

use libfuzzer_sys::fuzz_target;
use socklab::capfile::Reader;
use socklab::sniffer::Sniffer;
use socklab_fuzz::memory::within_bounds;
use socklab_fuzz::pictures::Pictures;
use socklab_fuzz::{scene, shape};

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
        let Ok(mut reader) = Reader::open(&file[..]) else { return };
        let (pictures, gallery) = Pictures::new(bytes.len(), *look, false);
        let mut sniffer = Sniffer::new(gallery, scene(), &[]);
        // Every item takes at least a byte of the file: there cannot be more of them.
        let mut left = file.len();
        while let Ok(Some(item)) = reader.item() {
            left = left.checked_sub(1).expect("the reader comes to an end");
            sniffer.item(item).expect("memory can be written to");
        }
        sniffer.end().expect("memory can be written to");
        pictures.judge();
    });
});
