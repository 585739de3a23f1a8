//! TCP from its bytes up: a frame becomes a segment, segments become a connection, and what each one
//! means in it is known. Nothing here makes a call, or has a sentence.

pub mod anomaly;
pub mod anomaly_rules;
pub mod connection;
#[cfg(feature = "wire")]
pub mod decode;
pub mod direction;
pub mod flow;
pub mod frame;
pub mod malformed;
pub mod reading;
pub mod reassembly;
pub mod seen_ranges;
pub mod segment;
pub mod severed;
pub mod state;
pub mod state_machine;
pub mod summary;
pub mod who;
