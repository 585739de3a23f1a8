//! Whatever can be shown, one after another: a call, a segment, a word from the kernel.

use serde::{Deserialize, Serialize};

use super::call::{Call, CallId, Caller, Intent};
use super::op::Op;
use super::verdict::Verdict;
use crate::tcp::frame::Frame;
use crate::tcp::malformed::Malformed;
use crate::tcp::reading::Reading;
use crate::tcp::segment::Segment;
use crate::tcp::severed::Severed;
use crate::tcp::state::State;
use crate::tcp::summary::Summary;
use crate::tcp::who::{Nanos, Who};

/// Anything that can be shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Event {
    /// A call has returned.
    Call(Call),
    /// A call cannot go on yet and waits; it will return under the same number.
    Wait {
        /// The call's number.
        id: CallId,
        /// When it began to wait.
        at: Nanos,
        /// What was asked.
        intent: Intent,
    },
    /// A segment was on the wire. A file keeps it as the frame it came in.
    #[serde(skip)]
    Segment {
        /// The call that caused it; none for what the kernel does of its own accord.
        cause: Option<CallId>,
        /// When the kernel saw it.
        at: Nanos,
        /// The segment.
        segment: Segment,
        /// What it means.
        reading: Reading,
    },
    /// The kernel reports another state than before, and no call of ours was the reason.
    State {
        /// When it was noticed.
        at: Nanos,
        /// Whose end.
        who: Who,
        /// The state now.
        state: State,
    },
    /// A side sleeps, for as long as it has said.
    Sleep {
        /// When it begins.
        at: Nanos,
        /// Who.
        who: Who,
        /// Who exactly, where the side has several programs or threads.
        #[serde(default)]
        caller: Option<Caller>,
        /// For how long, in nanoseconds.
        time: Nanos,
    },
    /// The calls before, which came to nothing, were made again and again.
    Repeated {
        /// When that was over.
        at: Nanos,
        /// Who made them.
        who: Who,
        /// Which of the side's programs, where it has several.
        #[serde(default)]
        program: Option<u16>,
        /// How many calls were repeated.
        calls: u64,
        /// How many times.
        times: u64,
    },
    /// A side printed a line.
    Output {
        /// When.
        at: Nanos,
        /// Who.
        who: Who,
        /// Which of the side's programs, where it has several.
        #[serde(default)]
        program: Option<u16>,
        /// The line, as bytes: part of it came from the peer.
        line: Vec<u8>,
    },
    /// The wire is cut: what comes to the socket of a call is dropped from now on.
    Cut {
        /// When.
        at: Nanos,
        /// Whose call.
        who: Who,
        /// Which call.
        op: Op,
        /// The end that nothing reaches.
        severed: Severed,
    },
    /// The wire is whole again.
    Healed {
        /// When.
        at: Nanos,
        /// Whose end it is that can be reached again.
        who: Who,
        /// For how long it could not, in nanoseconds.
        after: Nanos,
    },
    /// The play is over.
    Verdict {
        /// When that became certain.
        at: Nanos,
        /// How.
        verdict: Verdict,
    },
    /// A frame that cannot be read as a segment. A file keeps the frame.
    #[serde(skip)]
    Malformed {
        /// When the kernel saw it.
        at: Nanos,
        /// What does not hold together.
        malformed: Malformed,
        /// The frame.
        frame: Frame,
    },
    /// What became of a connection that is over, or no longer watched. A file does not keep it: it
    /// follows from the frames.
    #[serde(skip)]
    Connection(Summary),
}
