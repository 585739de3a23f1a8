//! A lab kit in which TCP can be seen: every packet under the very call that caused it.
//!
//! The modules stand in floors, and each knows only those below it; the README has the map.

// The doors.
pub mod command;
pub mod complaint;
pub mod lesson;
pub mod options;
pub mod output;
pub mod play;
pub mod player;
pub mod side;
pub mod stage;
pub mod terminal;
pub mod trace;
pub mod wire;

// The world.
pub mod capture;
pub mod ends;
#[cfg(all(feature = "wire", target_os = "linux"))]
pub mod filter;
pub mod kernel;
pub mod poll;
pub mod room;
pub mod socket;
pub mod venue;

// The pictures.
pub mod render;

// The meaning.
pub mod connection;
pub mod diagram;
pub mod extent;
pub mod flow;
pub mod lane;
pub mod narrate;
pub mod stream;

// The words.
pub mod case;
pub mod curriculum;
#[cfg(feature = "wire")]
pub mod decode;
pub mod errno;
pub mod error;
pub mod escape;
pub mod event;
pub mod frame;
pub mod lang;
pub mod malformed;
pub mod oddity;
pub mod segment;
pub mod state;
pub mod summary;
pub mod truth;

pub use error::{Error, Result};
pub use side::Side;
pub use socket::Socket;
