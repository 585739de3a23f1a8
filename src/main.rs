//! The `socklab` command. Without arguments it plays the last lesson of the tutorial.

#[path = "../lessons/05_close/client.rs"]
mod client;
#[path = "../lessons/05_close/server.rs"]
mod server;

fn main() -> std::process::ExitCode {
    socklab::command::main("05_close", client::client, server::server)
}
