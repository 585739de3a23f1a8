//! Records a trace in a pcapng file: each segment's frame with what there is to say about it as the
//! packet's comment, and the calls between them. It is a picture like the others, for programs
//! that read captures.

use std::io::{self, Write};

use super::{CAUSE_OPTION, EXAMPLE_NUMBER, NOTE_BLOCK, Note};
use crate::event::{CallId, Event, Reading};
use crate::frame::{Direction, Frame, Link};
use crate::lang::Lang;
use crate::narrate;
use crate::render::{Picture, Scene};
use crate::segment::Segment;
use crate::truth::{Truth, Wire};

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
}

/// The options of a block, made one by one.
#[derive(Default)]
struct Options(Vec<u8>);

impl Options {
    fn add(&mut self, code: u16, value: &[u8]) {
        // A longer one has no place in the format; it is cut between two characters.
        let mut length = value.len().min(usize::from(u16::MAX));
        while length < value.len() && value[length] & 0xc0 == 0x80 {
            length -= 1;
        }
        self.0.extend(code.to_le_bytes());
        self.0.extend((length as u16).to_le_bytes());
        self.0.extend(&value[..length]);
        pad(&mut self.0, 0);
    }

    fn finish(mut self) -> Vec<u8> {
        if !self.0.is_empty() {
            self.0.extend([0; 4]);
        }
        self.0
    }
}

/// Fills up to a multiple of four bytes.
fn pad(bytes: &mut Vec<u8>, with: u8) {
    bytes.resize(bytes.len().next_multiple_of(4), with);
}

impl<W: Write + Send> Recording<W> {
    /// A recording on a writer, its comments in a language.
    pub fn new(lang: Lang, out: W) -> Recording<W> {
        Recording { out, lang, links: Vec::new(), plays: false, latest: 0 }
    }

    fn block(&mut self, kind: u32, body: &[u8]) -> io::Result<()> {
        let length = (body.len() as u32 + 12).to_le_bytes();
        for part in [&kind.to_le_bytes()[..], &length, body, &length] {
            self.out.write_all(part)?;
        }
        Ok(())
    }

    /// What a frame cannot hold. JSON may have spaces at its end, and so is filled up with them.
    fn note(&mut self, note: &Note) -> io::Result<()> {
        if !self.plays {
            return Ok(());
        }
        let mut body = serde_json::to_vec(note)?;
        pad(&mut body, b' ');
        self.block(NOTE_BLOCK, &body)
    }

    /// The number of the interface with this link, described if it has not been.
    fn interface(&mut self, link: Link) -> io::Result<u32> {
        if let Some(index) = self.links.iter().position(|&known| known == link) {
            return Ok(index as u32);
        }
        let mut options = Options::default();
        options.add(9, &[9]); // its clock counts nanoseconds
        let mut body = Vec::new();
        body.extend(link.number().to_le_bytes());
        body.extend([0; 6]); // reserved; no limit to the length
        body.extend(options.finish());
        self.block(1, &body)?;
        self.links.push(link);
        Ok(self.links.len() as u32 - 1)
    }

    fn frame(&mut self, frame: &Frame, comment: &str, cause: Option<CallId>) -> io::Result<()> {
        let interface = self.interface(frame.link)?;
        self.latest = frame.at;
        let mut options = Options::default();
        options.add(1, comment.as_bytes());
        let direction = match frame.direction {
            Direction::Unknown => 0u32,
            Direction::Inbound => 1,
            Direction::Outbound => 2,
        };
        if direction > 0 {
            options.add(2, &direction.to_le_bytes());
        }
        if let Some(cause) = cause {
            let text = format!("cause {cause}");
            options.add(CAUSE_OPTION, &[&EXAMPLE_NUMBER.to_le_bytes(), text.as_bytes()].concat());
        }
        let mut body = Vec::with_capacity(frame.bytes.len() + 128);
        for field in [
            interface,
            (frame.at >> 32) as u32,
            frame.at as u32,
            frame.bytes.len() as u32,
            frame.length as u32,
        ] {
            body.extend(field.to_le_bytes());
        }
        body.extend(&frame.bytes);
        pad(&mut body, 0);
        body.extend(options.finish());
        self.block(6, &body)
    }

    fn segment(&mut self, cause: Option<CallId>, segment: &Segment, reading: &Reading) -> io::Result<()> {
        let comment = narrate::comment(segment, reading);
        self.frame(&segment.frame, comment.get(self.lang), cause)
    }
}

impl<W: Write + Send> Picture for Recording<W> {
    fn begin(&mut self, scene: &Scene) -> io::Result<()> {
        let mut options = Options::default();
        options.add(4, concat!("socklab ", env!("CARGO_PKG_VERSION")).as_bytes());
        let mut body = Vec::new();
        body.extend(0x1a2b_3c4du32.to_le_bytes()); // the byte order
        body.extend([1, 0, 0, 0]); // version 1.0
        body.extend([0xff; 8]); // a section of unknown length
        body.extend(options.finish());
        self.block(0x0a0d_0d0a, &body)?;
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
        let mut options = Options::default();
        options.add(4, &truth.frames.saturating_add(truth.dropped).to_le_bytes()); // received
        options.add(5, &truth.dropped.to_le_bytes()); // dropped
        options.add(8, &truth.frames.to_le_bytes()); // delivered
        let mut body = Vec::new();
        for field in [0, (self.latest >> 32) as u32, self.latest as u32] {
            body.extend(field.to_le_bytes());
        }
        body.extend(options.finish());
        self.block(5, &body)?;
        self.out.flush()
    }
}
