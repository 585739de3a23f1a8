//! Lesson 03: send.

mod client;
mod server;

fn main() -> std::process::ExitCode {
    socklab::lesson::main("03_send", client::client, server::server)
}
