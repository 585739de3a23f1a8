//! The `socklab` command. Without arguments it plays the last lesson of the tutorial.

#[path = "../lessons/01_socket/client.rs"]
mod client_01;
#[path = "../lessons/02_connect/client.rs"]
mod client_02;
#[path = "../lessons/03_send/client.rs"]
mod client_03;
#[path = "../lessons/04_recv/client.rs"]
mod client_04;
#[path = "../lessons/05_close/client.rs"]
mod client_05;
#[path = "../lessons/01_socket/server.rs"]
mod server_01;
#[path = "../lessons/02_connect/server.rs"]
mod server_02;
#[path = "../lessons/03_send/server.rs"]
mod server_03;
#[path = "../lessons/04_recv/server.rs"]
mod server_04;
#[path = "../lessons/05_close/server.rs"]
mod server_05;

use socklab::lesson::program::Lesson;

fn main() -> std::process::ExitCode {
    socklab::cli::command::main(&[
        Lesson::new("01_socket", client_01::client, server_01::server),
        Lesson::new("02_connect", client_02::client, server_02::server),
        Lesson::new("03_send", client_03::client, server_03::server),
        Lesson::new("04_recv", client_04::client, server_04::server),
        Lesson::new("05_close", client_05::client, server_05::server),
    ])
}
