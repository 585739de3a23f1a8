//! The `socklab` command, and the `main` of a lesson: one file a subcommand, and what they share.

pub mod command;
pub mod complaint;
pub mod display;
pub mod lesson;
pub mod options;
pub mod rooms;
pub mod run;
#[cfg(feature = "wire")]
pub mod sniff;
pub mod terminal;
#[cfg(all(target_os = "linux", target_env = "gnu", any(target_arch = "x86_64", target_arch = "aarch64")))]
pub mod watch;
