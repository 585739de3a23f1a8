//! Programs on the stage, held at their calls: every packet under the system call that caused it. `schedule`
//! decides, `tracer` holds and lets go, `record` tells.

mod announce;
mod cast;
mod causes;
mod choice;
mod clock;
mod ending;
mod fold;
mod input;
mod log;
mod passing;
mod play;
mod printed;
mod processes;
mod record;
mod schedule;
mod scheduler;
mod screen;
mod streams;
mod thread;
mod tracer;
#[cfg(feature = "wire")]
pub mod untraced;
mod vain;
mod view;
pub mod weather;
mod world;

use std::time::Duration;

pub use self::cast::{Cast, Keyboard, Role};
pub use self::play::{Ended, Play, Way, play};

/// How long those who are left at the end may take to be gone.
const FAREWELL: Duration = Duration::from_secs(2);
