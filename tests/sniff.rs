//! `socklab sniff` from outside: files of every kind, damaged ones, and the wire itself.

use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Output, Stdio};

use serde_json::Value;

use crate::captures::{
    ACK, LITTLE, Order, PSH, RST, SYN, Scratch, behind, block, conversation, enhanced, interface, packet,
    pcap, section,
};
use crate::runs::{command, has_room, run, run_with, say, stderr, stdout};
use crate::transcripts::snapshots;

fn read(file: &[u8], arguments: &[&str]) -> Output {
    run_with("socklab", &[&["sniff", "--read", "-"], arguments].concat(), file)
}

/// The JSON lines of one type.
fn lines(output: &Output, kind: &str) -> Vec<Value> {
    let lines = stdout(output);
    let lines = lines.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    lines.filter(|line| line["type"] == kind).collect()
}

fn segments(file: &[u8]) -> Vec<Value> {
    let output = read(file, &["--format", "json"]);
    assert!(output.status.success(), "{}", stderr(&output));
    lines(&output, "segment")
}

fn ethernet(packets: &[Vec<u8>]) -> Vec<Vec<u8>> {
    packets.iter().map(|packet| behind(1, packet)).collect()
}

#[test]
fn a_file_in_every_format() {
    let file = pcap(LITTLE, 1, &ethernet(&conversation()));
    for (name, arguments) in [
        ("sniff.ladder.ko", &["--lang", "ko"][..]),
        ("sniff.ladder.en", &["--payload", "text"]),
        ("sniff.lines.en", &["--format", "lines"]),
        ("sniff.lines.ko", &["--format", "lines", "--lang", "ko", "--payload", "hex", "--absolute"]),
        ("sniff.json", &["--format", "json"]),
        ("sniff.follow.en", &["--follow"]),
        ("sniff.follow.hex.ko", &["--follow", "--payload", "hex", "--lang", "ko"]),
        ("sniff.follow.json", &["--follow", "--format", "json"]),
    ] {
        let output = read(&file, arguments);
        assert!(output.status.success(), "{}", stderr(&output));
        snapshots().bind(|| insta::assert_snapshot!(name, stdout(&output)));
    }
}

#[test]
fn pcap_in_both_byte_orders_and_precisions() {
    let frames = ethernet(&conversation());
    let expected = segments(&pcap(LITTLE, 1, &frames));
    assert_eq!(expected.len(), 10);
    for big_endian in [false, true] {
        for nanoseconds in [false, true] {
            assert_eq!(segments(&pcap(Order { big_endian, nanoseconds }, 1, &frames)), expected);
        }
    }
}

#[test]
fn every_link_carries_the_same_segments() {
    let expected = segments(&pcap(LITTLE, 1, &ethernet(&conversation())));
    for link in [0, 12, 101, 108, 113, 228, 276] {
        let frames: Vec<_> = conversation().iter().map(|packet| behind(link, packet)).collect();
        assert_eq!(segments(&pcap(LITTLE, link, &frames)), expected, "link type {link}");
    }
}

#[test]
fn pcapng_with_several_sections_interfaces_and_clocks() {
    let expected = segments(&pcap(LITTLE, 1, &ethernet(&conversation())));
    let packets = conversation();
    let mut file = Vec::new();
    // The second section has the other byte order, and interfaces of its own.
    for (big_endian, half) in [(false, 0..5), (true, 5..10)] {
        let order = Order { big_endian, nanoseconds: true };
        file.extend(section(order));
        file.extend(interface(order, 113, 6));
        file.extend(interface(order, 101, 9));
        for index in half {
            let seconds = 1_700_000_000;
            let (number, link, at) = match index % 2 {
                0 => (0, 113, seconds * 1_000_000 + index as u64 * 1_000),
                _ => (1, 101, seconds * 1_000_000_000 + index as u64 * 1_000_000),
            };
            file.extend(enhanced(order, number, at, &behind(link, &packets[index])));
            file.extend(block(order, 0x8000_1234, b"somebody else's notes"));
        }
    }
    assert_eq!(segments(&file), expected);
}

