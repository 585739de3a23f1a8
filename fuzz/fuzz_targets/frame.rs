//! Frames, one after the other: decoded, followed, and shown in every picture.
//!
//! The first byte chooses the link, the second how the pictures look, the third who plays.
#![no_main]

use libfuzzer_sys::fuzz_target;
use socklab::event::Who;
use socklab::render::Scene;
use socklab::sniff::sniffer::Sniffer;
use socklab_fuzz::memory::within_bounds;
use socklab_fuzz::pictures::Pictures;
use socklab_fuzz::{scene, shape};

fuzz_target!(|bytes: &[u8]| {
    let [link, look, play, rest @ ..] = bytes else { return };
    within_bounds(|| {
        let (pictures, gallery) = Pictures::new(bytes.len(), *look, false);
        let cast = [&[][..], &Who::BOTH, &Who::BOTH[..1], &Who::BOTH[1..]][usize::from(play & 3)].to_vec();
        let mut sniffer = Sniffer::new(gallery, Scene { cast, ..scene() }, &[]);
        for frame in shape::frames(shape::link(*link), rest) {
            let cause = (play & 4 != 0).then_some(1);
            sniffer.frame(frame, cause).expect("memory can be written to");
        }
        sniffer.end().expect("memory can be written to");
        pictures.judge();
    });
});
