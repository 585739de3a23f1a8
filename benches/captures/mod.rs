//! Captures of loopback, made up.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};

/// Packets of one conversation: handshake, four requests and answers, two FINs.
const CONVERSATION: usize = 3 + 4 * 4 + 3;

/// The server's end.
const SERVER: (Ipv4Addr, u16) = (Ipv4Addr::LOCALHOST, 12_000);

const SYN: u8 = 0x02;
const SYN_ACK: u8 = 0x12;
const ACK: u8 = 0x10;
const PSH_ACK: u8 = 0x18;
const FIN_ACK: u8 = 0x11;

/// A capture under way.
struct Capture {
    out: BufWriter<File>,
    number: u64,
}

/// A segment, and whether the client sends it.
struct Sent<'a> {
    from_client: bool,
    flags: u8,
    seq: u32,
    ack: u32,
    payload: &'a [u8],
}

/// Conversations one after the other, each with its own client port.
pub fn conversations(path: &Path, packets: usize) -> io::Result<PathBuf> {
    let mut capture = Capture::create(path)?;
    let (request, answer) = ([b'q'; 64], [b'a'; 256]);
    for number in 0..packets {
        let (talk, step) = ((number / CONVERSATION) as u32, number % CONVERSATION);
        let client = (Ipv4Addr::LOCALHOST, 20_000 + (talk % 40_000) as u16);
        let exchange = (step.saturating_sub(3) / 4) as u32;
        let c = talk.wrapping_mul(2_654_435_761).wrapping_add(1 + exchange * 64);
        let s = talk.wrapping_mul(40_503).wrapping_add(1 + exchange * 256);
        let sent = |from_client, flags, seq, ack| Sent { from_client, flags, seq, ack, payload: &[] };
        let sent = match step {
            0 => sent(true, SYN, c.wrapping_sub(1), 0),
            1 => sent(false, SYN_ACK, s.wrapping_sub(1), c),
            2 => sent(true, ACK, c, s),
            19 => sent(true, FIN_ACK, c, s),
            20 => sent(false, FIN_ACK, s, c.wrapping_add(1)),
            21 => sent(true, ACK, c.wrapping_add(1), s.wrapping_add(1)),
            _ => match (step - 3) % 4 {
                0 => Sent { payload: &request, ..sent(true, PSH_ACK, c, s) },
                1 => sent(false, ACK, s, c.wrapping_add(64)),
                2 => Sent { payload: &answer, ..sent(false, PSH_ACK, s, c.wrapping_add(64)) },
                _ => sent(true, ACK, c.wrapping_add(64), s.wrapping_add(256)),
            },
        };
        capture.add(client, &sent)?;
    }
    capture.finish(path)
}

/// So many connections that are all opened before any is closed: handshakes, and nothing else.
pub fn opened(path: &Path, connections: usize) -> io::Result<PathBuf> {
    let mut capture = Capture::create(path)?;
    for number in 0..connections as u32 {
        let client = (Ipv4Addr::from(0x7f00_0002 + number / 50_000), 10_000 + (number % 50_000) as u16);
        for (from_client, flags, seq, ack) in [(true, SYN, 7, 0), (false, SYN_ACK, 9, 8), (true, ACK, 8, 10)]
        {
            capture.add(client, &Sent { from_client, flags, seq, ack, payload: &[] })?;
        }
    }
    capture.finish(path)
}

impl Capture {
    fn create(path: &Path) -> io::Result<Capture> {
        let mut out = BufWriter::new(File::create(path)?);
        for field in [0xa1b2_3c4du32, 4 << 16 | 2, 0, 0, 262_144, 1] {
            out.write_all(&field.to_le_bytes())?;
        }
        Ok(Capture { out, number: 0 })
    }

    fn add(&mut self, client: (Ipv4Addr, u16), sent: &Sent) -> io::Result<()> {
        let (source, destination) = if sent.from_client { (client, SERVER) } else { (SERVER, client) };
        let total = 40 + sent.payload.len();
        let mut frame = vec![0; 12];
        frame.extend([0x08, 0x00, 0x45, 0]);
        frame.extend((total as u16).to_be_bytes());
        frame.extend((self.number as u16).to_be_bytes());
        frame.extend([0x40, 0, 64, 6, 0, 0]);
        frame.extend(source.0.octets());
        frame.extend(destination.0.octets());
        frame.extend(source.1.to_be_bytes());
        frame.extend(destination.1.to_be_bytes());
        frame.extend(sent.seq.to_be_bytes());
        frame.extend(sent.ack.to_be_bytes());
        frame.extend([0x50, sent.flags, 0xff, 0xff]);
        // The sum of the pseudo header, as loopback leaves it.
        let addresses = [source.0, destination.0].map(u32::from);
        let sum: u32 = addresses.iter().map(|address| (address >> 16) + (address & 0xffff)).sum();
        frame.extend((sum + total as u32 - 14).to_be_bytes()[2..].iter());
        frame.extend([0, 0]);
        frame.extend(sent.payload);
        let at = 1_700_000_000_000_000_000 + 10_000 * (self.number + 1);
        for field in [(at / 1_000_000_000) as u32, (at % 1_000_000_000) as u32] {
            self.out.write_all(&field.to_le_bytes())?;
        }
        for _ in 0..2 {
            self.out.write_all(&(frame.len() as u32).to_le_bytes())?;
        }
        self.number += 1;
        self.out.write_all(&frame)
    }

    fn finish(mut self, path: &Path) -> io::Result<PathBuf> {
        self.out.flush()?;
        Ok(path.to_owned())
    }
}
