//! The weather of a play: that it is the same on every run, what is wrong about asking for it, and that
//! a file of it reads back.

use serde_json::Value;

use crate::captures::Scratch;
use crate::runs::{has_room, run, stderr, stdout};
use crate::watch::{events, play, verdict};
use crate::watch_kinds::{can_start, started};

/// When a play's segments were sent that carry something again, in milliseconds.
fn sent_again(lines: &[Value]) -> Vec<u64> {
    let again = lines.iter().filter(|line| line["role"] == "again");
    again.map(|line| line["at"].as_u64().unwrap() / 1_000_000).collect()
}

#[test]
fn what_is_lost_is_sent_again_at_doubling_intervals_in_every_play() {
    let test = "what_is_lost_is_sent_again_at_doubling_intervals_in_every_play";
    if !has_room(test) || !can_start(test, "weather.py") {
        return;
    }
    let (server, client) = (started("weather.py answers"), started("weather.py asks 5"));
    // Half way between two times at which it is sent again: a busy machine is late.
    let cut = ["--cut", "server@recv:1", "--heal", "2s", "--format", "json"];
    let first = play(&server, &[&client], &cut);
    let lines = events(&first);
    assert_eq!((verdict(&lines), sent_again(&lines)), ("finished", vec![200, 600, 1400, 3000]));
    let lost =
        lines.iter().filter(|line| line["odd"].as_array().is_some_and(|odd| odd.contains(&"lost".into())));
    assert_eq!(lost.count(), 4, "the first, and what was sent again before it healed");
    let of = |kind: &str| lines.iter().find(|line| line["type"] == kind).unwrap();
    assert_eq!((of("cut")["side"].as_str(), of("cut")["call"].as_str()), (Some("server"), Some("recv")));
    let milliseconds = |time: &serde_json::Value| time.as_u64().map(|time| time / 1_000_000);
    let healed = of("healed");
    assert_eq!((milliseconds(&healed["at"]), milliseconds(&healed["after"])), (Some(2000), Some(2000)));
    for _ in 0..4 {
        assert_eq!(stdout(&play(&server, &[&client], &cut)), stdout(&first));
    }
}

#[test]
fn a_lessons_sides_have_weather_as_well() {
    let test = "a_lessons_sides_have_weather_as_well";
    if !has_room(test) {
        return;
    }
    let cut = ["--input", r"hi\n", "--cut", "client@recv:1", "--heal", "2s", "--lang", "ko"];
    let shown = stdout(&play("lesson:05", &["lesson:05"], &cut));
    for text in
        ["회선 상태: 클라이언트의 1번째 recv부터 끊기고 2초 뒤 복구", "회선이 복구되었다", "From Server: HI"]
    {
        assert!(shown.contains(text), "{text}: {shown}");
    }
}

#[test]
fn a_saved_play_is_cut_when_it_is_read() {
    let test = "a_saved_play_is_cut_when_it_is_read";
    if !has_room(test) || !can_start(test, "weather.py") {
        return;
    }
    let file = Scratch::new("weather.pcapng");
    let (server, client) = (started("weather.py answers"), started("weather.py asks 5"));
    let more = ["--cut", "client@recv:2", "--heal", "1s", "--save", file.path()];
    let shown = stdout(&play(&server, &[&client], &more));
    let read = stdout(&run("socklab", &["sniff", "--read", file.path()]));
    let picture = |text: &str| text.split_once("──\n").map(|(_, picture)| picture.to_owned());
    assert!(shown.contains('✕'), "{shown}");
    assert_eq!(picture(&read), picture(&shown));
}

#[test]
fn what_does_not_fit_is_said_in_both_languages() {
    let complaint = |options: &[&str], lang: &str| {
        let output = run("socklab", &[&["watch", "--server", "true", "--lang", lang], options].concat());
        (output.status.code(), stderr(&output))
    };
    for (options, code, english, korean) in [
        (
            &["--cut", "server"][..],
            2,
            "--cut <SIDE@CALL:N>: 'server' does not fit (a side, a call",
            "쪽@호출:번째",
        ),
        (&["--cut", "peer@recv:1"], 2, "'peer' is neither client nor server", "client도 server도 아니다"),
        (&["--cut", "server@poll:1"], 2, "cannot be cut before 'poll'", "'poll' 앞에서는 끊을 수 없다"),
        (&["--cut", "server@recv:0"], 2, "'0' is no number from 1", "1부터 세는 번호가 아니다"),
        (&["--heal", "3s"], 2, "--cut <SIDE@CALL:N>: it is missing", "--cut <SIDE@CALL:N>: 빠졌다"),
        (&["--mtu", "87"], 2, "87 is not in 88..=65536", "쓸 수 없다"),
        (&["--rcvbuf", "1"], 2, "--rcvbuf <BYTES>: '1' does not fit", "쓸 수 없다"),
        (&["--delayed-ack", "--wire", "off"], 1, "with --wire off there is no room", "방도 없다"),
    ] {
        let (found, said) = complaint(options, "en");
        assert!(found == Some(code) && said.contains(english), "{options:?}: {found:?} {said}");
        let (found, said) = complaint(options, "ko");
        assert!(found == Some(code) && said.contains(korean), "{options:?}: {found:?} {said}");
    }
}
