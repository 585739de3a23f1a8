//! Watched programs against other witnesses: strace for the calls, tcpdump for the segments.

use std::collections::BTreeMap;
use std::process::Command;

use serde_json::Value;

use crate::captures::Scratch;
use crate::runs::{command, program, stderr, stdout};
use crate::watch::{can_play, events, play, python};

/// A call that has returned, as strace writes it; none for those that it was not asked about.
fn as_strace(call: &Value) -> Option<String> {
    let (fd, args, result) = (&call["fd"], &call["args"], &call["result"]);
    let flags = |at: usize| args[at].as_str().unwrap_or("0").to_owned();
    let address = |text: &Value| {
        let (ip, port) = text.as_str().unwrap().rsplit_once(':').unwrap();
        format!("{{sa_family=AF_INET, sin_port=htons({port}), sin_addr=inet_addr(\"{ip}\")}}")
    };
    let word = |value: &Value| value.as_str().unwrap().to_owned();
    Some(match call["call"].as_str().unwrap() {
        "socket" => format!("socket({}, {}, {}) = {result}", word(&args[0]), word(&args[1]), word(&args[2])),
        name @ ("connect" | "bind") => format!("{name}({fd}, {}, 16) = {result}", address(&args[0])),
        "listen" => format!("listen({fd}, {}) = {result}", args[0]),
        "accept" => format!("accept4({fd}, …, {}) = {result}", word(&args[0])),
        "send" => {
            let length = args[0].as_str().unwrap().len();
            format!("sendto({fd}, {}, {length}, {}, NULL, 0) = {result}", args[0], flags(1))
        }
        "recv" => {
            format!("recvfrom({fd}, {}, {}, {}, NULL, NULL) = {result}", call["data"], args[0], flags(1))
        }
        "shutdown" => format!("shutdown({fd}, {}) = {result}", word(&args[0])),
        "setsockopt" => {
            format!("setsockopt({fd}, SOL_SOCKET, {}, [{}], 4) = {result}", word(&args[0]), args[1])
        }
        "getsockname" => format!("getsockname({fd}, {}, …) = {result}", address(&call["value"])),
        "getpeername" => format!("getpeername({fd}, …) = {result}"),
        "close" | "exit" | "poll" => return None,
        other => panic!("no form for {other}"),
    })
}

/// A line of strace, without what differs from run to run: who the peer is.
fn without_peers(line: &str) -> String {
    let line = line.split_whitespace().collect::<Vec<_>>().join(" ");
    let cut = |from: &str, to: &str| {
        let (before, rest) = line.split_once(from)?;
        let (_, after) = rest.rsplit_once(to)?;
        Some(format!("{before}{from}…{to}{after}"))
    };
    let cut = match line.split_once('(').map(|(name, _)| name) {
        Some("accept4") => cut(", ", ", SOCK"),
        Some("getsockname") => cut("}, ", ")"),
        Some("getpeername") => cut(", ", ")"),
        _ => None,
    };
    cut.unwrap_or(line)
}

/// The threads of a program, each with its calls in order.
fn threads_of(strace: &str) -> Vec<Vec<String>> {
    let mut threads: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    let mut unfinished: BTreeMap<&str, String> = BTreeMap::new();
    for line in strace.lines() {
        let (thread, call) = line.split_once(' ').unwrap();
        let mut call = call.trim().to_owned();
        if let Some(begun) = call.strip_suffix("<unfinished ...>") {
            unfinished.insert(thread, begun.to_owned());
            continue;
        }
        if call.starts_with("<...") {
            let rest = call.split_once("resumed>").unwrap().1;
            call = unfinished.remove(thread).unwrap() + rest;
        }
        // What the C library asks a daemon of this machine is about no connection.
        if !call.starts_with(['+', '-']) && !call.contains("AF_UNIX") {
            threads.entry(thread).or_default().push(without_peers(&call));
        }
    }
    let mut threads: Vec<_> = threads.into_values().collect();
    threads.sort();
    threads
}

