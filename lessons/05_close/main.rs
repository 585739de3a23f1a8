//! Lesson 05: close.

mod client;
mod server;

fn main() -> std::process::ExitCode {
    socklab::main("05_close", client::client, server::server)
}
