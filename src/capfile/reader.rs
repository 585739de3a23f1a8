//! Reads a capture file from front to back, in memory that does not grow with its length. It may
//! as well come out of a pipe: what has arrived is read before more is waited for.

use std::io::Read;

use pcap_parser::nom::{Err, IResult, Needed};
use pcap_parser::pcap::{LegacyPcapBlock, parse_pcap_frame, parse_pcap_frame_be, parse_pcap_frame_modified};
use pcap_parser::{PcapError, PcapHeader, parse_pcap_header};

use super::Item;
use super::pcapng::Section;
use super::window::Window;
use crate::event::damage::{Damage, Fault};
use crate::tcp::frame::{Direction, Frame, Link};

/// The longest record that is believed, in bytes.
const LONGEST: u64 = 16 << 20;

/// A file under way.
pub struct Reader<R> {
    window: Window<R>,
    format: Format,
    /// How many frames were read.
    frames: u64,
    /// The bytes of a frame that nobody needs any longer, for their room.
    spare: Vec<u8>,
}

/// What kind of file it is.
enum Format {
    Pcap(PcapHeader),
    Pcapng(Section),
}

/// What came of reading one record.
pub(super) enum Record {
    /// It was read; it says nothing that anybody here asks for, or this.
    Whole(usize, Option<Item>),
    /// More bytes are needed, at least so many.
    Incomplete(usize),
    /// It cannot be read.
    Bad(Fault),
}

impl<R: Read> Reader<R> {
    /// Begins to read a file.
    ///
    /// # Errors
    /// [`Fault::Foreign`] if it is no capture; [`Fault::Cut`] if it is nothing but the beginning of
    /// one; [`Fault::Unreadable`].
    pub fn open(input: R) -> Result<Reader<R>, Damage> {
        let mut window = Window::new(input);
        loop {
            let bytes = window.bytes();
            if Section::begins(bytes) {
                return Ok(Reader::new(window, Format::Pcapng(Section::default())));
            }
            match parse_pcap_header(bytes) {
                Ok((rest, header)) => {
                    let length = bytes.len() - rest.len();
                    window.pass(length);
                    return Ok(Reader::new(window, Format::Pcap(header)));
                }
                Err(Err::Incomplete(_)) => {}
                Err(_) => {
                    let first = bytes[..bytes.len().min(16)].to_vec();
                    return Err(Damage { offset: 0, fault: Fault::Foreign(first) });
                }
            }
            let empty = bytes.is_empty();
            match window.widen() {
                Ok(true) => {}
                Ok(false) if empty => return Err(Damage { offset: 0, fault: Fault::Foreign(Vec::new()) }),
                Ok(false) => return Err(Damage { offset: 0, fault: Fault::Cut }),
                Err(error) => return Err(Damage { offset: 0, fault: Fault::Unreadable(error) }),
            }
        }
    }

    fn new(window: Window<R>, format: Format) -> Reader<R> {
        Reader { window, format, frames: 0, spare: Vec::new() }
    }

    /// Takes the bytes of a frame back that has been looked at: the next one comes in their room.
    pub fn take_back(&mut self, bytes: Vec<u8>) {
        self.spare = bytes;
    }

    /// The next thing in the file; `None` at its end.
    ///
    /// # Errors
    /// [`Damage`] says where and why it cannot be read any further.
    pub fn item(&mut self) -> Result<Option<Item>, Damage> {
        loop {
            let bytes = self.window.bytes();
            let record = match &mut self.format {
                _ if bytes.is_empty() => Record::Incomplete(1),
                Format::Pcap(header) => pcap(header, bytes, &mut self.spare),
                Format::Pcapng(section) => section.read(bytes),
            };
            let offset = self.window.offset();
            let damage = |fault| Err(Damage { offset, fault });
            match record {
                Record::Whole(length, item) => {
                    self.window.pass(length);
                    match item {
                        Some(Item::Frame(frame, cause)) => {
                            self.frames += 1;
                            let frame = Frame { number: self.frames, ..frame };
                            return Ok(Some(Item::Frame(frame, cause)));
                        }
                        Some(item) => return Ok(Some(item)),
                        None => {}
                    }
                }
                Record::Bad(fault) => return damage(fault),
                Record::Incomplete(more) => {
                    let claimed = bytes.len() as u64 + more as u64;
                    if claimed > LONGEST {
                        return damage(Fault::Oversized(claimed));
                    }
                    let at_end = bytes.is_empty();
                    match self.window.widen() {
                        Ok(true) => {}
                        Ok(false) if at_end => return Ok(None),
                        Ok(false) => return damage(Fault::Cut),
                        Err(error) => return damage(Fault::Unreadable(error)),
                    }
                }
            }
        }
    }
}

/// Reads one record of a pcap file (the draft `draft-ietf-opsawg-pcap`).
fn pcap(header: &PcapHeader, bytes: &[u8], spare: &mut Vec<u8>) -> Record {
    let parse = match (header.is_bigendian(), header.is_modified_format()) {
        (true, _) => parse_pcap_frame_be,
        (false, true) => parse_pcap_frame_modified,
        (false, false) => parse_pcap_frame,
    };
    // The upper half of the field says how long a checksum behind each frame is.
    let link = Link::of_number((header.network.0 & 0xffff) as u16);
    let unit = if header.is_nanosecond_precision() { 1 } else { 1000 };
    outcome(bytes, parse(bytes), |record: LegacyPcapBlock| {
        let mut kept = std::mem::take(spare);
        kept.clear();
        kept.extend_from_slice(record.data);
        let frame = Frame {
            number: 0,
            at: u64::from(record.ts_sec) * 1_000_000_000 + u64::from(record.ts_usec) * unit,
            link,
            direction: Direction::Unknown,
            length: (record.origlen as usize).max(record.data.len()),
            bytes: kept,
        };
        Ok(Some(Item::Frame(frame, None)))
    })
}

/// What a parser's answer means.
pub(super) fn outcome<'a, T>(
    bytes: &'a [u8],
    parsed: IResult<&'a [u8], T, PcapError<&'a [u8]>>,
    read: impl FnOnce(T) -> Result<Option<Item>, Fault>,
) -> Record {
    match parsed {
        Ok((rest, value)) => match read(value) {
            Ok(item) => Record::Whole(bytes.len() - rest.len(), item),
            Err(fault) => Record::Bad(fault),
        },
        Err(Err::Incomplete(Needed::Size(more))) => Record::Incomplete(more.get()),
        Err(Err::Incomplete(Needed::Unknown)) => Record::Incomplete(1),
        Err(Err::Error(_) | Err::Failure(_)) => Record::Bad(Fault::Broken),
    }
}
