//! Every picture of one run, in memory, and what has to be true of it.

use std::io::{self, Write};
use std::sync::{Arc, Mutex, PoisonError};

use socklab::capfile::{Item, Reader, Recording};
use socklab::event::{CallId, Event};
use socklab::tcp::frame::{Frame, Link};
use socklab::render::pictures::Gallery;
use socklab::text::lang::Lang;
use socklab::render::{Format, Look, Paint, Payload, Picture, Scene, picture, streams};
use socklab::event::truth::{Truth, Wire};

use crate::harmless::harm;

/// A writer whose clones all lead to the same bytes.
#[derive(Clone, Default)]
pub struct Sink(Arc<Mutex<Vec<u8>>>);

impl Sink {
    fn bytes(&self) -> Vec<u8> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// What a recording has to give back.
#[derive(Default)]
struct Kept {
    plays: bool,
    frames: Vec<(Frame, Option<CallId>)>,
    events: Vec<Event>,
    ends: Option<(Truth, Wire)>,
}

/// A picture that keeps what it is shown, and holds a segment to what it promises.
#[derive(Clone, Default)]
struct Witness(Arc<Mutex<Kept>>);

impl Picture for Witness {
    fn begin(&mut self, scene: &Scene) -> io::Result<()> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).plays = !scene.cast.is_empty();
        Ok(())
    }

    fn event(&mut self, event: &Event) -> io::Result<()> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match event {
            Event::Segment { cause, segment, .. } => {
                assert!(segment.payload().len() <= segment.length);
                assert!(segment.body.end <= segment.frame.bytes.len());
                kept.frames.push((segment.frame.clone(), *cause));
            }
            Event::Malformed { frame, .. } => kept.frames.push((frame.clone(), None)),
            Event::Connection(_) => {}
            other if kept.plays => kept.events.push(other.clone()),
            _ => {}
        }
        Ok(())
    }

    fn end(&mut self, truth: &Truth, wire: Wire) -> io::Result<()> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.ends = kept.plays.then_some((*truth, wire));
        Ok(())
    }
}

/// The pictures of a run.
pub struct Pictures {
    shown: Sink,
    saved: Option<Sink>,
    witness: Witness,
}

impl Pictures {
    /// One of the four pictures, chosen by a number, in the language, width, payload and signs that
    /// a byte chooses; with a recording, if that is to be read back. The gallery is what they are
    /// drawn through. One at a time, so that a run is short and there can be many.
    pub fn new(which: usize, choice: u8, recorded: bool) -> (Pictures, Gallery) {
        let look = Look {
            lang: if choice & 1 == 0 { Lang::Ko } else { Lang::En },
            width: [None, Some(72), Some(8), Some(120)][usize::from(choice >> 1 & 3)],
            paint: Paint::Plain,
            ascii: choice & 8 != 0,
            payload: [None, Some(Payload::Text), Some(Payload::Hex), Some(Payload::None)]
                [usize::from(choice >> 4 & 3)],
            absolute: choice & 64 != 0,
        };
        let wide = Look { width: look.width.filter(|&width| width >= 72), ..look };
        let followed = if choice & 128 == 0 { Format::Ladder } else { Format::Json };
        let shown = Sink::default();
        let witness = Witness::default();
        let saved = recorded.then(Sink::default);
        let drawn = match which % 4 {
            0 => picture(Format::Ladder, wide, shown.clone()),
            1 => picture(Format::Lines, look, shown.clone()),
            2 => picture(Format::Json, look, shown.clone()),
            _ => streams(followed, look, shown.clone()),
        };
        let mut pictures: Vec<Box<dyn Picture>> = vec![drawn, Box::new(witness.clone())];
        if let Some(saved) = &saved {
            pictures.push(Box::new(Recording::new(look.lang, saved.clone())));
        }
        (Pictures { shown, saved, witness }, Gallery::new(pictures))
    }

    /// Holds what was drawn to what it promises.
    ///
    /// # Panics
    /// If something that steers a terminal got through, or the recording does not give back what
    /// went into it.
    pub fn judge(&self) {
        let bytes = self.shown.bytes();
        assert_eq!(harm(&bytes), None, "{}", String::from_utf8_lossy(&bytes).escape_debug());
        if let Some(saved) = &self.saved {
            self.read_back(&saved.bytes());
        }
    }

    fn read_back(&self, saved: &[u8]) {
        let kept = self.witness.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut reader = Reader::open(saved).expect("a recording is a file");
        let (mut frames, mut events, mut ends) = (Vec::new(), Vec::new(), None);
        while let Some(item) = reader.item().expect("a recording is whole") {
            match item {
                Item::Frame(frame, cause) => frames.push((frame, cause)),
                Item::Event(event) => events.push(*event),
                Item::End(truth, wire) => ends = Some((truth, wire)),
                Item::Begin(_) => assert!(kept.plays),
                Item::Dropped(_) => {}
            }
        }
        assert_eq!(frames.len(), kept.frames.len());
        for (index, ((found, cause), (frame, caused))) in frames.iter().zip(&kept.frames).enumerate() {
            // A file has one number for a link that has several.
            let link = Link::of_number(frame.link.number());
            let expected = Frame { number: index as u64 + 1, link, ..frame.clone() };
            assert_eq!((found, cause), (&expected, caused));
        }
        assert_eq!(events, kept.events);
        assert_eq!(ends, kept.ends);
    }
}
