//! A lab kit in which TCP can be seen: every packet under the very call that caused it.
//!
//! The rooms stand on floors, and each knows only those below it: from `text` and `tcp`, which are pure,
//! up to `cli`. A lesson's program needs [`Socket`], [`Side`] and [`main`].

// Floor 8.
pub mod cli;
// Floor 7.
pub mod sniff;
pub mod stage;
// Floor 6.
pub mod linux;
// Floor 5.
#[cfg(feature = "wire")]
pub mod capfile;
// Floor 4.
pub mod lesson;
pub mod render;
// Floor 3.
pub mod narrate;
// Floor 2.
pub mod event;
// Floor 1.
pub mod tcp;
// Floor 0.
pub mod text;

pub use cli::lesson::{main, main_in};
pub use event::error::{Error, Result};
pub use lesson::case;
pub use lesson::side::Side;
pub use lesson::socket::Socket;
