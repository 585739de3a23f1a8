//! Other people's programs on the stage: what is shown of them, held as snapshots; how each play
//! ends; and that every run shows the same.

use std::path::PathBuf;
use std::process::{Command, Output};
use std::sync::OnceLock;

use serde_json::Value;

use crate::captures::Scratch;
use crate::runs::{has_room, run, say, stderr, stdout};
use crate::transcripts::snapshots;

/// A line for the shell that runs one of the little programs.
pub fn line(interpreter: &str, file: &str) -> String {
    format!("{interpreter} {}/tests/watched/{file}", env!("CARGO_MANIFEST_DIR"))
}

/// The system's own Python: where there are several, the first is often a script that seeks one.
pub const PYTHON: &str = "/usr/bin/python3";

pub fn python(file: &str) -> String {
    line(PYTHON, file)
}

/// Whether a play with these tools can be tested here; what is missing is said.
pub fn can_play(test: &str, tools: &[&str]) -> bool {
    let missing = tools.iter().find(|tool| {
        let found = Command::new("sh").args(["-c", &format!("command -v {tool}")]).output();
        !found.is_ok_and(|output| output.status.success())
    });
    if let Some(tool) = missing {
        say(&format!("skipped: {test}: {tool} is not installed"));
    }
    missing.is_none() && has_room(test)
}

/// The echo program of C, built once; it stays at the place where things go that are made by tests.
fn echo() -> String {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    let built = BUILT.get_or_init(|| {
        let program = std::env::temp_dir().join(format!("socklab-echo-{}", std::process::id()));
        let source = line("", "echo.c");
        let built = Command::new("cc").args(["-o", program.to_str().unwrap(), source.trim()]).status();
        assert!(built.is_ok_and(|status| status.success()), "cc cannot build {source}");
        program
    });
    built.to_str().unwrap().to_owned()
}

/// Plays a server and its clients.
pub fn play(server: &str, clients: &[&str], more: &[&str]) -> Output {
    let mut arguments = vec!["watch", "--server", server];
    arguments.extend(clients.iter().flat_map(|client| ["--client", client]));
    arguments.extend(more);
    run("socklab", &arguments)
}

/// Plays, and holds what was shown against a snapshot: the verdict, in words and as an exit code, and
/// the cause of every segment.
fn holds(name: &str, code: i32, server: &str, clients: &[&str], input: &str) {
    let output = play(server, clients, &["--format", "lines", "--width", "120", "--input", input]);
    // The title has the places of the programs in it, which are this machine's.
    let shown = stdout(&output);
    let played = shown.find("\nserver ").map_or("", |title| &shown[title + 1..]);
    snapshots().bind(|| insta::assert_snapshot!(format!("watch.{name}"), played));
    assert_eq!(output.status.code(), Some(code), "{name}: {}", stderr(&output));

    let lines = events(&play(server, clients, &["--format", "json", "--input", input]));
    let calls: Vec<&Value> = lines.iter().filter(|line| line["type"] == "call").collect();
    for segment in lines.iter().filter(|line| line["type"] == "segment") {
        assert!(calls.iter().any(|call| call["id"] == segment["cause"]), "{name}: no cause: {segment}");
    }
    assert_eq!(lines.last().unwrap()["complete"], true, "{name}");
}

