//! Everything that is tested from outside: whole programs, run as a student runs them, and the
//! rules of the house.

mod cases;
mod house;
mod peers;
mod programs;
mod runs;
mod transcripts;
