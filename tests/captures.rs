//! Capture files made for tests, byte by byte: segments, link headers, pcap and pcapng.

use std::path::PathBuf;

pub const CLIENT: u16 = 40000;
pub const SERVER: u16 = 12000;

pub const FIN: u8 = 0x01;
pub const SYN: u8 = 0x02;
pub const RST: u8 = 0x04;
pub const PSH: u8 = 0x08;
pub const ACK: u8 = 0x10;

/// An IPv4 packet with a TCP segment in it, from the client or from the server.
pub fn packet(from_client: bool, flags: u8, seq: u32, ack: u32, payload: &[u8]) -> Vec<u8> {
    let (source, destination) = if from_client { (CLIENT, SERVER) } else { (SERVER, CLIENT) };
    let total = 40 + payload.len();
    let mut bytes = vec![0x45, 0];
    bytes.extend((total as u16).to_be_bytes());
    // The identification: no two packets of a test are alike unless it says so.
    bytes.extend(((seq ^ ack.rotate_left(7) ^ u32::from(flags) << 4) as u16).to_be_bytes());
    bytes.extend([0x40, 0, 64, 6, 0, 0, 127, 0, 0, 1, 127, 0, 0, 1]);
    bytes.extend(source.to_be_bytes());
    bytes.extend(destination.to_be_bytes());
    bytes.extend(seq.to_be_bytes());
    bytes.extend(ack.to_be_bytes());
    bytes.extend([0x50, flags, 0xff, 0xff]);
    bytes.extend(((0xfe08 + total as u32 - 20) as u16).to_be_bytes());
    bytes.extend([0, 0]);
    bytes.extend(payload);
    bytes
}

/// A conversation of ten packets in which "hi" becomes "HI", its numbers wrapping around.
pub fn conversation() -> Vec<Vec<u8>> {
    let (c, s) = (u32::MAX - 1, 7000);
    let at = |n: u32| c.wrapping_add(n);
    vec![
        packet(true, SYN, c, 0, b""),
        packet(false, SYN | ACK, s, at(1), b""),
        packet(true, ACK, at(1), s + 1, b""),
        packet(true, PSH | ACK, at(1), s + 1, b"hi"),
        packet(false, ACK, s + 1, at(3), b""),
        packet(false, PSH | ACK, s + 1, at(3), b"HI"),
        packet(true, ACK, at(3), s + 3, b""),
        packet(false, FIN | ACK, s + 3, at(3), b""),
        packet(true, FIN | ACK, at(3), s + 4, b""),
        packet(false, ACK, s + 4, at(4), b""),
    ]
}

/// A packet behind the header of a link type.
pub fn behind(link: u16, packet: &[u8]) -> Vec<u8> {
    let header: &[u8] = match link {
        1 => &[0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 8, 0],
        0 => &[2, 0, 0, 0],
        108 => &[0, 0, 0, 2],
        113 => &[0, 0, 3, 4, 0, 6, 0, 0, 0, 0, 0, 0, 0, 0, 8, 0],
        276 => &[8, 0, 0, 0, 0, 0, 0, 1, 3, 4, 0, 6, 0, 0, 0, 0, 0, 0, 0, 0],
        _ => &[],
    };
    [header, packet].concat()
}

/// The byte order and precision of a file.
#[derive(Clone, Copy, Debug)]
pub struct Order {
    pub big_endian: bool,
    pub nanoseconds: bool,
}

pub const LITTLE: Order = Order { big_endian: false, nanoseconds: true };

impl Order {
    pub fn four(self, number: u32) -> [u8; 4] {
        if self.big_endian { number.to_be_bytes() } else { number.to_le_bytes() }
    }

    pub fn two(self, number: u16) -> [u8; 2] {
        if self.big_endian { number.to_be_bytes() } else { number.to_le_bytes() }
    }
}

/// A pcap file of these frames, a millisecond apart.
pub fn pcap(order: Order, link: u16, frames: &[Vec<u8>]) -> Vec<u8> {
    let mut file = Vec::new();
    file.extend(order.four(if order.nanoseconds { 0xa1b2_3c4d } else { 0xa1b2_c3d4 }));
    file.extend(order.two(2));
    file.extend(order.two(4));
    for field in [0, 0, 262_144, u32::from(link)] {
        file.extend(order.four(field));
    }
    let unit = if order.nanoseconds { 1_000_000 } else { 1_000 };
    for (index, frame) in frames.iter().enumerate() {
        let length = frame.len() as u32;
        for field in [1_700_000_000, index as u32 * unit, length, length] {
            file.extend(order.four(field));
        }
        file.extend(frame);
    }
    file
}

/// A block of a pcapng file.
pub fn block(order: Order, kind: u32, body: &[u8]) -> Vec<u8> {
    let mut padded = body.to_vec();
    padded.resize(body.len().next_multiple_of(4), 0);
    let length = order.four(padded.len() as u32 + 12);
    [&order.four(kind)[..], &length, &padded, &length].concat()
}

/// The header of a pcapng section.
pub fn section(order: Order) -> Vec<u8> {
    let body = [&order.four(0x1a2b_3c4d)[..], &order.two(1), &order.two(0), &[0xff; 8]].concat();
    block(order, 0x0a0d_0d0a, &body)
}

/// The description of an interface whose clock has 10^`digits` ticks a second.
pub fn interface(order: Order, link: u16, digits: u8) -> Vec<u8> {
    let mut body = [&order.two(link)[..], &[0; 2], &order.four(0)].concat();
    body.extend([&order.two(9)[..], &order.two(1), &[digits, 0, 0, 0], &[0; 4]].concat());
    block(order, 1, &body)
}

/// A packet of an interface at a tick of its clock.
pub fn enhanced(order: Order, interface: u32, at: u64, frame: &[u8]) -> Vec<u8> {
    let length = frame.len() as u32;
    let fields = [interface, (at >> 32) as u32, at as u32, length, length];
    let body = [&fields.map(|field| order.four(field)).concat()[..], frame].concat();
    block(order, 6, &body)
}

/// A file with these bytes, which goes with the value.
pub struct Scratch(pub PathBuf);

impl Scratch {
    /// A name of its own for a test.
    pub fn new(name: &str) -> Scratch {
        Scratch(std::env::temp_dir().join(format!("socklab-{}-{name}", std::process::id())))
    }

    pub fn path(&self) -> &str {
        self.0.to_str().unwrap()
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // A test that failed early may not have made it.
        let _ = std::fs::remove_file(&self.0);
    }
}
