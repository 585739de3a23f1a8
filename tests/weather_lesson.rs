//! A lesson whose `main` names its weather beside its two sides: started by itself, it plays; started by
//! `cargo test`, it starts itself and looks at what it shows.

#![allow(clippy::print_stdout, reason = "it is its own test harness")]

#[path = "../lessons/05_close/client.rs"]
mod client;
#[path = "../lessons/05_close/server.rs"]
mod server;

use std::process::{Command, ExitCode};

use socklab::event::weather::Weather;

/// Ethernet's, in bytes.
const MTU: u32 = 1500;

fn main() -> ExitCode {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    if arguments.iter().any(|argument| argument == "--sentence" || argument.starts_with("--part=")) {
        let weather = Weather { mtu: Some(MTU), ..Weather::default() };
        return socklab::main_in(weather, "05_close", client::client, server::server);
    }
    let longest = |more: &[&str]| {
        let sentence = "a".repeat(5000);
        let mut command = Command::new(std::env::current_exe().unwrap());
        let output = command.args(["--sentence", &sentence, "--format", "json"]).args(more).output().unwrap();
        let shown = String::from_utf8(output.stdout).unwrap();
        let events = shown.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap());
        let lengths: Vec<_> = events.filter_map(|event| event["len"].as_u64()).collect();
        (shown.contains("\"wire\":\"room\""), lengths.into_iter().max().unwrap_or(0))
    };
    match longest(&[]) {
        // With its timestamps an IPv4 header and a TCP header are 52 bytes long.
        (true, length) => assert_eq!(length, u64::from(MTU) - 52),
        (false, _) => {
            let required = std::env::var_os("SOCKLAB_REQUIRE_WIRE").is_some_and(|value| value == "1");
            assert!(!required, "SOCKLAB_REQUIRE_WIRE=1, but no room can be made here: see `socklab doctor`");
            println!("skipped: no room can be made here; `socklab doctor` says why");
            return ExitCode::SUCCESS;
        }
    }
    assert_eq!(longest(&["--mtu", "1000"]).1, 1000 - 52, "whoever plays it may ask for another");
    println!("test result: ok. 1 passed; 0 failed");
    ExitCode::SUCCESS
}
