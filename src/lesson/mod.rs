//! What a lesson's program is given: its side, its socket, and the tutorial's rules; and what it hands in.

pub mod case;
pub mod curriculum;
pub mod poll;
pub mod program;
pub mod report;
pub mod side;
pub mod socket;
