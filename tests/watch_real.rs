//! Real programs, to the end: nothing is lost, and connections are told apart.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::runs::stderr;
use crate::watch::{PYTHON, can_play, events, play, verdict};

/// What went over each connection, from both ends.
fn said(lines: &[Value]) -> BTreeMap<u64, [String; 2]> {
    let mut said: BTreeMap<u64, [String; 2]> = BTreeMap::new();
    for segment in lines.iter().filter(|line| line["type"] == "segment") {
        let ends = said.entry(segment["connection"].as_u64().unwrap()).or_default();
        ends[usize::from(segment["from"] == "server")].push_str(segment["payload"].as_str().unwrap());
    }
    said
}

#[test]
fn curl_and_a_web_server() {
    if !can_play("curl_and_a_web_server", &["curl", PYTHON]) {
        return;
    }
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/watched");
    let server = format!("{PYTHON} -m http.server 12000 --bind 127.0.0.1 --directory {folder}");
    let client = "curl -s http://127.0.0.1:12000/echo.c";
    let output = play(&server, &[client], &["--format", "json"]);
    let lines = events(&output);
    assert_eq!((verdict(&lines), output.status.code()), ("resting", Some(0)), "{}", stderr(&output));
    assert_eq!(lines.last().unwrap()["complete"], true);
    let printed = lines.iter().filter(|line| line["type"] == "output" && line["side"] == "client");
    let printed: Vec<_> = printed.map(|line| line["text"].as_str().unwrap()).collect();
    let page = std::fs::read_to_string(format!("{folder}/echo.c")).unwrap();
    assert_eq!(printed.len(), page.lines().count(), "{printed:?}");
    let said = said(&lines);
    assert!(said[&1][0].starts_with("GET /echo.c HTTP/1.1"), "{said:?}");
    assert!(said[&1][1].starts_with("HTTP/1.0 200 OK"), "{said:?}");
}

#[test]
fn redis_and_three_clients() {
    if !can_play("redis_and_three_clients", &["redis-server", "redis-cli"]) {
        return;
    }
    let server = "redis-server --save '' --port 12000 --bind 127.0.0.1";
    let clients = ["ping", "set colour blue", "get colour"].map(|ask| format!("redis-cli -p 12000 {ask}"));
    let output = play(server, &clients.each_ref().map(String::as_str), &["--format", "json"]);
    let lines = events(&output);
    assert_eq!((verdict(&lines), output.status.code()), ("resting", Some(0)), "{}", stderr(&output));
    assert_eq!(lines.last().unwrap()["complete"], true);
    let said = said(&lines);
    assert_eq!(said.len(), 3, "{said:?}");
    for (connection, answer) in [(1, "+PONG"), (2, "+OK")] {
        assert!(said[&connection][1].contains(answer), "{said:?}");
    }
    assert!(said[&3][0].contains("colour"), "{said:?}");
}
