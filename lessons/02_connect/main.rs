//! Lesson 02: connect.

mod client;
mod server;

fn main() -> std::process::ExitCode {
    socklab::main("02_connect", client::client, server::server)
}
