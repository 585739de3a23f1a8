//! Time and chance on the stage: what programs read from their own clocks, and that two plays are one.

use crate::runs::{has_room, stdout};
use crate::watch::{events, play, verdict};
use crate::watch_kinds::{can_start, started};

/// What waits for as long as it is told, and in which ways.
const TIMERS: [(&str, &[&str]); 9] = [
    (
        "timers.py",
        &[
            "sleep",
            "select",
            "epoll",
            "settimeout",
            "asyncio",
            "asyncio-stream",
            "queue",
            "event",
            "timer",
            "sigtimedwait",
            "many",
        ],
    ),
    (
        "timers.c",
        &[
            "alarm",
            "alarm-recv",
            "setitimer",
            "timer-signal",
            "timer-thread",
            "timerfd",
            "timerfd-absolute",
            "cond",
            "sem",
            "nanosleep",
            "absolute",
            "rcvtimeo",
            "ppoll",
        ],
    ),
    ("timers.go", &["sleep", "context", "ticker", "deadline", "after"]),
    ("Timers.java", &["sleep", "wait", "read"]),
    ("timers.js", &["timeout", "idle", "interval"]),
    ("timers.php", &["usleep", "sleep", "stream"]),
    ("timers.pl", &["sleep", "select", "alarm"]),
    ("timers.rb", &["sleep", "select", "timeout"]),
    ("timers.rs", &["sleep", "channel", "read"]),
];

/// What is printed by the clock that is never set, and by the one of the day.
fn own_clocks(seconds: &str, right: &str) {
    let test = "own_clocks";
    if !has_room(test) {
        return;
    }
    let mut wrong = Vec::new();
    for (file, kinds) in TIMERS {
        let words = kinds.iter().map(|kind| format!("{file} {kind} {seconds}"));
        for words in words.filter(|words| can_start(test, words)) {
            // The server waits meanwhile, and is no deadlock.
            let (server, client) = (started("pair.py silent"), started(&words));
            let lines = events(&play(&server, &[&client], &["--format", "json", "--for", "60s"]));
            let printed: Vec<_> = lines.iter().filter(|line| line["type"] == "output").collect();
            let clocks = printed.iter().rev().take(2).filter(|line| line["text"] == right).count();
            if (verdict(&lines), clocks) != ("finished", 2) {
                wrong.push(format!("{words}: {} {printed:?}", verdict(&lines)));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn five_seconds_are_five_seconds() {
    own_clocks("5", "5.0");
}

#[test]
fn an_hour_is_an_hour() {
    own_clocks("3600", "3600.0");
}

#[test]
fn nothing_is_left_to_chance() {
    let test = "nothing_is_left_to_chance";
    if !has_room(test) || !can_start(test, "chance.py") {
        return;
    }
    let (server, client) = (started("chance.py server"), started("chance.py client"));
    let shown = |more: &[&str]| stdout(&play(&server, &[&client], &[&["--lang", "en"], more].concat()));
    // As printed and as JSON: the date, numbers, processes and ports are the same.
    for format in [&[] as &[&str], &["--format", "lines"], &["--format", "json"], &["--width", "90"]] {
        // The time at which the picture itself was begun is this machine's.
        assert_eq!(shown(format), shown(format));
    }
    let json = ["--format", "json"];
    assert_ne!(shown(&[&json[..], &["--seed", "1"]].concat()), shown(&json), "another seed");
    assert_eq!(shown(&["--seed", "7"]), shown(&["--seed", "7"]));
    let said = |more: &[&str]| {
        let lines = events(&play(&server, &[&client], &[&json, more].concat()));
        let said = lines.iter().rfind(|line| line["type"] == "output" && line["side"] == "client");
        said.and_then(|line| line["text"].as_str()).unwrap().split(' ').map(str::to_owned).collect::<Vec<_>>()
    };
    let (held, other, chance, again) =
        (said(&[]), said(&["--seed", "1"]), said(&["--chance"]), said(&["--chance"]));
    // What a seed decides: random.random(), uuid4, token_hex, a file's name, and /dev/urandom.
    let decided = [1, 2, 3, held.len() - 2, held.len() - 1];
    for at in decided {
        assert_ne!(held[at], other[at], "{held:?} {other:?}");
        assert_ne!(held[at], chance[at], "{held:?} {chance:?}");
        assert_ne!(chance[at], again[at], "--chance must not pretend: {chance:?} {again:?}");
    }
    // The date and the processes' numbers are not for the seed to decide.
    assert_eq!((&held[0], &held[10]), (&other[0], &other[10]), "{held:?} {other:?}");
}
