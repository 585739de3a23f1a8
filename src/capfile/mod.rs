//! Capture files: pcap and pcapng, in and out.
//!
//! A trace with calls keeps them in blocks of a type that pcapng leaves to local use: programs that
//! do not know it pass over it.

mod block;
mod pcapng;
mod reader;
mod recording;
mod window;

use serde::{Deserialize, Serialize};

pub use reader::Reader;
pub use recording::Recording;

use crate::event::truth::{Truth, Wire};
use crate::event::{CallId, Event};
use crate::render::Scene;
use crate::tcp::frame::Frame;

/// The block type of what a trace has beyond its frames; those with the highest bit set are free
/// for local use.
const NOTE_BLOCK: u32 = 0x8c75_6f53;

/// The number of organisations that have none, for examples (RFC 5612).
const EXAMPLE_NUMBER: u32 = 32473;

/// The option of a packet that keeps the number of the call that caused it: a custom string.
const CAUSE_OPTION: u16 = 2988;

/// What stands in a block of notes, as JSON.
#[derive(Debug, Serialize, Deserialize)]
enum Note {
    /// The trace begins.
    Begin(Scene),
    /// Something that is not a segment.
    Event(Event),
    /// The trace ends.
    End(Truth, Wire),
}

/// One thing out of a file.
#[derive(Debug)]
pub enum Item {
    /// A frame, and the call that caused it, where that is known.
    Frame(Frame, Option<CallId>),
    /// A trace begins: what follows was recorded here.
    Begin(Box<Scene>),
    /// Something of that trace that is not a segment.
    Event(Box<Event>),
    /// That trace ends.
    End(Truth, Wire),
    /// The capture's own count of frames that it lost.
    Dropped(u64),
}