#[test]
fn the_calls_are_those_that_strace_sees() {
    if !can_play("the_calls_are_those_that_strace_sees", &["strace", "mkfifo"]) {
        return;
    }
    let files = ["server", "client"].map(Scratch::new);
    let (server, client) = (python("threads_server.py") + " 1", python("echo_client.py"));
    // Free, in a room. The server is there when strace has seen its listen(2).
    let strace = "strace -f -e trace=network -e signal=none -o";
    let script = format!(
        "{strace} {} {server} & until grep -q listen {0}; do :; done; {strace} {} {client} >/dev/null; wait",
        files[0].path(),
        files[1].path(),
    );
    std::fs::write(&files[0].0, "").unwrap();
    let free = command("socklab", &["sniff", "--", "sh", "-c", &script]).output().unwrap();
    assert!(free.status.success(), "{}", stderr(&free));

    let lines = events(&play(&server, &[&client], &["--format", "json"]));
    for (side, file) in ["server", "client"].into_iter().zip(&files) {
        let mut threads: BTreeMap<u64, Vec<String>> = BTreeMap::new();
        for call in lines.iter().filter(|line| line["type"] == "call" && line["side"] == side) {
            if let Some(form) = as_strace(call) {
                threads.entry(call["thread"].as_u64().unwrap()).or_default().push(form);
            }
        }
        let mut watched: Vec<_> = threads.into_values().collect();
        watched.sort();
        assert_eq!(watched, threads_of(&std::fs::read_to_string(&file.0).unwrap()), "{side}");
    }
}

#[test]
fn the_segments_are_those_that_tcpdump_sees() {
    let test = "the_segments_are_those_that_tcpdump_sees";
    if !can_play(test, &["tcpdump", "unshare", "ip"]) {
        return;
    }
    let (file, said) = (Scratch::new("tcpdump.pcap"), Scratch::new("tcpdump.said"));
    // A room that both are in: in it no other can be made, so that the play stays. The knock at the
    // end tells when the dump has caught up: what came before it is in the file then.
    let script = format!(
        "ip link set lo up; echo 0 > /proc/sys/user/max_user_namespaces
        tcpdump -i lo --immediate-mode -U -w {0} tcp 2>{1} & dump=$!
        until grep -q listening {1}; do kill -0 $dump || exit 9; done
        \"$0\" \"$@\"
        bash -c ': 3<>/dev/tcp/127.0.0.1/9' 2>/dev/null
        until tcpdump -nn -r {0} port 9 2>/dev/null | grep -q R; do kill -0 $dump || exit 9; done
        kill -INT $dump; wait $dump",
        file.path(),
        said.path(),
    );
    std::fs::write(&said.0, "").unwrap();
    let (server, client) = (python("threads_server.py"), python("echo_client.py"));
    let mut command = Command::new("unshare");
    // Not as root, which tcpdump would try to cease to be.
    command.args(["--user", "--map-user=1000", "--map-group=1000", "--keep-caps", "--net"]);
    command.args(["sh", "-c", &script, program("socklab"), "watch"]);
    command.args(["--server", &server, "--client", &client, "--client", &client, "--format", "json"]);
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", stderr(&output));
    let ours: Vec<String> = events(&output)
        .iter()
        .filter(|line| line["type"] == "segment")
        .map(|segment| {
            let has = |flag: &str| segment["flags"].as_array().unwrap().iter().any(|found| found == flag);
            let flags: String = [("FIN", 'F'), ("SYN", 'S'), ("RST", 'R'), ("PSH", 'P'), ("ACK", '.')]
                .into_iter()
                .filter_map(|(flag, letter)| has(flag).then_some(letter))
                .collect();
            let (from, to) = (&segment["src_port"], &segment["dst_port"]);
            format!("127.0.0.1.{from} > 127.0.0.1.{to}: [{flags}] {}", segment["len"])
        })
        .collect();
    let read = Command::new("tcpdump").args(["-nn", "-r", file.path(), "not port 9"]).output().unwrap();
    let theirs: Vec<String> = stdout(&read)
        .lines()
        .map(|line| {
            let (ends, rest) = line.split_once(" IP ").unwrap().1.split_once(": Flags ").unwrap();
            let (flags, rest) = rest.split_once(',').unwrap();
            let length = rest.rsplit_once("length ").unwrap().1;
            format!("{ends}: {flags} {length}")
        })
        .collect();
    // Two connections of ten each; outside a room of ours an ACK of a FIN may come by itself as well.
    assert!(ours.len() >= 20, "{ours:?}");
    assert_eq!(ours, theirs);
}
