//! What chance decides elsewhere is the same in every play: process numbers and addresses.

use serde_json::Value;

use crate::watch::{PYTHON, can_play, events, play};

/// What the server has printed, in a play that nobody comes to.
fn printed(server: &str, more: &[&str]) -> Vec<String> {
    let lines = events(&play(server, &["true"], &[&["--format", "json"], more].concat()));
    let of_server = lines.iter().filter(|line| line["type"] == "output" && line["side"] == "server");
    of_server.filter_map(|line| line["text"].as_str().map(str::to_owned)).collect()
}

#[test]
fn process_numbers_begin_at_two() {
    if !can_play("process_numbers_begin_at_two", &[]) {
        return;
    }
    // They are the numbers that a program hears of itself, and those that it makes processes by.
    assert_eq!(printed("echo $$; sh -c 'echo $$ $PPID'; echo", &[]), ["2", "3 2", ""]);
    let outside = printed("echo $$", &["--free"]);
    assert_ne!(outside, ["2"], "--free leaves the numbers as they are");
}

#[test]
fn process_one_is_none_of_the_programs() {
    if !can_play("process_one_is_none_of_the_programs", &["ps"]) {
        return;
    }
    // Signals kill the first program, though they would not kill a process 1.
    for signal in ["PIPE", "TERM"] {
        let lines = events(&play(&format!("kill -{signal} $$"), &["true"], &["--format", "json"]));
        let verdict: Vec<&Value> = lines.iter().filter(|line| line["type"] == "verdict").collect();
        assert_eq!(verdict[0]["signal"], format!("SIG{signal}"), "{lines:?}");
    }
    // It cannot be killed from inside, and those whose parents have ended are its children.
    let orphan = "kill -9 1; (sh -c 'sleep 0.2; ps -o ppid= -p $$' &); sleep 0.4";
    assert_eq!(printed(orphan, &[]), ["      1"]);
}

#[test]
fn addresses_are_the_same() {
    if !can_play("addresses_are_the_same", &[PYTHON]) {
        return;
    }
    let program = format!("exec {PYTHON} -c 'print(id(object()))'");
    let plays: Vec<_> = (0..3).map(|_| printed(&program, &[])).collect();
    assert_eq!(plays[0].len(), 1, "{plays:?}");
    assert!(plays.iter().all(|play| *play == plays[0]), "{plays:?}");
}
