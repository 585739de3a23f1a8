//! Reads the blocks of a pcapng file (the draft `draft-ietf-opsawg-pcapng`).

use pcap_parser::{
    Block, EnhancedPacketBlock, InterfaceDescriptionBlock, OptionCode, PcapNGOption, SimplePacketBlock,
    UnknownBlock, parse_block_be, parse_block_le,
};

use super::reader::{Record, outcome};
use super::{CAUSE_OPTION, EXAMPLE_NUMBER, Item, NOTE_BLOCK, Note};
use crate::event::CallId;
use crate::event::damage::Fault;
use crate::tcp::frame::{Direction, Frame, Link};

/// How many interfaces a section may describe.
const MOST_INTERFACES: usize = 65_536;

/// The type of the block that packets stood in before the enhanced one was made.
const OLD_PACKET_BLOCK: u32 = 2;

/// The option of a packet that tells its direction.
const FLAGS_OPTION: u16 = 2;

/// The section under way: blocks up to the next header belong to it.
#[derive(Default)]
pub struct Section {
    big_endian: bool,
    interfaces: Vec<Interface>,
}

/// An interface that the section describes.
struct Interface {
    link: Link,
    /// How many bytes of a frame it keeps; 0 is all of them.
    longest: u32,
    /// How many units of its clock make a second.
    per_second: u64,
    /// Seconds to be added to its times.
    offset: i64,
}

impl Section {
    /// Whether a file that begins so is pcapng.
    pub fn begins(bytes: &[u8]) -> bool {
        bytes.starts_with(&[0x0a, 0x0d, 0x0d, 0x0a])
    }

    /// Reads the next block.
    pub fn read(&mut self, bytes: &[u8]) -> Record {
        let parsed = match self.big_endian {
            true => parse_block_be(bytes),
            false => parse_block_le(bytes),
        };
        outcome(bytes, parsed, |block| self.block(block))
    }

    fn block(&mut self, block: Block) -> Result<Option<Item>, Fault> {
        match block {
            Block::SectionHeader(header) => {
                *self = Section { big_endian: header.big_endian(), interfaces: Vec::new() };
                Ok(None)
            }
            Block::InterfaceDescription(interface) => self.describe(&interface).map(|()| None),
            Block::EnhancedPacket(packet) => self.packet(&packet).map(Some),
            Block::SimplePacket(packet) => self.simple(&packet).map(Some),
            Block::InterfaceStatistics(statistics) => {
                let count = |code: OptionCode| {
                    let option = statistics.options.iter().find(|option| option.code == code)?;
                    let bytes = option.value.get(..8)?.try_into().ok()?;
                    Some(if self.big_endian { u64::from_be_bytes(bytes) } else { u64::from_le_bytes(bytes) })
                };
                let lost = [OptionCode::IsbIfDrop, OptionCode::IsbOsDrop].into_iter().filter_map(count);
                Ok(Some(Item::Dropped(lost.fold(0, u64::saturating_add))))
            }
            Block::Unknown(block) => self.unknown(&block),
            _ => Ok(None),
        }
    }

    fn describe(&mut self, interface: &InterfaceDescriptionBlock) -> Result<(), Fault> {
        if self.interfaces.len() == MOST_INTERFACES {
            return Err(Fault::UnknownInterface(MOST_INTERFACES as u32));
        }
        self.interfaces.push(Interface {
            link: Link::of_number((interface.linktype.0 & 0xffff) as u16),
            longest: interface.snaplen,
            per_second: interface.ts_resolution().unwrap_or(1_000_000),
            offset: interface.ts_offset(),
        });
        Ok(())
    }

    fn interface(&self, number: u32) -> Result<&Interface, Fault> {
        self.interfaces.get(number as usize).ok_or(Fault::UnknownInterface(number))
    }

