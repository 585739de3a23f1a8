//! What it costs a program to be watched: a conversation of 10,000 round trips, watched, untraced, and
//! under `strace` at its best, in turns: `cargo bench --bench watch`.

#![allow(clippy::print_stdout, reason = "a bench reports by printing")]

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// Round trips of a conversation.
const TRIPS: usize = 10_000;

const ROUNDS: usize = 5;

/// Keeps the rivals on one processor, as the stage keeps its programs: two that take turns are several
/// times as slow on two (taskset(1)).
const ON_ONE: &str = "taskset -c 0";

/// Sends back what comes, for one client.
const SERVER: &str = "
import socket
listener = socket.create_server(('127.0.0.1', 12000))
connection, _ = listener.accept()
while data := connection.recv(100):
    connection.send(data)
";

/// Sends and waits for the answer, again and again. Untraced nobody tells it when the server is
/// ready, so it knocks until it is.
const CLIENT: &str = "
import socket, sys
while True:
    try:
        connection = socket.create_connection(('127.0.0.1', 12000))
        break
    except ConnectionRefusedError:
        pass
for _ in range(int(sys.argv[1])):
    connection.send(b'ping')
    connection.recv(100)
";

fn main() {
    let folder = std::env::temp_dir().join(format!("socklab-bench-watch-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a folder of its own");
    for (name, text) in [("server.py", SERVER), ("client.py", CLIENT)] {
        std::fs::write(folder.join(name), text).expect("a program in it");
    }
    let (server, client) =
        ("exec /usr/bin/python3 server.py", format!("exec /usr/bin/python3 client.py {TRIPS}"));
    let program = env!("CARGO_BIN_EXE_socklab");
    let traced = |free: &[&str]| {
        let mut command = Command::new(program);
        command.args(["watch", "--server", server, "--client", &client, "--format", "lines"]).args(free);
        time(command.current_dir(&folder))
    };
    // The same two in a room of their own as well, and nobody between them and the kernel.
    let untraced = || {
        let mut command = Command::new(program);
        let both = format!("({server}) & {client}; wait");
        command.args(["room", "--", "sh", "-c", &format!("{ON_ONE} sh -c '{both}'")]);
        time(command.current_dir(&folder))
    };
    // strace(1) with a filter of system calls, so that it stops at calls on sockets alone.
    let straced = || {
        let trace = "exec strace -f --seccomp-bpf -e trace=network -o";
        let mut command = Command::new(program);
        let both = format!(
            "({trace} server.strace {}) & {trace} client.strace {}; wait",
            server.trim_start_matches("exec "),
            client.trim_start_matches("exec ")
        );
        command.args(["room", "--", "sh", "-c", &format!("{ON_ONE} sh -c '{both}'")]);
        time(command.current_dir(&folder))
    };
    traced(&[]);
    compare("in turns, against untraced", || traced(&[]), untraced);
    compare("--free, against untraced", || traced(&["--free"]), untraced);
    if Command::new("strace").arg("-V").output().is_ok() {
        compare("in turns, against strace -f --seccomp-bpf -e trace=network", || traced(&[]), straced);
    } else {
        println!("skipped: there is no strace here");
    }
    // It is in the system's own folder for such things, which is emptied anyway.
    let _ = std::fs::remove_dir_all(&folder);
}

/// Runs both in turns, and reports how many times as long the first takes.
fn compare(title: &str, ours: impl Fn() -> Duration, rival: impl Fn() -> Duration) {
    let rounds: Vec<_> = (0..ROUNDS).map(|_| (ours(), rival())).collect();
    let mut ratios: Vec<f64> = rounds.iter().map(|(a, b)| a.as_secs_f64() / b.as_secs_f64()).collect();
    ratios.sort_by(f64::total_cmp);
    println!(
        "{TRIPS} round trips, {title}: {:.2} times as long ({:.2} to {:.2}); {:.2} s against {:.2} s",
        ratios[ROUNDS / 2],
        ratios[0],
        ratios[ROUNDS - 1],
        rounds[ROUNDS / 2].0.as_secs_f64(),
        rounds[ROUNDS / 2].1.as_secs_f64(),
    );
}

fn time(command: &mut Command) -> Duration {
    let begun = Instant::now();
    let output = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped()).output();
    let output = output.expect("it can be run");
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    begun.elapsed()
}
