//! Lesson 01: socket.

mod client;
mod server;

fn main() -> std::process::ExitCode {
    socklab::lesson::main("01_socket", client::client, server::server)
}
