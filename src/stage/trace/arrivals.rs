//! What has arrived off the wire: taken, read, and shown where no call had to do with it.

use std::time::{Duration, Instant};

use super::{Trace, since_epoch};
use crate::event::error::Result;
use crate::event::{Event, Role, Who};
use crate::stage::attribution::Arrival;
use crate::stage::burst;
#[cfg(feature = "wire")]
use crate::tcp::decode::{Decoded, decode};
use crate::tcp::segment::Segment;

/// How often it is looked for what comes in the same moment.
const GLANCE: Duration = Duration::from_millis(5);

/// What has come by itself.
pub struct Come {
    /// When the first of it did.
    pub first: Instant,
    segments: Vec<Segment>,
}

impl Trace {
    /// Shows what came over the wire by itself, and the states that changed with it. How many
    /// segments that were.
    ///
    /// # Errors
    /// [`Error::Output`](crate::Error::Output) when a picture cannot go on.
    pub fn arrivals(&mut self) -> Result<usize> {
        let segments = self.take();
        self.show_arrivals(segments)
    }

    /// Takes what has come by itself, where nobody can go on before it is shown; when something has,
    /// what comes within some time after it came in the same moment.
    pub fn gather(&mut self, moment: Duration) -> Option<Come> {
        let noticed = Instant::now();
        let mut segments = self.take();
        let stamp = segments.first().map(|segment| segment.frame.at)?;
        while noticed.elapsed() < moment {
            std::thread::sleep(GLANCE);
            segments.extend(self.take());
        }
        let segments = burst::put_in_order(segments, |segment| self.flows.has_seen(segment));
        Some(Come { first: moment_of(stamp).unwrap_or(noticed), segments })
    }

    /// Shows that, if there is anything, and the states that changed meanwhile.
    ///
    /// # Errors
    /// As for [`Trace::arrivals`].
    pub fn show_come(&mut self, come: Option<Come>) -> Result<()> {
        self.show_arrivals(come.map_or_else(Vec::new, |come| come.segments)).map(drop)
    }

    /// When the kernel saw the last frame, where that is known.
    pub fn latest(&self) -> Option<Instant> {
        moment_of(self.latest)
    }

    /// Has it be known when the kernel saw each frame, although the record goes by another time.
    pub fn keep_stamps(&mut self) {
        self.stamps = true;
    }

    pub(super) fn show_arrivals(&mut self, segments: Vec<Segment>) -> Result<usize> {
        let arrived = self.read(segments);
        let count = arrived.len();
        for (at, segment, reading) in arrived {
            let cause = self.owner(&segment, &reading);
            self.show(&Event::Segment { cause, at, segment, reading })?;
        }
        for (who, state) in self.changes() {
            self.tell(|at| Event::State { at, who, state })?;
        }
        Ok(count)
    }

    /// Takes everything that has arrived, and reads it.
    pub(super) fn drain(&mut self) -> Vec<Arrival> {
        let segments = self.take();
        self.read(segments)
    }

    /// Takes everything that has arrived.
    #[cfg(feature = "wire")]
    pub(super) fn take(&mut self) -> Vec<Segment> {
        let mut found = Vec::new();
        let Some(capture) = &mut self.capture else { return found };
        // An interface that broke down shows nothing more; the truth line will not agree then.
        while let Ok(Some(frame)) = capture.next(Duration::ZERO) {
            self.truth.frames += 1;
            self.latest = frame.at;
            if let Decoded::Segment(segment) = decode(frame) {
                found.push(segment);
            }
        }
        found
    }

    /// There is no wire to take anything from.
    #[cfg(not(feature = "wire"))]
    pub(super) fn take(&mut self) -> Vec<Segment> {
        Vec::new()
    }

    /// Says what segments mean, in their order.
    pub(super) fn read(&mut self, segments: Vec<Segment>) -> Vec<Arrival> {
        let mut found = Vec::new();
        for mut segment in segments {
            let at = self.time.unwrap_or_else(|| segment.frame.at.saturating_sub(self.start));
            segment.frame.at = self.start.saturating_add(at);
            // A server has all of its port's connections, a client only its own.
            let serves = self.truth.sent[Who::Server as usize].is_some();
            let ends = [segment.source, segment.destination];
            if serves || self.ends.client().is_none_or(|client| ends.contains(&client)) {
                let mut reading = self.flows.observe(&segment, at);
                if reading.reset.is_some() {
                    let why = self.aborts.get(&(segment.source, segment.destination)).copied();
                    reading.reset = why.or(reading.reset);
                }
                if !matches!(reading.role, Role::Data | Role::Ack | Role::Window) {
                    let pair = match reading.from {
                        Who::Client => (segment.source, segment.destination),
                        Who::Server => (segment.destination, segment.source),
                    };
                    if !self.stirred.contains(&pair) {
                        self.stirred.push(pair);
                    }
                }
                found.push((at, segment, reading));
            }
        }
        found
    }
}

/// A time of the kernel's on this process's clock; none for one that nobody asked for.
fn moment_of(stamp: u64) -> Option<Instant> {
    let ago = since_epoch().saturating_sub(stamp);
    Instant::now().checked_sub(Duration::from_nanos(ago)).filter(|_| stamp > 0)
}
