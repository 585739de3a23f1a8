//! A lab kit in which TCP can be seen: every packet under the very call that caused it.
//!
//! The modules stand in floors, and each knows only those below it; the README has the map.

// The doors.
pub mod blame;
pub mod burst;
pub mod command;
pub mod complaint;
pub mod display;
pub mod gallery;
pub mod guest;
pub mod interrupt;
pub mod lesson;
pub mod options;
pub mod outlet;
#[cfg(feature = "wire")]
pub mod pipe;
pub mod reported;
pub mod rooms;
pub mod run;
pub mod side;
#[cfg(feature = "wire")]
pub mod sniff;
#[cfg(feature = "wire")]
pub mod sniffer;
#[cfg(feature = "wire")]
pub mod tap;
pub mod terminal;
pub mod trace;
#[cfg(all(target_os = "linux", target_env = "gnu", any(target_arch = "x86_64", target_arch = "aarch64")))]
pub mod watch;
pub mod wire;

// The world.
#[cfg(target_os = "linux")]
pub mod capability;
#[cfg(feature = "wire")]
pub mod capfile;
pub mod capture;
pub mod ends;
#[cfg(all(feature = "wire", target_os = "linux"))]
pub mod filter;
pub mod kernel;
#[cfg(target_os = "linux")]
pub mod mtu;
#[cfg(target_os = "linux")]
pub mod pid_namespace;
pub mod poll;
#[cfg(feature = "wire")]
pub mod privilege;
#[cfg(target_os = "linux")]
pub mod quickack;
pub mod report;
pub mod room;
pub mod socket;
pub mod spool;
#[cfg(target_os = "linux")]
pub mod sysctl;
#[cfg(all(target_os = "linux", target_env = "gnu", any(target_arch = "x86_64", target_arch = "aarch64")))]
pub mod tracee;
#[cfg(all(test, target_os = "linux"))]
mod trial;

// The pictures.
pub mod render;

// The meaning.
pub mod connection;
pub mod diagram;
pub mod extent;
pub mod flow;
pub mod lane;
pub mod narrate;
pub mod scrutiny;
pub mod stream;

// The words.
pub mod bytes;
pub mod case;
pub mod curriculum;
pub mod damage;
#[cfg(feature = "wire")]
pub mod decode;
pub mod errno;
pub mod error;
pub mod escape;
pub mod event;
pub mod frame;
pub mod lang;
pub mod malformed;
pub mod moved;
pub mod oddity;
pub mod op;
pub mod random;
pub mod reading;
pub mod segment;
pub mod state;
pub mod summary;
pub mod truth;
pub mod verdict;
pub mod weather;

pub use error::{Error, Result};
pub use side::Side;
pub use socket::Socket;