#[test]
fn a_packet_without_a_time_and_one_of_the_old_kind() {
    let [first, second] = [&conversation()[0], &conversation()[1]].map(|packet| behind(1, packet));
    let simple = [&LITTLE.four(first.len() as u32)[..], &first].concat();
    let length = LITTLE.four(second.len() as u32);
    let old = [&LITTLE.two(0)[..], &LITTLE.two(0), &[0; 8], &length, &length, &second].concat();
    let file = [section(LITTLE), interface(LITTLE, 1, 9), block(LITTLE, 3, &simple), block(LITTLE, 2, &old)]
        .concat();
    assert_eq!(segments(&file).len(), 2);
}

#[test]
fn a_file_that_was_cut_is_read_as_far_as_it_goes() {
    let frames = ethernet(&conversation());
    let whole = pcap(LITTLE, 1, &frames);
    let ng = [section(LITTLE), interface(LITTLE, 1, 9), enhanced(LITTLE, 0, 0, &frames[0])].concat();
    for (file, lost, at) in [(&whole, 1, whole.len() - 16 - frames[9].len()), (&ng, 5, ng.len() - 88)] {
        let output = read(&file[..file.len() - lost], &["--format", "json"]);
        assert_eq!(output.status.code(), Some(4));
        let message = stderr(&output);
        assert!(message.starts_with("read(-): ") && message.contains(&format!("byte {at};")), "{message}");
        let expected = if file == &whole { 9 } else { 0 };
        assert_eq!(lines(&output, "segment").len(), expected);
        assert_eq!(lines(&output, "end").len(), 1, "the end is told all the same");
    }
}

#[test]
fn a_damaged_file_says_where_and_what_broke() {
    let mut oversized = pcap(LITTLE, 1, &ethernet(&conversation()));
    oversized[24 + 8..24 + 12].copy_from_slice(&LITTLE.four(0x7fff_ffff));
    let mut broken = [section(LITTLE), interface(LITTLE, 1, 9)].concat();
    let at = broken.len();
    broken.extend([LITTLE.four(6), LITTLE.four(3), LITTLE.four(3)].concat());
    broken.extend([0; 64]);
    let unknown = [section(LITTLE), enhanced(LITTLE, 7, 0, &[0; 60])].concat();
    for (file, code, words) in [
        (oversized, 4, "byte 24 claims".to_owned()),
        (broken, 4, format!("record at byte {at} does not hold together")),
        (unknown, 4, "interface 7, which was never described".to_owned()),
        (
            b"GIF89a, and no capture".to_vec(),
            2,
            "neither pcap nor pcapng; it begins with 47 49 46".to_owned(),
        ),
        (Vec::new(), 2, "it is empty".to_owned()),
        (pcap(LITTLE, 1, &[])[..10].to_vec(), 4, "ends in the middle".to_owned()),
    ] {
        let output = read(&file, &[]);
        assert_eq!(output.status.code(), Some(code), "{words}");
        assert!(stderr(&output).contains(&words), "{words}: {}", stderr(&output));
    }
    let output = run("socklab", &["sniff", "--read", "/nonexistent/x.pcap"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).starts_with("open(/nonexistent/x.pcap): "), "{}", stderr(&output));
}

#[test]
fn what_cannot_be_read_is_shown_as_malformed() {
    let mut packets = conversation();
    packets[3][32] = 0x40; // a TCP header of 16 bytes
    packets[5][0] = 0x44; // an IPv4 header of 16 bytes
    let output = read(&pcap(LITTLE, 101, &packets), &["--format", "json"]);
    let told: Vec<_> = lines(&output, "malformed")
        .iter()
        .map(|line| {
            (line["frame"].clone(), line["layer"].clone(), line["needed"].clone(), line["had"].clone())
        })
        .collect();
    assert_eq!(
        told,
        [(4.into(), "TCP".into(), 20.into(), 16.into()), (6.into(), "IPv4".into(), 20.into(), 16.into())]
    );
    assert_eq!(lines(&output, "segment").len(), 8);
    assert_eq!(lines(&output, "end")[0]["complete"], false);
}

#[test]
fn connections_are_told_apart_and_summed_up() {
    let mut frames = Vec::new();
    for packet in conversation() {
        let mut other = packet.clone();
        for port in [20, 22] {
            if other[port..port + 2] == 40000u16.to_be_bytes() {
                other[port..port + 2].copy_from_slice(&40001u16.to_be_bytes());
            }
        }
        frames.extend([packet, other]);
    }
    frames.push(packet(true, SYN, 5, 0, b""));
    frames.push(packet(false, RST | ACK, 0, 6, b""));
    let output = read(&pcap(LITTLE, 101, &frames), &["--format", "json"]);
    let connections = lines(&output, "connection");
    let endings: Vec<_> = connections.iter().map(|line| line["ending"].as_str().unwrap()).collect();
    assert_eq!(endings, ["closed", "closed", "refused"]);
    assert_eq!(connections[1]["client"], "127.0.0.1:40001");
    assert_eq!(connections[0]["bytes"], serde_json::json!({"client": 2, "server": 2}));
    let reused = &lines(&output, "segment")[20];
    assert_eq!(reused["odd"][0], "port reuse", "{reused}");
}

