//! Frames in, pictures out: what a sniffer makes of whatever it is given, live or out of a file.

use std::time::{Duration, Instant};

use crate::capfile::Item;
use crate::event::error::{Error, Result};
use crate::event::truth::{Tally, Truth, Wire};
use crate::event::{CallId, Event};
use crate::linux::capture_thread::{Drop, Tap};
use crate::render::Scene;
use crate::render::pictures::Gallery;
use crate::sniff::stdout::Outlets;
use crate::tcp::decode::{Decoded, decode};
use crate::tcp::flow::Flows;
use crate::tcp::frame::Frame;
use crate::tcp::segment::Segment;
use crate::tcp::summary::Summary;

/// How long a wait for a frame lasts at the most before the end is looked for, and output let out.
const TICK: Duration = Duration::from_millis(20);

/// A sniffer at work.
pub struct Sniffer {
    gallery: Gallery,
    /// What the pictures are told before the first event, which has its time from the first frame.
    scene: Option<Scene>,
    wire: Wire,
    start: u64,
    ports: Vec<u16>,
    flows: Flows,
    truth: Truth,
    /// What a trace that is played back said of itself at its end.
    told: Option<Truth>,
    tally: Tally,
    /// Whether a trace with calls is played back.
    plays: bool,
    /// How many segments it is to show.
    limit: Option<u64>,
    /// The bytes of the last frame, for their room.
    spare: Vec<u8>,
}

impl Sniffer {
    /// A sniffer that shows the segments from and to these ports, or all if there are none.
    pub fn new(gallery: Gallery, scene: Scene, ports: &[u16]) -> Sniffer {
        Sniffer {
            gallery,
            wire: scene.wire,
            start: 0,
            scene: Some(scene),
            ports: ports.to_vec(),
            flows: Flows::new(ports),
            truth: Truth::default(),
            told: None,
            tally: Tally::default(),
            plays: false,
            limit: None,
            spare: Vec::new(),
        }
    }