    fn packet(&self, packet: &EnhancedPacketBlock) -> Result<Item, Fault> {
        let interface = self.interface(packet.if_id)?;
        let bytes = packet.data.get(..packet.caplen as usize).unwrap_or(packet.data);
        let option = |code: u16| packet.options.iter().find(|option| option.code.0 == code);
        let flags = option(FLAGS_OPTION).and_then(|flags| self.number(flags.value.get(..4)?));
        let frame = Frame {
            number: 0,
            at: interface.nanoseconds(packet.ts_high, packet.ts_low),
            link: interface.link,
            direction: match flags.map(|flags| flags & 3) {
                Some(1) => Direction::Inbound,
                Some(2) => Direction::Outbound,
                _ => Direction::Unknown,
            },
            length: (packet.origlen as usize).max(bytes.len()),
            bytes: bytes.to_vec(),
        };
        Ok(Item::Frame(frame, option(CAUSE_OPTION).and_then(|option| self.cause(option))))
    }

    /// The call that caused a packet, if the option is one of ours.
    fn cause(&self, option: &PcapNGOption) -> Option<CallId> {
        let (organisation, text) = option.as_bytes().ok()?.split_at_checked(4)?;
        let ours = self.number(organisation) == Some(EXAMPLE_NUMBER);
        str::from_utf8(text).ok()?.strip_prefix("cause ").filter(|_| ours)?.parse().ok()
    }

    fn number(&self, bytes: &[u8]) -> Option<u32> {
        let bytes = bytes.try_into().ok()?;
        Some(if self.big_endian { u32::from_be_bytes(bytes) } else { u32::from_le_bytes(bytes) })
    }

    /// A packet without a time, from the first interface.
    fn simple(&self, packet: &SimplePacketBlock) -> Result<Item, Fault> {
        let interface = self.interface(0)?;
        let longest = if interface.longest == 0 { u32::MAX } else { interface.longest };
        let kept = (packet.origlen.min(longest) as usize).min(packet.data.len());
        let frame = Frame {
            link: interface.link,
            length: (packet.origlen as usize).max(kept),
            bytes: packet.data[..kept].to_vec(),
            ..Frame::default()
        };
        Ok(Item::Frame(frame, None))
    }

    fn unknown(&self, block: &UnknownBlock) -> Result<Option<Item>, Fault> {
        match block.block_type {
            NOTE_BLOCK => match serde_json::from_slice(block.data) {
                Ok(Note::Begin(scene)) => Ok(Some(Item::Begin(Box::new(scene)))),
                Ok(Note::Event(event)) => Ok(Some(Item::Event(Box::new(event)))),
                Ok(Note::End(truth, wire)) => Ok(Some(Item::End(truth, wire))),
                // The number is anybody's: somebody else's notes are none of ours.
                Err(_) => Ok(None),
            },
            OLD_PACKET_BLOCK => self.old(block.data).map(Some),
            _ => Ok(None),
        }
    }

    /// The old block: interface and drops in two bytes each, the time, both lengths, the bytes.
    fn old(&self, data: &[u8]) -> Result<Item, Fault> {
        let field =
            |at: usize| data.get(at..at + 4).and_then(|bytes| self.number(bytes)).ok_or(Fault::Broken);
        let two = data.get(..2).and_then(|bytes| bytes.try_into().ok()).ok_or(Fault::Broken)?;
        let number = if self.big_endian { u16::from_be_bytes(two) } else { u16::from_le_bytes(two) };
        let interface = self.interface(number.into())?;
        let kept = field(12)? as usize;
        let bytes = data.get(20..).and_then(|bytes| bytes.get(..kept)).ok_or(Fault::Broken)?;
        let frame = Frame {
            at: interface.nanoseconds(field(4)?, field(8)?),
            link: interface.link,
            length: (field(16)? as usize).max(kept),
            bytes: bytes.to_vec(),
            ..Frame::default()
        };
        Ok(Item::Frame(frame, None))
    }
}

impl Interface {
    /// The two halves of a time, in nanoseconds since 1970.
    fn nanoseconds(&self, high: u32, low: u32) -> u64 {
        let units = u128::from(u64::from(high) << 32 | u64::from(low));
        let nanos = units * 1_000_000_000 / u128::from(self.per_second.max(1));
        let shifted = i128::try_from(nanos).unwrap_or(i128::MAX) + i128::from(self.offset) * 1_000_000_000;
        u64::try_from(shifted.max(0)).unwrap_or(u64::MAX)
    }
}
