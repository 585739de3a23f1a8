//! Programs that are rude, or that crash: every play ends by itself and says how, and leaves nobody
//! behind.

use std::io::{BufRead, BufReader};
use std::os::unix::process::CommandExt;
use std::process::Stdio;

use serde_json::Value;

use crate::runs::{command, program, say, stderr, stdout};
use crate::watch::{PYTHON, can_play, events, play, python, verdict};

/// Plays, and gives back how it ended and what was shown.
fn ends(server: &str, client: &str, code: i32, how: &str) -> Vec<Value> {
    let output = play(server, &[client], &["--format", "json"]);
    let lines = events(&output);
    assert_eq!((verdict(&lines), output.status.code()), (how, Some(code)), "{server} · {client}: {lines:?}");
    assert_eq!(lines.last().unwrap()["complete"], true, "{server} · {client}");
    lines
}

/// A client that connects, and then does this.
fn then(rest: &str) -> String {
    format!(
        "{PYTHON} -c 'import os, socket, time; s = socket.create_connection((\"127.0.0.1\", 12000)); {rest}'"
    )
}

fn why(lines: &[Value]) -> &Value {
    lines.iter().rfind(|line| line["type"] == "verdict").unwrap()
}

#[test]
fn crashes_are_told() {
    if !can_play("crashes_are_told", &[PYTHON]) {
        return;
    }
    let server = python("pair_server.py");
    let lines = ends(&server, &format!("exec {}", then("os.kill(os.getpid(), 11)")), 1, "crashed");
    assert_eq!(why(&lines)["signal"], "SIGSEGV", "{lines:?}");
    let lines = ends(&server, "exit 3", 1, "crashed");
    assert_eq!(why(&lines)["exit"], 3, "{lines:?}");
    ends(&server, &then("raise ValueError(3)"), 1, "crashed");
}

#[test]
fn nobody_listens() {
    if !can_play("nobody_listens", &[PYTHON]) {
        return;
    }
    for server in ["true", "exec sleep 0.05"] {
        let lines = ends(server, &then(""), 1, "crashed");
        assert_eq!(why(&lines)["failed"]["error"], "ECONNREFUSED", "{lines:?}");
    }
}

#[test]
fn sockets_that_are_closed_early_or_handed_on() {
    if !can_play("sockets_that_are_closed_early_or_handed_on", &[PYTHON]) {
        return;
    }
    let server = python("threads_server.py");
    ends(&server, &then("s.close(); time.sleep(0.05)"), 0, "resting");
    let lines = ends(
        &server,
        &then(
            "s.set_inheritable(True); os.execvp(\"sh\", [\"sh\", \"-c\", \"echo hi >&3; head -c 3 <&3; exec 3>&-\"])",
        ),
        0,
        "resting",
    );
    assert!(lines.iter().any(|line| line["call"] == "execve"), "{lines:?}");
    assert!(lines.iter().any(|line| line["text"] == "HI"), "{lines:?}");
}

#[test]
fn escapes_do_not_get_through() {
    if !can_play("escapes_do_not_get_through", &["printf"]) {
        return;
    }
    let output = play("true", &[r"printf 'a\033[31mred\007\n'"], &["--color", "never"]);
    assert!(!output.stdout.contains(&0x1b) && !output.stdout.contains(&7));
}

#[test]
fn a_daemon_is_no_reason_to_stay() {
    if !can_play("a_daemon_is_no_reason_to_stay", &[PYTHON]) {
        return;
    }
    let lines = ends(&python("daemon.py"), &python("echo_client.py"), 0, "resting");
    assert!(lines.iter().any(|line| line["text"] == "HELLO"), "{lines:?}");
}

#[test]
fn a_thousand_connections() {
    if !can_play("a_thousand_connections", &[PYTHON]) {
        return;
    }
    let lines = ends(&python("many.py"), &(python("many.py") + " client"), 0, "finished");
    let connections: std::collections::BTreeSet<u64> =
        lines.iter().filter_map(|line| line["connection"].as_u64()).collect();
    assert_eq!(connections.len(), 1000);
}

#[test]
fn a_hundred_megabytes_in_little_memory() {
    if !can_play("a_hundred_megabytes_in_little_memory", &[PYTHON]) {
        return;
    }
    let (server, client) = (python("many.py") + " big", python("many.py") + " client big");
    let mut child =
        command("socklab", &["watch", "--server", &server, "--client", &client, "--format", "lines"])
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
    // Its memory is looked at each time that it has said something, and so until its end.
    let status = format!("/proc/{}/status", child.id());
    let (mut most, mut last) = (0, String::new());
    for line in BufReader::new(child.stdout.take().unwrap()).lines() {
        last = line.unwrap();
        let status = std::fs::read_to_string(&status).unwrap_or_default();
        let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")?.split_whitespace().next());
        most = most.max(peak.map_or(0, |peak| peak.parse::<u64>().unwrap()));
    }
    assert!(child.wait().unwrap().success());
    assert!(last.contains("100000000 bytes (send 100000000, recv 100000000)"), "{last}");
    say(&format!("a_hundred_megabytes_in_little_memory: at most {most} kB"));
    assert!((1..100_000).contains(&most), "{most} kB");
}

