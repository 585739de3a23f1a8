//! Pictures of a play: each is made of the same events by the same three verbs.

mod addresses;
mod arrow;
mod called;
mod columns;
mod digits;
mod follow;
mod json;
mod ladder;
mod lines;
mod marks;
mod object;
pub mod paint;
pub mod pictures;
mod sheet;
mod told;
mod words;

use std::io::{self, Write};
use std::net::SocketAddr;

use serde::{Deserialize, Serialize};

pub use paint::Paint;

use crate::event::truth::{Truth, Wire};
use crate::event::{Event, Who};
use crate::text::lang::{Lang, Text};

/// What a picture has to know before the first event.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Scene {
    /// What is played.
    pub title: Text,
    /// The ends that play in this process; none where others are watched.
    pub cast: Vec<Who>,
    /// The server's address, where there is one.
    pub server: Option<SocketAddr>,
    /// The time of the first moment, in nanoseconds since 1970.
    pub start: u64,
    /// Where the packets come from.
    pub wire: Wire,
    /// What stands under the title: why there is no wire, and what would help.
    pub remarks: Vec<Text>,
    /// What to run next.
    pub next: Option<Text>,
}

/// Something that shows events.
pub trait Picture: Send {
    /// Before the first event.
    ///
    /// # Errors
    /// What the writer reports.
    fn begin(&mut self, scene: &Scene) -> io::Result<()>;

    /// One event, in its order.
    ///
    /// # Errors
    /// What the writer reports.
    fn event(&mut self, event: &Event) -> io::Result<()>;

    /// After the last event: how complete it all was.
    ///
    /// # Errors
    /// What the writer reports.
    fn end(&mut self, truth: &Truth, wire: Wire) -> io::Result<()>;
}

/// Which picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Client, wire and server side by side.
    Ladder,
    /// One event a line.
    Lines,
    /// One JSON object a line.
    Json,
}

/// How the bytes of a payload are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Payload {
    /// Not at all.
    None,
    /// As text, escaped.
    Text,
    /// In hexadecimal.
    Hex,
}

/// How a picture for people looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Look {
    /// The language of its sentences.
    pub lang: Lang,
    /// Its width in columns; none where no terminal sets one. A ladder has its usual width then,
    /// and lines are as long as they are.
    pub width: Option<usize>,
    /// Whether it has colours.
    pub paint: Paint,
    /// Whether its own signs are ASCII. What was sent stays as it is.
    pub ascii: bool,
    /// How payloads are shown; none leaves it to the picture.
    pub payload: Option<Payload>,
    /// Whether sequence numbers are those of the wire, and not counted from each end's first.
    pub absolute: bool,
}

/// The narrowest ladder, in columns: below that its three columns have no room.
const NARROWEST_LADDER: usize = 72;

/// Makes a picture. A ladder that would not fit becomes lines.
pub fn picture<W: Write + Send + 'static>(format: Format, look: Look, out: W) -> Box<dyn Picture> {
    match format {
        Format::Ladder if look.width.is_none_or(|width| width >= NARROWEST_LADDER) => {
            Box::new(ladder::Ladder::new(look, out))
        }
        Format::Ladder | Format::Lines => Box::new(lines::Lines::new(look, out)),
        Format::Json => Box::new(json::Json::new(look, out)),
    }
}

/// Makes the picture of the byte streams alone: as JSON lines, or as text or a dump for people.
pub fn streams<W: Write + Send + 'static>(format: Format, look: Look, out: W) -> Box<dyn Picture> {
    Box::new(follow::Follow::new(format, look, out))
}
