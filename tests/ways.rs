//! The ways in which a lesson can be run where its programs are not watched from outside, and alone.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::peers::{Ended, serve};
use crate::runs::{command, free_port, has_room, has_tool, program, run, stderr, stdout};

/// A command under a filter that refuses ptrace(2).
fn without_ptrace(lesson: &str, arguments: &[&str]) -> Command {
    let mut command = Command::new("/usr/bin/python3");
    command.arg(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/watched/without_ptrace.py"));
    command.arg(program(lesson)).args(arguments).args(["--lang", "en"]).stdin(Stdio::null());
    command
}

/// The calls of a side that a picture in JSON has, without those that depend on who came first.
fn calls(json: &str, side: &str) -> Vec<String> {
    json.lines()
        .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap())
        .filter(|event| event["type"] == "call" && event["side"] == side)
        .map(|event| format!("{} {} {}", event["call"], event["result"], event["data"]))
        .collect()
}

#[test]
fn where_nobody_may_trace_lessons_are_whole() {
    let test = "where_nobody_may_trace_lessons_are_whole";
    if !has_tool("/usr/bin/python3", test) || !has_room(test) {
        return;
    }
    for lesson in ["01_socket", "02_connect", "03_send", "04_recv", "05_close"] {
        let output = without_ptrace(lesson, &["--format", "json"]).output().unwrap();
        let told = stdout(&output);
        assert!(output.status.success(), "{lesson}: {}", stderr(&output));
        let watched = stdout(&run(lesson, &["--format", "json"]));
        for side in ["client", "server"] {
            assert_eq!(calls(&told, side), calls(&watched, side), "{lesson}: {side}");
        }
        let segments = |json: &str| json.matches("\"type\":\"segment\"").count();
        // Where nobody is held, the client's FIN may take the ACK of the server's along.
        assert!(segments(&watched).abs_diff(segments(&told)) <= 1, "{lesson}: {told}");
    }
    let shown = stdout(&without_ptrace("05_close", &["--width", "160"]).output().unwrap());
    assert!(shown.contains("ptrace: ") && shown.contains("as the programs told them"), "{shown}");
}

#[test]
fn where_nobody_may_trace_each_side_plays_alone() {
    if !has_tool("/usr/bin/python3", "where_nobody_may_trace_each_side_plays_alone") {
        return;
    }
    let port = free_port().to_string();
    let mut server = without_ptrace("05_close", &["server", "--port", &port]);
    let mut server = Ended(server.stdout(Stdio::piped()).spawn().unwrap());
    let mut lines = BufReader::new(server.0.stdout.take().unwrap()).lines();
    assert!(lines.any(|line| line.unwrap().contains("The server is ready to receive")));
    std::thread::spawn(move || lines.for_each(drop));
    let client = without_ptrace("05_close", &["client", "--port", &port, "--sentence", "hi"]);
    let output = { client }.output().unwrap();
    let shown = stdout(&output);
    assert!(output.status.success(), "{}", stderr(&output));
    assert!(
        shown.contains("From Server: HI") && shown.contains("socket(AF_INET, SOCK_STREAM) → 3"),
        "{shown}"
    );

    // Whatever ends the server's picture ends the server as well.
    server.0.kill().unwrap();
    let begun = Instant::now();
    while TcpStream::connect(format!("127.0.0.1:{port}")).is_ok() {
        assert!(begun.elapsed() < Duration::from_secs(20), "the server is left");
        std::thread::yield_now();
    }
}

#[test]
fn under_strace_a_side_plays_in_the_process_that_is_traced() {
    if !has_tool("strace", "under_strace_a_side_plays_in_the_process_that_is_traced") {
        return;
    }
    let port = free_port().to_string();
    let _server = serve(&port);
    let output = Command::new("strace")
        .args(["-o", "/dev/null", program("05_close"), "client", "--port", &port, "--sentence", "hi"])
        .args(["--lang", "en"])
        .output()
        .unwrap();
    let shown = stdout(&output);
    assert!(output.status.success(), "{}", stderr(&output));
    assert!(shown.contains("From Server: HI") && shown.contains("traces this program already"), "{shown}");
    assert!(shown.contains("socket(AF_INET, SOCK_STREAM) → 3"), "{shown}");
}

#[test]
fn a_breakpoint_in_a_lessons_own_lines_holds() {
    if !has_tool("gdb", "a_breakpoint_in_a_lessons_own_lines_holds") {
        return;
    }
    let port = free_port().to_string();
    let _server = serve(&port);
    let source = include_str!("../lessons/05_close/client.rs");
    let line = source.lines().position(|line| line.contains("socket.send(&mode)")).unwrap() + 1;
    let output = Command::new("gdb")
        .args(["-q", "-batch", "-nx", "-ex", "set debuginfod enabled off"])
        .args(["-ex", &format!("break lessons/05_close/client.rs:{line}"), "-ex", "run", "-ex", "bt 1"])
        .args(["-ex", "print mode", "-ex", "continue", "--args", program("05_close")])
        .args(["client", "--port", &port, "--sentence", "hi"])
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let shown = stdout(&output);
    assert!(shown.contains(&format!("client.rs:{line}")) && shown.contains("From Server: HI"), "{shown}");
}

#[test]
fn a_server_whose_reader_has_gone_goes_on_serving() {
    let port = free_port().to_string();
    let mut server =
        command("05_close", &["server", "--port", &port]).stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(server.stdout.take().unwrap()).lines();
    assert!(lines.any(|line| line.unwrap().contains("The server is ready to receive")));
    drop(lines);
    let _server = Ended(server);
    for _ in 0..20 {
        let mut stream = TcpStream::connect(format!("127.0.0.1:{port}")).unwrap();
        stream.write_all(b"hi1").unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        assert_eq!(answer, "HI");
    }
}
