//! What each lesson shows, held as snapshots: the ladder in Korean and in English, the lines, the
//! JSON lines, and one picture in colour.

use crate::runs::{command, has_room, has_tool, run, stdout};

const LESSONS: [&str; 5] = ["01_socket", "02_connect", "03_send", "04_recv", "05_close"];

/// Snapshots stand at the top level, under their own names.
pub fn snapshots() -> insta::Settings {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("../snapshots");
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings
}

#[test]
fn ladders() {
    if !has_room("ladders") {
        return;
    }
    for lesson in LESSONS {
        for lang in ["ko", "en"] {
            let shown = stdout(&run(lesson, &["--lang", lang]));
            snapshots().bind(|| insta::assert_snapshot!(format!("{lesson}.ladder.{lang}"), shown));
        }
    }
}

#[test]
fn lines_and_ascii() {
    if !has_room("lines_and_ascii") {
        return;
    }
    let shown = stdout(&run("05_close", &["--format", "lines"]));
    snapshots().bind(|| insta::assert_snapshot!("05_close.lines.en", shown));
    let shown = stdout(&run("05_close", &["--ascii"]));
    assert!(shown.is_ascii(), "{shown}");
    snapshots().bind(|| insta::assert_snapshot!("05_close.ascii.en", shown));
}

#[test]
fn json_lines() {
    if !has_room("json_lines") {
        return;
    }
    // The windows are this machine's; time and ports are the play's own.
    let mut settings = snapshots();
    settings.add_filter(r#""window":\d+"#, r#""window":"[window]""#);
    for lesson in LESSONS {
        let shown = stdout(&run(lesson, &["--format", "json"]));
        settings.bind(|| insta::assert_snapshot!(format!("{lesson}.json"), shown));
    }
}

#[test]
fn the_picture_of_the_readme() {
    if !has_room("the_picture_of_the_readme") {
        return;
    }
    for lang in ["ko", "en"] {
        let shown = stdout(&run("02_connect", &["--lang", lang, "--color", "always"]));
        let picture = anstyle_svg::Term::new().render_svg(&shown);
        snapshots().bind(|| {
            insta::assert_binary_snapshot!(&format!("02_connect_{lang}.svg"), picture.into_bytes());
        });
    }
}

#[cfg(target_os = "linux")]
#[test]
fn the_picture_of_the_deadlock() {
    let test = "the_picture_of_the_deadlock";
    if !has_room(test) || !has_tool("python3", test) {
        return;
    }
    let arguments = ["watch", "--server", "python3 pair_server.py", "--client", "python3 pair_client.py"];
    for lang in ["ko", "en"] {
        let output = command("socklab", &arguments)
            .args(["--input", "hi\\n", "--color", "always", "--lang", lang])
            .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/watched"))
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(3), "a deadlock: {}", stdout(&output));
        let picture = anstyle_svg::Term::new().render_svg(&stdout(&output));
        snapshots().bind(|| {
            insta::assert_binary_snapshot!(&format!("watch_deadlock_{lang}.svg"), picture.into_bytes());
        });
    }
}

#[test]
fn a_saved_file_is_what_the_screen_shows() {
    if !has_room("a_saved_file_is_what_the_screen_shows") {
        return;
    }
    let folder = tempfile();
    let (text, json) = (format!("{folder}.txt"), format!("{folder}.json"));
    let shown = stdout(&run("05_close", &["--color", "always", "--save", &text]));
    let saved = std::fs::read_to_string(&text).unwrap();
    assert!(shown.contains('\x1b') && !saved.contains('\x1b'));
    assert_eq!(saved.lines().count(), shown.lines().count());
    run("05_close", &["--save", &json]);
    let saved = std::fs::read_to_string(&json).unwrap();
    assert!(saved.lines().all(|line| serde_json::from_str::<serde_json::Value>(line).is_ok()), "{saved}");
    for file in [text, json] {
        std::fs::remove_file(file).unwrap();
    }
}

fn tempfile() -> String {
    std::env::temp_dir().join(format!("socklab-test-{}", std::process::id())).to_str().unwrap().to_owned()
}

#[test]
fn a_hundred_runs_are_one() {
    if !has_room("a_hundred_runs_are_one") {
        return;
    }
    let first = run("05_close", &[]).stdout;
    for _ in 0..100 {
        assert_eq!(String::from_utf8_lossy(&run("05_close", &[]).stdout), String::from_utf8_lossy(&first));
    }
}

#[test]
fn every_segment_has_its_cause() {
    if !has_room("every_segment_has_its_cause") {
        return;
    }
    for (lesson, segments) in
        [("01_socket", 0), ("02_connect", 3), ("03_send", 7), ("04_recv", 9), ("05_close", 13)]
    {
        let shown = stdout(&run(lesson, &["--format", "json"]));
        let lines: Vec<serde_json::Value> =
            shown.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        let of = |kind: &str| lines.iter().filter(|line| line["type"] == kind).collect::<Vec<_>>();
        assert_eq!(of("segment").len(), segments, "{lesson}");
        for segment in of("segment") {
            let cause = of("call").into_iter().find(|call| call["id"] == segment["cause"]);
            let call = cause.unwrap_or_else(|| panic!("{lesson}: no cause: {segment}"));
            assert!(
                ["connect", "send", "close"].contains(&call["call"].as_str().unwrap()),
                "{lesson}: {call}"
            );
        }
        assert_eq!(lines.last().unwrap()["complete"], true, "{lesson}");
    }
}
