//! What was asked for a play.

use std::net::SocketAddr;
use std::time::Duration;

use super::display::Display;
use crate::event::weather::Weather;

/// Whether the wire is to be shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WireWish {
    /// Where that is possible.
    Auto,
    /// Not at all.
    Off,
    /// Or nothing is to be played.
    Require,
}

/// What happens before each call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pace {
    /// Nothing: as fast as it goes.
    Free,
    /// A pause of this length.
    Every(Duration),
    /// Enter has to be pressed.
    Step,
}

/// What was asked for.
#[derive(Clone, Debug)]
pub struct Options {
    /// How the output looks, and where else it goes.
    pub display: Display,
    /// Whether the wire is to be shown.
    pub wire: WireWish,
    /// The server's address.
    pub server: SocketAddr,
    /// The sentence.
    pub sentence: Option<String>,
    /// The mode.
    pub mode: Option<String>,
    /// What happens before each call.
    pub pace: Pace,
    /// What the wire is like.
    pub weather: Weather,
}