/// The lines of JSON that a play has shown.
pub fn events(output: &Output) -> Vec<Value> {
    stdout(output).lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// How a play ended, as its JSON lines have it.
pub fn verdict(events: &[Value]) -> &str {
    let told = events.iter().rfind(|line| line["type"] == "verdict");
    told.and_then(|line| line["verdict"].as_str()).expect("a play ends with a verdict")
}

#[test]
fn two_sends_that_are_read_as_one_end_in_a_deadlock() {
    if !can_play("two_sends_that_are_read_as_one_end_in_a_deadlock", &[PYTHON]) {
        return;
    }
    let (server, client) = (python("pair_server.py"), python("pair_client.py"));
    holds("deadlock", 3, &server, &[&client], r"hi\n");
    let ladder = stdout(&play(&server, &[&client], &["--input", r"Hi\n2\n", "--lang", "ko"]));
    let ladder = ladder.split_once("\n\n").unwrap().1;
    snapshots().bind(|| insta::assert_snapshot!("watch.deadlock.ladder.ko", ladder));
}

#[test]
fn a_pause_between_them_brings_the_answer() {
    if !can_play("a_pause_between_them_brings_the_answer", &[PYTHON]) {
        return;
    }
    let client = python("pair_client.py") + " 0.05";
    holds("answered", 0, &python("pair_server.py"), &[&client], r"hi\n");
}

#[test]
fn a_hundred_plays_are_one() {
    if !can_play("a_hundred_plays_are_one", &[PYTHON]) {
        return;
    }
    let (server, client) = (python("pair_server.py"), python("pair_client.py"));
    let shown = || stdout(&play(&server, &[&client], &["--input", r"Hi\n1\n"]));
    let first = shown();
    for _ in 0..100 {
        assert_eq!(shown(), first);
    }
}

#[test]
fn python_with_threads_with_asyncio_and_with_socketserver() {
    if !can_play("python_with_threads_with_asyncio_and_with_socketserver", &[PYTHON]) {
        return;
    }
    let client = python("echo_client.py");
    holds("threads", 0, &python("threads_server.py"), &[&client, &client], "");
    holds("asyncio", 0, &python("asyncio_server.py"), &[&client], "");
    holds("socketserver", 0, &python("socketserver_server.py"), &[&client], "");
}

#[test]
fn c_and_a_shell_of_dev_tcp() {
    if !can_play("c_and_a_shell_of_dev_tcp", &["cc", "bash"]) {
        return;
    }
    holds("c", 0, &echo(), &[&format!("{} hello", echo())], "");
    let shell = "bash -c 'exec 3<>/dev/tcp/127.0.0.1/12000; printf hello >&3; head -c 5 <&3'";
    holds("bash", 0, &echo(), &[shell], "");
}

#[test]
fn netcat() {
    if can_play("netcat", &["nc"]) {
        // Whose netcat it is differs between systems, and with it the calls: not so what comes of them.
        let client = "echo hello | nc -N 127.0.0.1 12000";
        let lines = events(&play("nc -l 127.0.0.1 12000", &[client], &["--format", "json"]));
        assert_eq!(verdict(&lines), "finished");
        assert!(lines.iter().any(|line| line["type"] == "output" && line["text"] == "hello"), "{lines:?}");
    }
}

#[test]
fn node() {
    if can_play("node", &["node", PYTHON]) {
        // Its calls differ from version to version.
        let lines = events(&play(
            &line("node", "node_server.js"),
            &[&python("echo_client.py")],
            &["--format", "json"],
        ));
        assert_eq!(verdict(&lines), "finished");
        assert!(lines.iter().any(|line| line["type"] == "output" && line["text"] == "HELLO"), "{lines:?}");
        assert!(lines.iter().any(|line| line["call"] == "epoll_wait"), "{lines:?}");
    }
}

#[test]
fn what_is_saved_reads_back_as_the_same_picture() {
    if !can_play("what_is_saved_reads_back_as_the_same_picture", &[PYTHON]) {
        return;
    }
    let file = Scratch::new("watched.pcapng");
    let (server, client) = (python("pair_server.py"), python("pair_client.py"));
    let shown = stdout(&play(&server, &[&client], &["--input", r"hi\n", "--save", file.path()]));
    let read = stdout(&run("socklab", &["sniff", "--read", file.path()]));
    let picture = |text: &str| text.split_once("──\n").map(|(_, picture)| picture.to_owned());
    assert!(picture(&shown).is_some());
    assert_eq!(picture(&read), picture(&shown));
}
