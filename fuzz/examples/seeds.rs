//! Makes the seeds: `cargo run --example seeds -- RECORDING.pcapng` takes what a lesson saved, and
//! writes it for each target in the shape that the target reads.

use std::fs;

use socklab::capfile::{Item, Reader};
use socklab_fuzz::shape;

fn main() -> std::io::Result<()> {
    let recording = fs::read(std::env::args().nth(1).expect("a recording's name"))?;
    let mut reader = Reader::open(&recording[..]).expect("a recording");
    let mut frames = Vec::new();
    while let Some(item) = reader.item().expect("a whole recording") {
        if let Item::Frame(frame, _) = item {
            frames.push(frame);
        }
    }
    let ethernet: Vec<u8> = frames
        .iter()
        .flat_map(|frame| [&[18, 0, frame.bytes.len() as u8][..], &frame.bytes].concat())
        .collect();
    // Behind Ethernet's header stands the packet.
    let raw: Vec<u8> = frames
        .iter()
        .flat_map(|frame| [&[18, 0, frame.bytes.len() as u8 - 14][..], &frame.bytes[14..]].concat())
        .collect();
    let mut blocks = Vec::new();
    let mut at = 0;
    while let Some(block) = recording.get(at..) {
        let [a, b, c, d, w, x, y, z, ..] = *block else { break };
        let (kind, length) = (u32::from_le_bytes([a, b, c, d]), u32::from_le_bytes([w, x, y, z]) as usize);
        let kind = shape::BLOCKS.iter().position(|&known| known == kind).unwrap_or_default() as u8;
        let body = &block[8..length - 4];
        blocks.extend([&[kind][..], &(body.len() as u16).to_le_bytes(), body].concat());
        at += length;
    }
    let big = shape::pcap(3, shape::link(0), &frames);
    for (name, seed) in [
        ("frame/ethernet", [&[0, 1, 0][..], &ethernet].concat()),
        ("frame/raw", [&[1, 0, 1][..], &raw].concat()),
        ("pcap/shaped", [&[1, 1][..], &ethernet].concat()),
        ("pcap/whole", [&[0, 0][..], &big].concat()),
        ("pcapng/shaped", [&[1, 1][..], &blocks].concat()),
        ("pcapng/whole", [&[0, 0][..], &recording].concat()),
    ] {
        let path = format!("seeds/{name}");
        fs::create_dir_all(path.rsplit_once('/').expect("it has a folder").0)?;
        fs::write(path, seed)?;
    }
    Ok(())
}
