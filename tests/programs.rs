//! The programs as a person meets them: options, wrong input, missing rights, closed outputs.

use std::process::{Command, Stdio};

use crate::peers::Ended;
use crate::runs::{command, free_port, has_room, has_tool, program, run, run_with, stderr, stdout};

#[test]
fn the_command_plays_the_whole_conversation() {
    let port = free_port().to_string();
    let output = run("socklab", &["--port", &port]);
    assert!(output.status.success(), "{}", stderr(&output));
    assert!(stdout(&output).contains("From Server: HI"));
}

#[test]
fn the_lessons_are_listed() {
    let (english, korean) =
        (stdout(&run("socklab", &["list"])), stdout(&run("socklab", &["list", "--lang", "ko"])));
    for lesson in ["01_socket", "02_connect", "03_send", "04_recv", "05_close"] {
        assert!(english.contains(lesson) && korean.contains(lesson));
    }
    assert!(korean.contains("핸드셰이크"));
}

#[test]
fn the_step_between_two_lessons() {
    let shown = stdout(&run("socklab", &["diff", "02", "03"]));
    assert!(shown.lines().any(|line| line == "+     socket.send(&sentence)?;"), "{shown}");
    assert!(!shown.lines().any(|line| line.starts_with("- ")), "{shown}");
    let output = run("socklab", &["diff", "02", "99"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("99"));
}

#[test]
fn the_doctor_gives_a_verdict() {
    let output = run("socklab", &["doctor"]);
    assert!(output.status.success());
    assert!(stdout(&output).contains("wire"), "{}", stdout(&output));
}

/// A namespace in which no further one can be made, and which has no right to the host's wire.
#[test]
fn without_a_room_the_lesson_plays_all_the_same() {
    if !has_room("without_a_room_the_lesson_plays_all_the_same") || !has_tool("unshare", "the same") {
        return;
    }
    let within = |name: &str, arguments: &[&str]| {
        let script = "echo 0 > /proc/sys/user/max_user_namespaces && exec \"$0\" \"$@\"";
        let mut command = Command::new("unshare");
        command.args(["--user", "--map-root-user", "sh", "-c", script, program(name)]).args(arguments);
        command.env_remove("LANG").env_remove("LC_ALL").env_remove("LC_MESSAGES").output().unwrap()
    };
    let port = free_port().to_string();
    let output = within("05_close", &["--port", &port]);
    let shown = stdout(&output);
    assert!(output.status.success(), "{}", stderr(&output));
    assert!(shown.contains("From Server: HI") && shown.contains("no wire"), "{shown}");
    assert!(shown.contains("sudo sysctl -w user.max_user_namespaces="), "{shown}");
    let output = within("05_close", &["--port", &port, "--wire", "require"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).starts_with("socket(AF_PACKET): "), "{}", stderr(&output));
}

#[test]
fn the_prompts_are_the_tutorials() {
    let port = free_port().to_string();
    let (_server, answers) = serving(&port);
    for (input, answer) in &answers {
        let output = run_with("05_close", &["client", "--port", &port], input.as_bytes());
        let shown = stdout(&output);
        assert!(shown.contains(&format!("From Server: {answer}\n")), "{input:?}: {shown}{}", stderr(&output));
        assert!(shown.contains("Input sentence : "));
        assert_eq!(
            ["1. To upper case\n", "» 2. To Lower case\n", "» Input number : "]
                .iter()
                .all(|line| shown.contains(line)),
            input.lines().count() > 1
        );
    }
}

/// A server on a port, and what it should answer to what a person types.
fn serving(port: &str) -> (Ended, [(&'static str, &'static str); 7]) {
    let server = crate::peers::serve(port);
    let answers = [
        ("hi\n", "HI"),
        ("HI\n", "hi"),
        ("Hi\n1\n", "HI"),
        ("Hi\n2\n", "hi"),
        ("안녕 Hi\n3\n", "Error"),
        ("straße\n", "STRASSE"),
        ("Hi\n12\n", "Error"),
    ];
    (server, answers)
}

#[test]
fn wrong_input_is_told_by_the_call_that_failed() {
    let port = free_port().to_string();
    let output = run("05_close", &["client", "--port", &port, "--sentence", "hi"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(
        stderr(&output).starts_with(&format!("connect(127.0.0.1:{port}): ECONNREFUSED: ")),
        "{}",
        stderr(&output)
    );

    let _server = crate::peers::serve(&port);
    let output = run("05_close", &["server", "--port", &port]);
    assert_eq!(output.status.code(), Some(1));
    assert!(
        stderr(&output).starts_with(&format!("bind(127.0.0.1:{port}): EADDRINUSE: ")),
        "{}",
        stderr(&output)
    );

    for (input, message) in [
        (&b""[..], "read: the input has ended"),
        (b"\n", "send: the sentence is empty"),
        (b"h\xff\n", "read: the input is not UTF-8"),
        (b"Hi\n", "read: the input has ended"),
        (b"Hi\n\n", "send: the mode is empty"),
    ] {
        let output = run_with("05_close", &["client", "--port", &port], input);
        assert_eq!(output.status.code(), Some(2), "{input:?}");
        assert!(stderr(&output).starts_with(message), "{input:?}: {}", stderr(&output));
    }
    let output = run("05_close", &["client", "--lang", "ko", "--port", &port, "--sentence", ""]);
    assert!(stderr(&output).starts_with("send: 문장이 비어 있다"), "{}", stderr(&output));
}

#[test]
fn a_long_sentence_comes_back_whole() {
    let long = "가나다 abc ".repeat(700);
    let port = free_port().to_string();
    let _server = crate::peers::serve(&port);
    let output = run_with("05_close", &["client", "--port", &port], format!("{long}\n").as_bytes());
    assert!(
        stdout(&output).contains(&format!("From Server: {}\n", long.to_uppercase())),
        "{}",
        stderr(&output)
    );
    let output =
        run("05_close", &["--port", &free_port().to_string(), "--sentence", &long, "--format", "json"]);
    assert!(stdout(&output).contains(&long.to_uppercase()));
}

#[test]
fn a_closed_output_ends_quietly() {
    let mut child = command("05_close", &["--port", &free_port().to_string()])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!((output.status.code(), stderr(&output).as_str()), (Some(0), ""));
}

#[test]
fn a_closed_output_does_not_cost_the_saved_file() {
    let file = std::env::temp_dir().join(format!("socklab-closed-{}.json", std::process::id()));
    let path = file.to_str().unwrap();
    let port = free_port().to_string();
    let mut child =
        command("05_close", &["--port", &port, "--save", path]).stdout(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    assert!(child.wait().unwrap().success());
    let saved = std::fs::read_to_string(&file).unwrap();
    std::fs::remove_file(&file).unwrap();
    assert!(saved.lines().last().is_some_and(|line| line.contains("\"type\":\"end\"")), "{saved}");
}

#[test]
fn every_lesson_plays_in_two_terminals() {
    for lesson in ["02_connect", "03_send", "04_recv", "05_close"] {
        let port = free_port().to_string();
        let _server = crate::peers::serve_lesson(lesson, &port);
        for _ in 0..3 {
            let output = run(lesson, &["client", "--port", &port, "--sentence", "hi"]);
            assert!(output.status.success(), "{lesson}: {}{}", stdout(&output), stderr(&output));
        }
    }
}

#[test]
fn narrow_terminals_lose_nothing() {
    let port = free_port().to_string();
    for width in ["8", "20", "40", "64", "80", "120"] {
        let shown = stdout(&run(
            "05_close",
            &["--width", width, "--port", &port, "--sentence", "안녕 Hi", "--mode", "1"],
        ));
        let squeezed: String = shown.split_whitespace().collect();
        assert!(squeezed.contains("FromServer:안녕HI"), "{width}: {shown}");
        let widest = shown.lines().map(unicode_width::UnicodeWidthStr::width).max();
        assert!(widest <= width.parse().ok(), "{width}: {widest:?}\n{shown}");
    }
}

#[test]
fn help_lists_every_option_in_both_languages() {
    for name in ["01_socket", "05_close", "socklab"] {
        for lang in ["ko", "en"] {
            let help = stdout(&run(name, &["--lang", lang, "--help"]));
            for option in [
                "sentence", "mode", "format", "save", "lang", "color", "ascii", "step", "pace", "wire",
                "port", "width",
            ] {
                assert!(help.contains(&format!("--{option}")), "{name}: {option}");
            }
        }
    }
}

#[test]
fn step_waits_for_enter_before_each_call() {
    let port = free_port().to_string();
    let output = run_with("01_socket", &["--step", "--port", &port], b"\n\n\n\n\n");
    assert!(output.status.success());
    assert!(stdout(&output).contains("listen(1)"));
}
