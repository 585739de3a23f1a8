//! Everything that is tested from outside: whole programs, run as a student runs them, and the
//! rules of the house.

#[cfg(feature = "wire")]
mod captures;
mod cases;
#[cfg(feature = "wire")]
mod harmless;
#[cfg(feature = "wire")]
mod hostile;
mod house;
#[cfg(feature = "wire")]
mod judges;
mod peers;
mod programs;
#[cfg(target_os = "linux")]
mod rooms;
mod runs;
#[cfg(feature = "wire")]
mod segments;
#[cfg(feature = "wire")]
mod sniff;
mod transcripts;
#[cfg(feature = "wire")]
mod watch;
#[cfg(feature = "wire")]
mod watch_chance;
#[cfg(feature = "wire")]
mod watch_kinds;
#[cfg(feature = "wire")]
mod watch_real;
#[cfg(feature = "wire")]
mod watch_rude;
#[cfg(feature = "wire")]
mod watch_time;
#[cfg(feature = "wire")]
mod watch_truth;
#[cfg(feature = "wire")]
mod watch_weather;
#[cfg(target_os = "linux")]
mod ways;