#[test]
fn a_signal_for_its_own_group_stays_among_a_program() {
    if !can_play("a_signal_for_its_own_group_stays_among_a_program", &[PYTHON]) {
        return;
    }
    let kills = "import signal; signal.signal(15, lambda *_: print(\"heard\", flush=True)); os.kill(0, 15)";
    let (server, client) = (python("threads_server.py"), format!("exec {}", then(kills)));
    let arguments = ["watch", "--server", &server, "--client", &client, "--format", "json"];
    // In the group of whoever runs the tests it would not be the play alone that hears it.
    let output = command("socklab", &arguments).process_group(0).output().unwrap();
    let lines = events(&output);
    assert_eq!(verdict(&lines), "resting", "{lines:?}");
    let heard = |side: &str| lines.iter().any(|line| line["text"] == "heard" && line["side"] == side);
    assert!(heard("client") && !heard("server"), "{lines:?}");
}

#[test]
fn nobody_is_left_behind() {
    if !can_play("nobody_is_left_behind", &[PYTHON]) {
        return;
    }
    for signal in ["INT", "TERM", "HUP", "KILL"] {
        // The mark stands in the programs' own command lines, where it is looked for.
        let mark = format!("left-behind-{signal}-{}", std::process::id());
        let (server, client) =
            (format!("{} {mark}", python("daemon.py")), format!("echo on; sleep 100 # {mark}"));
        // In no time its sleep would be over, and the play perhaps before the signal comes.
        let told = ["watch", "--server", &server, "--client", &client, "--format", "lines", "--real-time"];
        let mut child = command("socklab", &told).stdout(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        assert!(lines.any(|line| line.unwrap().contains("» on")), "{signal}");
        let kill = std::process::Command::new("kill").args(["-s", signal, &child.id().to_string()]).status();
        assert!(kill.unwrap().success());
        assert!(lines.by_ref().all(|line| line.is_ok()), "{signal}");
        assert_eq!(child.wait().unwrap().success(), signal != "KILL", "{signal}");
        // With SIGKILL it is the kernel that ends them, in its own time.
        let begun = std::time::Instant::now();
        while is_anybody_marked(&mark) {
            assert!(begun.elapsed().as_secs() < 10, "{signal}: somebody is left");
            std::thread::yield_now();
        }
    }
}

/// Whether a process has this in its command line; a zombie has none.
fn is_anybody_marked(mark: &str) -> bool {
    let processes = std::fs::read_dir("/proc").unwrap().flatten();
    processes.into_iter().any(|process| {
        let line = std::fs::read(process.path().join("cmdline")).unwrap_or_default();
        line.windows(mark.len()).any(|window| window == mark.as_bytes())
    })
}

#[test]
fn where_nobody_may_be_watched_the_wire_is_shown() {
    if !can_play("where_nobody_may_be_watched_the_wire_is_shown", &[PYTHON, "setsid"]) {
        return;
    }
    let mark = format!("unseen-{}", std::process::id());
    let (server, client) =
        (format!("{} {mark}", python("pair_server.py")), python("pair_client.py") + " 0.5");
    let mut command = std::process::Command::new(PYTHON);
    command
        .args([concat!(env!("CARGO_MANIFEST_DIR"), "/tests/watched/without_ptrace.py"), program("socklab")]);
    command.args(["watch", "--server", &server, "--client", &client, "--input", r"hi\n", "--for", "30s"]);
    let output = command.args(["--format", "lines", "--lang", "en"]).output().unwrap();
    let shown = stdout(&output);
    assert!(output.status.success(), "{}", stderr(&output));
    assert!(shown.contains("ptrace: ") && shown.contains("what would help: "), "{shown}");
    assert!(
        shown.contains("Answer: HI") && shown.contains("\"HI\"") && shown.contains("complete"),
        "{shown}"
    );
    // The kill that ends them is not waited for.
    let begun = std::time::Instant::now();
    while is_anybody_marked(&mark) {
        assert!(begun.elapsed().as_secs() < 10, "somebody is left");
        std::thread::yield_now();
    }
}

#[test]
fn nobody_is_left_of_those_who_may_not_be_watched() {
    if !can_play("nobody_is_left_of_those_who_may_not_be_watched", &[PYTHON, "setsid"]) {
        return;
    }
    let mark = format!("unseen-left-{}", std::process::id());
    // A daemon, and a shell whose child prints when all have begun.
    let (server, client) =
        (format!("{} {mark}", python("daemon.py")), format!("echo on; sleep 100 # {mark}"));
    let mut child = std::process::Command::new(PYTHON)
        .args([concat!(env!("CARGO_MANIFEST_DIR"), "/tests/watched/without_ptrace.py"), program("socklab")])
        .args(["watch", "--server", &server, "--client", &client])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    assert!(lines.any(|line| line.unwrap() == "on"));
    child.kill().unwrap();
    child.wait().unwrap();
    let begun = std::time::Instant::now();
    while is_anybody_marked(&mark) {
        assert!(begun.elapsed().as_secs() < 10, "somebody is left");
        std::thread::yield_now();
    }
}
