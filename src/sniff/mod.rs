//! Frames in, pictures out, without calls.

#[cfg(feature = "wire")]
pub mod pipe;
#[cfg(feature = "wire")]
pub mod sniffer;
pub mod spool;
pub mod stdout;
