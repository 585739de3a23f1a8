//! The two ends of a connection, and time.

use serde::{Deserialize, Serialize};

/// One of the two ends of the play.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Who {
    /// The end that connects.
    Client,
    /// The end that listens.
    Server,
}

impl Who {
    /// Both ends, the client first, as the pictures have them from left to right.
    pub const BOTH: [Who; 2] = [Who::Client, Who::Server];

    /// `client` or `server`.
    pub fn name(self) -> &'static str {
        match self {
            Who::Client => "client",
            Who::Server => "server",
        }
    }

    /// The end across the wire.
    pub fn other(self) -> Who {
        match self {
            Who::Client => Who::Server,
            Who::Server => Who::Client,
        }
    }
}

/// Nanoseconds since the play began.
pub type Nanos = u64;
