//! Lesson 04: recv.

mod client;
mod server;

fn main() -> std::process::ExitCode {
    socklab::main("04_recv", client::client, server::server)
}
