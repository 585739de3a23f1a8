//! Records a trace in a pcapng file: each segment's frame with what there is to say about it as the
//! packet's comment, and the calls between them. It is a picture like the others, for programs
//! that read captures.

use std::io::{self, Write};

use super::block::Block;
use super::{CAUSE_OPTION, EXAMPLE_NUMBER, NOTE_BLOCK, Note};
use crate::event::truth::{Truth, Wire};
use crate::event::{CallId, Event, Reading};
use crate::narrate;
use crate::render::{Picture, Scene};
use crate::tcp::frame::{Direction, Frame, Link};
use crate::tcp::segment::Segment;
use crate::text::lang::Lang;

/// The recording, and where it goes.
pub struct Recording<W> {
    out: W,
    lang: Lang,
    /// The links that were described as interfaces, in their order.
    links: Vec<Link>,
    /// Whether there are calls to be kept.
    plays: bool,
    /// The time of the last frame.
    latest: u64,
    block: Block,
}

impl<W: Write + Send> Recording<W> {
    /// A recording on a writer, its comments in a language.
    pub fn new(lang: Lang, out: W) -> Recording<W> {
        Recording { out, lang, links: Vec::new(), plays: false, latest: 0, block: Block::default() }
    }

    /// Ends the block under way, and writes it.
    fn put(&mut self) -> io::Result<()> {
        self.out.write_all(self.block.end())
    }

    /// What a frame cannot hold. JSON may have spaces at its end, and so is filled up with them.
    fn note(&mut self, note: &Note) -> io::Result<()> {
        if !self.plays {
            return Ok(());
        }
        self.block.begin(NOTE_BLOCK);
        self.block.bytes(&serde_json::to_vec(note)?, b' ');
        self.put()
    }

    /// The number of the interface with this link, described if it has not been.
    fn interface(&mut self, link: Link) -> io::Result<u32> {
        if let Some(index) = self.links.iter().position(|&known| known == link) {
            return Ok(index as u32);
        }
        self.block.begin(1);
        self.block.words(&[link.number().into(), 0]); // no limit to the length
        self.block.option(9, &[9]); // its clock counts nanoseconds
        self.block.end_options();
        self.put()?;
        self.links.push(link);
        Ok(self.links.len() as u32 - 1)
    }

    fn frame(&mut self, frame: &Frame, comment: &str, cause: Option<CallId>) -> io::Result<()> {
        let interface = self.interface(frame.link)?;
        self.latest = frame.at;
        self.block.begin(6);
        self.block.words(&[
            interface,
            (frame.at >> 32) as u32,
            frame.at as u32,
            frame.bytes.len() as u32,
            frame.length as u32,
        ]);
        self.block.bytes(&frame.bytes, 0);
        self.block.option(1, comment.as_bytes());
        let direction = match frame.direction {
            Direction::Unknown => 0u32,
            Direction::Inbound => 1,
            Direction::Outbound => 2,
        };
        if direction > 0 {
            self.block.option(2, &direction.to_le_bytes());
        }
        if let Some(cause) = cause {
            let text = format!("cause {cause}");
            self.block.option(CAUSE_OPTION, &[&EXAMPLE_NUMBER.to_le_bytes(), text.as_bytes()].concat());
        }
        self.block.end_options();
        self.put()
    }

    fn segment(&mut self, cause: Option<CallId>, segment: &Segment, reading: &Reading) -> io::Result<()> {
        self.frame(&segment.frame, &narrate::comment(segment, reading, self.lang), cause)
    }
}

impl<W: Write + Send> Picture for Recording<W> {
    fn begin(&mut self, scene: &Scene) -> io::Result<()> {
        self.block.begin(0x0a0d_0d0a);
        // The byte order, version 1.0, and a section of unknown length.
        self.block.words(&[0x1a2b_3c4d, 1, u32::MAX, u32::MAX]);
        self.block.option(4, concat!("socklab ", env!("CARGO_PKG_VERSION")).as_bytes());
        self.block.end_options();
        self.put()?;
        // A reader wants to know of an interface even where nothing was captured.
        self.interface(Link::Ethernet)?;
        self.plays = !scene.cast.is_empty();
        self.note(&Note::Begin(scene.clone()))?;
        self.out.flush()
    }

    fn event(&mut self, event: &Event) -> io::Result<()> {
        match event {
            Event::Segment { cause, segment, reading, .. } => self.segment(*cause, segment, reading)?,
            Event::Malformed { malformed, frame, .. } => {
                let comment = narrate::malformed(malformed, frame.number);
                self.frame(frame, comment.get(self.lang), None)?;
            }
            // Made anew from the frames whenever they are read.
            Event::Connection(_) => {}
            other => self.note(&Note::Event(other.clone()))?,
        }
        self.out.flush()
    }

    fn end(&mut self, truth: &Truth, wire: Wire) -> io::Result<()> {
        self.note(&Note::End(*truth, wire))?;
        self.block.begin(5);
        self.block.words(&[0, (self.latest >> 32) as u32, self.latest as u32]);
        self.block.option(4, &truth.frames.saturating_add(truth.dropped).to_le_bytes()); // received
        self.block.option(5, &truth.dropped.to_le_bytes()); // dropped
        self.block.option(8, &truth.frames.to_le_bytes()); // delivered
        self.block.end_options();
        self.put()?;
        self.out.flush()
    }
}
