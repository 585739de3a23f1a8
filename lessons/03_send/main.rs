//! Lesson 03: send.

mod client;
mod server;

fn main() -> std::process::ExitCode {
    socklab::main("03_send", client::client, server::server)
}