    /// The bytes of a frame that was shown, for whoever has more to put there.
    pub fn spare(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.spare)
    }

    /// Takes one thing out of a file.
    ///
    /// # Errors
    /// [`Error::Output`] when a picture cannot go on.
    pub fn item(&mut self, item: Item) -> Result<()> {
        match item {
            Item::Frame(frame, cause) => self.frame(frame, cause),
            // Only what a file begins with is a trace of ours as a whole; after other frames it is
            // a file put together from several, and its frames are what they have in common.
            Item::Begin(scene) if self.scene.is_some() => {
                self.flows = Flows::new(scene.server.map(|server| server.port()).as_slice()).of_a_play();
                (self.plays, self.wire, self.scene) = (true, scene.wire, Some(*scene));
                self.begin(0)
            }
            Item::Begin(_) => Ok(()),
            Item::Event(event) if self.plays => {
                match &*event {
                    Event::Cut { severed, .. } => self.flows.sever(Some(*severed)),
                    Event::Healed { .. } => self.flows.sever(None),
                    _ => {}
                }
                self.gallery.event(&event)
            }
            Item::Event(_) => Ok(()),
            Item::End(truth, _) if self.plays => {
                self.told = Some(truth);
                Ok(())
            }
            Item::End(..) => Ok(()),
            Item::Dropped(count) => {
                if !self.plays {
                    self.truth.dropped = self.truth.dropped.saturating_add(count);
                }
                Ok(())
            }
        }
    }

    /// Takes one frame.
    ///
    /// # Errors
    /// [`Error::Output`] when a picture cannot go on.
    pub fn frame(&mut self, frame: Frame, cause: Option<CallId>) -> Result<()> {
        self.begin(frame.at)?;
        self.truth.frames += 1;
        self.truth.truncated += u64::from(frame.missing() > 0);
        match decode(frame) {
            Decoded::Segment(segment) if self.wants(&segment) => self.segment(segment, cause),
            Decoded::Segment(_) | Decoded::Other => Ok(()),
            Decoded::Malformed(malformed, frame) => {
                self.tally.malformed += 1;
                let at = frame.at.saturating_sub(self.start);
                self.gallery.event(&Event::Malformed { at, malformed, frame })
            }
        }
    }

    fn segment(&mut self, segment: Segment, cause: Option<CallId>) -> Result<()> {
        self.tally.segments += 1;
        let at = segment.frame.at.saturating_sub(self.start);
        let reading = self.flows.observe(&segment, at);
        let event = Event::Segment { cause, at, segment, reading };
        self.gallery.event(&event)?;
        if let Event::Segment { segment, .. } = event {
            self.spare = segment.frame.bytes;
        }
        let forgotten = self.flows.forgotten();
        self.summarize(forgotten)
    }

    /// The same sniffer, which shows no more than so many segments, if there is a limit.
    pub fn limited(self, limit: Option<u64>) -> Sniffer {
        Sniffer { limit, ..self }
    }

    /// Whether it has shown as many as it was to show.
    pub fn has_enough(&self) -> bool {
        self.limit.is_some_and(|limit| self.tally.segments >= limit)
    }

    /// Shows what comes out of a tap until it has enough, or `ended` says so.
    ///
    /// # Errors
    /// [`Error::Output`] when a picture cannot go on; [`Error::Wire`] when the capture broke down.
    pub fn follow(mut self, tap: Tap, outlets: &Outlets, mut ended: impl FnMut() -> bool) -> Result<()> {
        let mut looked_up = Instant::now();
        let mut shut = false;
        loop {
            let drop = tap.next(TICK);
            let dry = matches!(drop, Drop::Dry);
            match drop {
                Drop::Frame(frame) if !self.has_enough() => self.frame(frame, None)?,
                Drop::Frame(_) | Drop::Dry => {}
                Drop::Over => break,
            }
            // A busy wire leaves no time to wait, and is looked up from all the same.
            if dry || looked_up.elapsed() >= TICK {
                looked_up = Instant::now();
                outlets.release().map_err(Error::Output)?;
                if !shut && (ended() || self.has_enough()) {
                    tap.shut();
                    shut = true;
                }
            }
        }
        let count = tap.finish().map_err(Error::Wire)?;
        (self.truth.dropped, self.truth.truncated) = (count.dropped, count.truncated);
        self.end()?;
        outlets.release().map_err(Error::Output)
    }

    /// Ends it all: a summary of each connection, and the truth about the capture.
    ///
    /// # Errors
    /// [`Error::Output`] when a picture cannot be ended.
    pub fn end(&mut self) -> Result<()> {
        self.begin(0)?;
        if !self.plays {
            let left = self.flows.finish();
            self.summarize(left)?;
            self.tally.connections = self.flows.count().into();
            self.tally.let_go = self.flows.let_go();
            self.tally.unseen = self.flows.unseen();
            self.truth.wire = self.flows.bytes();
            self.truth.tally = Some(self.tally);
        }
        self.gallery.end(&self.told.unwrap_or(self.truth), self.wire)
    }

    /// Tells the pictures that it begins, if they have not been told.
    fn begin(&mut self, at: u64) -> Result<()> {
        let Some(mut scene) = self.scene.take() else { return Ok(()) };
        if scene.start == 0 {
            scene.start = at;
        }
        self.start = scene.start;
        self.gallery.begin(&scene)
    }

    fn wants(&self, segment: &Segment) -> bool {
        let ports = [segment.source.port(), segment.destination.port()];
        self.ports.is_empty() || self.ports.iter().any(|port| ports.contains(port))
    }

    fn summarize(&mut self, summaries: Vec<Summary>) -> Result<()> {
        match self.plays {
            true => Ok(()),
            false => {
                summaries.into_iter().try_for_each(|summary| self.gallery.event(&Event::Connection(summary)))
            }
        }
    }
}