#[test]
fn ports_and_counts_choose_what_is_shown() {
    let file = pcap(LITTLE, 101, &conversation());
    let count = |arguments: &[&str]| {
        lines(&read(&file, &[&["--format", "json"], arguments].concat()), "segment").len()
    };
    assert_eq!(count(&["--port", "12000"]), 10);
    assert_eq!(count(&["--port", "80", "--port", "40000"]), 10);
    assert_eq!(count(&["--port", "80"]), 0);
    assert_eq!(count(&["--count", "3"]), 3);
    let many: Vec<_> = (1..100).flat_map(|port: u16| ["--port".to_owned(), port.to_string()]).collect();
    let many: Vec<_> = many.iter().map(String::as_str).collect();
    let output = read(&file, &many);
    assert_eq!(output.status.code(), Some(2), "{}", stderr(&output));
}

#[test]
fn what_is_odd_is_named_with_its_reason() {
    let mut packets = conversation();
    packets.insert(5, packets[3].clone());
    packets[5][4] ^= 0xff; // sent again, not captured twice
    packets.push(packet(false, RST, 7004, 0, b"go away"));
    for (lang, words) in [
        ("en", ["spurious retransmission: ", "RST with data: ", "checksum not filled in: "]),
        ("ko", ["불필요한 재전송: ", "데이터가 실린 RST: ", "채워지지 않은 체크섬: "]),
    ] {
        for format in ["ladder", "lines"] {
            let output =
                read(&pcap(LITTLE, 101, &packets), &["--format", format, "--lang", lang, "--width", "200"]);
            for word in words {
                assert!(stdout(&output).contains(word), "{word}: {}", stdout(&output));
            }
        }
    }
}

#[test]
fn the_streams_are_put_together_in_their_order() {
    let mut packets = conversation();
    let c = u32::MAX - 1;
    packets[3] = packet(true, PSH | ACK, c.wrapping_add(2), 7001, b"i\n\x1b[m");
    packets.insert(4, packet(true, PSH | ACK, c.wrapping_add(1), 7001, b"h"));
    let output = read(&pcap(LITTLE, 101, &packets), &["--follow"]);
    assert!(stdout(&output).contains("client │ h\nclient │ i\nclient │ \\x1b[m\n"), "{}", stdout(&output));
}

