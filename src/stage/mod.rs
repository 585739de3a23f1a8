//! The stage: what each call caused, put into a record. `traced` holds programs at their calls and lets one go on
//! at a time; `reported` plays a lesson whose programs tell of their own calls.

pub mod attribution;
pub mod burst;
pub mod display;
pub mod ends;
pub mod interrupt;
pub mod moved;
pub mod options;
pub mod random;
pub mod reported;
pub mod trace;
#[cfg(all(target_os = "linux", target_env = "gnu", any(target_arch = "x86_64", target_arch = "aarch64")))]
pub mod traced;
