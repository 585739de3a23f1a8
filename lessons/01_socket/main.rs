//! Lesson 01: socket.

mod client;
mod server;

fn main() -> std::process::ExitCode {
    socklab::main("01_socket", client::client, server::server)
}