#[test]
fn a_pipe_is_shown_as_it_comes() {
    let mut child = command("socklab", &["sniff", "--read", "-", "--format", "lines"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let file = pcap(LITTLE, 101, &conversation());
    let mut input = child.stdin.take().unwrap();
    // All but the last packet, which never comes whole.
    input.write_all(&file[..file.len() - 1]).unwrap();
    let mut shown = BufReader::new(child.stdout.take().unwrap());
    let mut line = String::new();
    for _ in 0..10 {
        line.clear();
        shown.read_line(&mut line).unwrap();
    }
    assert!(line.contains("FIN,ACK"), "{line}");
    drop(input);
    assert_eq!(child.wait().unwrap().code(), Some(4));
}

#[test]
fn a_saved_lesson_gives_back_the_same_pictures() {
    if !has_room("a_saved_lesson_gives_back_the_same_pictures") {
        return;
    }
    for (lesson, format) in
        [("01_socket", "ladder"), ("02_connect", "lines"), ("05_close", "json"), ("05_close", "ladder")]
    {
        let file = Scratch::new("saved.pcapng");
        for lang in ["ko", "en"] {
            let arguments = ["--format", format, "--lang", lang];
            let played = run(lesson, &[&arguments[..], &["--save", file.path()]].concat());
            let replayed = run("socklab", &[&["sniff", "--read", file.path()], &arguments[..]].concat());
            assert_eq!(stdout(&replayed), stdout(&played), "{lesson} {format} {lang}: {}", stderr(&replayed));
        }
    }
}

#[test]
fn a_capture_saved_and_read_again_is_the_same() {
    let file =
        pcap(LITTLE, 113, &conversation().iter().map(|packet| behind(113, packet)).collect::<Vec<_>>());
    let saved = Scratch::new("again.pcapng");
    let first = read(&file, &["--format", "json", "--save", saved.path()]);
    let second = run("socklab", &["sniff", "--format", "json", "--read", saved.path()]);
    assert_eq!(lines(&first, "segment"), lines(&second, "segment"));
    assert_eq!(lines(&first, "connection"), lines(&second, "connection"));
}

/// A conversation in any shell that has bash's sockets: refused, as nobody listens.
const KNOCK: &str = "(exec 3<>/dev/tcp/127.0.0.1/12000) 2>/dev/null; exit 7";

#[test]
fn a_command_runs_in_a_room_and_its_wire_is_shown() {
    if !has_room("a_command_runs_in_a_room_and_its_wire_is_shown") {
        return;
    }
    let output = run("socklab", &["sniff", "--format", "json", "--", "bash", "-c", KNOCK]);
    assert_eq!(output.status.code(), Some(7), "the exit code is the command's: {}", stderr(&output));
    let found = lines(&output, "segment");
    assert_eq!(found.len(), 2, "{}", stdout(&output));
    assert_eq!(found[1]["role"], "reset");
    assert_eq!(lines(&output, "end")[0]["complete"], true);
    let output = run("socklab", &["sniff", "--", "/nonexistent/program"]);
    assert_eq!(output.status.code(), Some(127));
    assert!(stderr(&output).starts_with("execvp(/nonexistent/program): "), "{}", stderr(&output));
}

#[test]
fn without_the_right_to_capture_it_says_what_would_help() {
    if may_capture() {
        return say("skipped: without_the_right_to_capture_it_says_what_would_help: this user may capture");
    }
    let output = run("socklab", &["sniff"]);
    assert_eq!(output.status.code(), Some(1));
    for command in ["sudo setcap cap_net_raw+ep /", "sudo /", "socklab sniff -- COMMAND"] {
        assert!(stderr(&output).contains(command), "{command}: {}", stderr(&output));
    }
}

fn may_capture() -> bool {
    run("socklab", &["sniff", "--for", "0s"]).status.success()
}

#[test]
fn an_open_capture_has_no_other_power() {
    if !may_capture() {
        return say("skipped: an_open_capture_has_no_other_power: this user may not capture on the host");
    }
    let mut child = command("socklab", &["sniff", "--port", "12000", "--format", "json", "--for", "60s"])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    // Once it has a second thread it drains its capture, and has given up what it could.
    let status = loop {
        let status = std::fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap();
        if status.contains("Threads:\t2") {
            break status;
        }
        assert!(child.try_wait().unwrap().is_none(), "it ended: {status}");
    };
    for line in ["CapPrm:\t0000000000000000", "CapEff:\t0000000000000000", "NoNewPrivs:\t1"] {
        assert!(status.contains(line), "{line}: {status}");
    }
    assert!(!status.contains("Uid:\t0"), "{status}");
    // SAFETY: kill(2) with the number of a child that has not been waited for.
    assert_eq!(unsafe { libc::kill(child.id() as libc::pid_t, libc::SIGINT) }, 0);
    let mut shown = String::new();
    child.stdout.take().unwrap().read_to_string(&mut shown).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(0), "Ctrl-C is its usual end");
    assert!(shown.lines().last().unwrap().contains("\"type\":\"end\""), "{shown}");
}

#[test]
fn its_help_and_its_complaints_are_in_both_languages() {
    for (lang, word) in [("ko", "사용법"), ("en", "Usage")] {
        let help = stdout(&run("socklab", &["sniff", "--help", "--lang", lang]));
        for option in
            ["interface", "port", "count", "for", "read", "payload", "relative", "absolute", "follow", "save"]
        {
            assert!(help.contains(&format!("--{option}")), "{option}: {help}");
        }
        assert!(help.contains(word), "{help}");
    }
    for arguments in [
        &["--count", "0"][..],
        &["--for", "2d"],
        &["--port", "0"],
        &["--read", "x", "--", "ls"],
        &["--relative", "--absolute"],
    ] {
        let output = run("socklab", &[&["sniff"], arguments].concat());
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(stderr(&output).starts_with("arguments: "), "{}", stderr(&output));
    }
}
