//! `socklab room` from outside: a shell in a room, and others that join it.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Stdio};

use crate::runs::{command, has_room, run, stderr, stdout};

/// A shell in a room, which does what is written to it.
struct Shell {
    child: Child,
    input: Option<ChildStdin>,
    output: BufReader<ChildStdout>,
}

impl Shell {
    fn open() -> Shell {
        let mut child = command("socklab", &["room", "--", "/bin/sh"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let (input, output) = (child.stdin.take(), BufReader::new(child.stdout.take().unwrap()));
        Shell { child, input, output }
    }

    /// Has it run a line, and gives back the first line of what that prints.
    fn ask(&mut self, line: &str) -> String {
        writeln!(self.input.as_mut().unwrap(), "{line}").unwrap();
        let mut answer = String::new();
        self.output.read_line(&mut answer).unwrap();
        answer.trim_end().to_owned()
    }

    fn leave(mut self) -> Option<i32> {
        drop(self.input.take());
        self.child.wait().unwrap().code()
    }
}

fn network() -> String {
    std::fs::read_link("/proc/self/ns/net").unwrap().to_string_lossy().into_owned()
}

#[test]
fn a_room_is_entered_by_its_number_and_gone_with_its_shell() {
    if !has_room("a_room_is_entered_by_its_number_and_gone_with_its_shell") {
        return;
    }
    let mut shell = Shell::open();
    let inside = shell.ask("readlink /proc/self/ns/net");
    assert_ne!(inside, network(), "it is a network of its own");
    let id = shell.ask("echo $SOCKLAB_ROOM");
    let joined = run("socklab", &["room", "enter", &id, "--", "readlink", "/proc/self/ns/net"]);
    assert_eq!(stdout(&joined).trim_end(), inside, "{}", stderr(&joined));
    let user = run("socklab", &["room", "enter", &id, "--", "id", "-u"]);
    // SAFETY: geteuid(2) has no preconditions and cannot fail.
    assert_eq!(stdout(&user).trim_end(), unsafe { libc::geteuid() }.to_string(), "as the same user");
    let list = stdout(&run("socklab", &["room", "list"]));
    assert!(list.lines().any(|line| line.starts_with(&format!("{id}  ")) && line.contains("sh")), "{list}");
    assert_eq!(shell.leave(), Some(0));
    let list = stdout(&run("socklab", &["room", "list"]));
    assert!(!list.contains(&id), "{list}");
    let output = run("socklab", &["room", "enter", &id]);
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).starts_with(&format!("arguments: {id}: ")), "{}", stderr(&output));
}

#[cfg(feature = "wire")]
#[test]
fn in_a_room_a_program_may_watch_the_wire() {
    if !has_room("in_a_room_a_program_may_watch_the_wire") {
        return;
    }
    let mut shell = Shell::open();
    let program = crate::runs::program("socklab");
    let line = format!("{program} sniff --count 1 --format json | grep -m 1 segment &");
    writeln!(shell.input.as_mut().unwrap(), "{line}").unwrap();
    // Knocks until the sniffer has heard it.
    let heard =
        shell.ask("while kill -0 $! 2>/dev/null; do bash -c ': 3<>/dev/tcp/127.0.0.1/9' 2>/dev/null; done");
    assert!(heard.contains("\"dst_port\":9") || heard.contains("\"src_port\":9"), "{heard}");
    shell.leave();
}

#[test]
fn the_exit_code_is_the_shells() {
    if !has_room("the_exit_code_is_the_shells") {
        return;
    }
    assert_eq!(run("socklab", &["room", "--", "sh", "-c", "exit 5"]).status.code(), Some(5));
    let output = run("socklab", &["room", "--lang", "ko", "--", "/nonexistent"]);
    assert_eq!(output.status.code(), Some(127));
    assert!(stderr(&output).contains("execvp(/nonexistent): 실행하지 못했다"), "{}", stderr(&output));
}
