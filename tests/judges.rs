//! Captures judged by tshark as well: the numbers of every segment must be the same, and every
//! verdict that differs must differ for one of the reasons named here.
//!
//! The files are the project's own, and whatever lies in the folder that `SOCKLAB_CAPTURES` names.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::captures::{ACK, FIN, LITTLE, PSH, SYN, Scratch, conversation, packet, pcap};
use crate::runs::{has_room, has_tool, run, say, stdout};

/// Verdicts by tshark's name and by ours.
const VERDICTS: [(&str, &str); 15] = [
    ("retransmission", "retransmission"),
    ("fast_retransmission", "fast retransmission"),
    ("spurious_retransmission", "spurious retransmission"),
    ("out_of_order", "out of order"),
    ("lost_segment", "previous segment not captured"),
    ("ack_lost_segment", "acknowledges unseen segment"),
    ("duplicate_ack", "duplicate ack"),
    ("keep_alive", "keep-alive"),
    ("keep_alive_ack", "keep-alive ack"),
    ("zero_window", "zero window"),
    ("zero_window_probe", "zero window probe"),
    ("zero_window_probe_ack", "zero window probe ack"),
    ("window_full", "window full"),
    ("window_update", "window update"),
    ("reused_ports", "port reuse"),
];

const NUMBERS: [&str; 7] =
    ["frame.number", "tcp.srcport", "tcp.dstport", "tcp.flags", "tcp.seq", "tcp.ack", "tcp.len"];

/// Why a verdict differs; none where that would be a mistake. `ours` is what we found odd.
fn reason(verdict: &str, by_tshark: bool, ours: &[&str]) -> Option<&'static str> {
    match (verdict, by_tshark) {
        (_, true) if ours.contains(&"captured twice") => {
            Some("the same packet was captured twice; tshark takes the copy for one sent again")
        }
        ("fast_retransmission", true) if ours.contains(&"retransmission") => {
            Some("no ACK had been repeated; tshark counts segments with data among the duplicates")
        }
        ("fast_retransmission", false) => Some(
            "the SACK blocks of duplicate ACKs left this hole; this tshark looks at the ACK number alone",
        ),
        ("retransmission", false) => Some("as above: the same segment under another name"),
        ("ack_lost_segment", _) => {
            Some("here every number seen is remembered; tshark remembers the highest one in a row")
        }
        ("keep_alive" | "keep_alive_ack", true) | ("zero_window_probe" | "zero_window_probe_ack", false)
            if ours.iter().any(|odd| odd.starts_with("zero window probe")) =>
        {
            Some(
                "an old number into a shut window is Linux's question for the window; tshark calls it keep-alive",
            )
        }
        ("reused_ports", true) => {
            Some("a RST came before the SYN,ACK; tshark takes that for an earlier connection's end")
        }
        _ => None,
    }
}

/// What tshark says of each TCP segment, by frame number.
fn tshark(file: &Path) -> BTreeMap<u64, Vec<String>> {
    let mut command = Command::new("tshark");
    command.args(["-n", "-Y", "tcp", "-T", "fields", "-E", "occurrence=f", "-r"]).arg(file);
    for field in NUMBERS {
        command.args(["-e", field]);
    }
    for (verdict, _) in VERDICTS {
        command.args(["-e", &format!("tcp.analysis.{verdict}")]);
    }
    let output = String::from_utf8(command.output().unwrap().stdout).unwrap();
    let rows = output.lines().map(|line| line.split('\t').map(str::to_owned).collect::<Vec<_>>());
    rows.map(|row| (row[0].parse().unwrap(), row)).collect()
}

/// Compares what both say of a file; adds up agreements and differences by verdict and reason.
fn judge(file: &Path, tally: &mut BTreeMap<(String, String), usize>) {
    let theirs = tshark(file);
    let shown = stdout(&run("socklab", &["sniff", "--format", "json", "--read", file.to_str().unwrap()]));
    let lines: Vec<Value> = shown.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let of = |kind: &str| lines.iter().filter(|line| line["type"] == kind).collect::<Vec<_>>();
    let broken = of("malformed");
    let malformed: Vec<u64> = broken
        .iter()
        .filter(|line| line["layer"] == "TCP")
        .map(|line| line["frame"].as_u64().unwrap())
        .collect();
    let segments = of("segment");
    let name = file.display();
    assert_eq!(segments.len() + malformed.len(), theirs.len(), "{name}: the number of TCP segments");

    let bits = ["FIN", "SYN", "RST", "PSH", "ACK", "URG", "ECE", "CWR"];
    for (index, segment) in segments.into_iter().enumerate() {
        // A play that is shown again has nothing but segments, and does not number its frames.
        let frame = segment["frame"].as_u64().unwrap_or(index as u64 + 1);
        let row = &theirs[&frame];
        let flags: Vec<_> =
            segment["flags"].as_array().unwrap().iter().map(|flag| flag.as_str().unwrap()).collect();
        let number: u32 = (0..8).filter(|&bit| flags.contains(&bits[bit])).map(|bit| 1 << bit).sum();
        let flags_there = u32::from_str_radix(row[3].trim_start_matches("0x"), 16).unwrap() & 0xff;
        assert_eq!(number, flags_there, "{name} {frame}: flags");
        for (index, field) in [(1, "src_port"), (2, "dst_port"), (4, "seq"), (5, "ack"), (6, "len")] {
            // Without the ACK flag the field means nothing, and here there is none.
            if field != "ack" || flags.contains(&"ACK") {
                assert_eq!(segment[field].to_string(), row[index], "{name} {frame}: {field}");
            }
        }
        let odd: Vec<_> =
            segment["odd"].as_array().into_iter().flatten().map(|name| name.as_str().unwrap()).collect();
        for (index, (verdict, ours)) in VERDICTS.iter().enumerate() {
            let by_tshark = !row[NUMBERS.len() + index].is_empty();
            // What is sent again fast or in vain is a retransmission as well, under its own name here.
            let by_us = odd.contains(ours)
                || *verdict == "retransmission"
                    && (odd.contains(&"fast retransmission") || odd.contains(&"spurious retransmission"));
            let outcome = match (by_tshark, by_us) {
                (false, false) => continue,
                (true, true) => "agreed",
                _ => reason(verdict, by_tshark, &odd)
                    .unwrap_or_else(|| panic!("{name} {frame}: {verdict}: tshark {by_tshark}, here {odd:?}")),
            };
            *tally.entry(((*verdict).to_owned(), outcome.to_owned())).or_default() += 1;
        }
    }
}

/// A conversation with a gap, duplicate ACKs, what they ask for, a shut window and its probes, a
/// keep-alive, an overtaken segment and one sent in vain.
fn troubled() -> Vec<Vec<u8>> {
    let (c, s) = (1000, 9000);
    let data = |at: u32, bytes: &[u8]| packet(true, PSH | ACK, c + at, s + 1, bytes);
    let ack = |at: u32, window: u16, number: u8| {
        let mut packet = packet(false, ACK, s + 1, c + at, b"");
        packet[34..36].copy_from_slice(&window.to_be_bytes());
        packet[5] ^= number;
        packet
    };
    let mut packets = vec![
        packet(true, SYN, c, 0, b""),
        packet(false, SYN | ACK, s, c + 1, b""),
        packet(true, ACK, c + 1, s + 1, b""),
        data(1, b"abcd"),
        ack(5, 60000, 1),
        data(9, b"ijkl"),
        ack(5, 60000, 2),
        data(13, b"mnop"),
        ack(5, 60000, 3),
        data(17, b"qrst"),
        ack(5, 60000, 4),
        data(5, b"efgh"),
        ack(21, 0, 5),
        data(21, b"u"),
        ack(21, 0, 6),
        ack(21, 60000, 7),
        data(21, b"uvw"),
        ack(24, 60000, 8),
        data(23, b""),
        ack(24, 60000, 9),
        data(30, b"456"),
        data(24, b"xyz123"),
        ack(33, 60000, 10),
        data(24, b"xyz123"),
        ack(40, 60000, 11),
        packet(true, FIN | ACK, c + 40, s + 1, b""),
        packet(false, FIN | ACK, s + 1, c + 41, b""),
        packet(true, ACK, c + 41, s + 2, b""),
    ];
    packets[23][4] ^= 0xff;
    packets
}

#[test]
fn tshark_says_the_same() {
    let test = "tshark_says_the_same";
    if !has_tool("tshark", test) {
        return;
    }
    let mut tally = BTreeMap::new();
    for (name, packets) in [("plain", conversation()), ("troubled", troubled())] {
        let file = Scratch::new(&format!("{name}.pcap"));
        std::fs::write(&file.0, pcap(LITTLE, 101, &packets)).unwrap();
        judge(&file.0, &mut tally);
    }
    if has_room(test) {
        for lesson in ["02_connect", "05_close"] {
            let file = Scratch::new(&format!("{lesson}.pcapng"));
            run(lesson, &["--save", file.path()]);
            judge(&file.0, &mut tally);
        }
    }
    match std::env::var_os("SOCKLAB_CAPTURES") {
        Some(folder) => files(Path::new(&folder)).iter().for_each(|file| judge(file, &mut tally)),
        None => say("SOCKLAB_CAPTURES names no folder of other captures to be judged"),
    }
    for ((verdict, outcome), count) in &tally {
        say(&format!("{count:5} {verdict}: {outcome}"));
    }
    assert!(tally.keys().filter(|(_, outcome)| outcome == "agreed").count() >= 12, "{tally:?}");
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<_> = entries
        .filter(|path| path.extension().is_some_and(|ending| ending == "pcap" || ending == "pcapng"))
        .collect();
    files.sort();
    files
}

#[test]
fn a_saved_file_shows_its_comments_elsewhere() {
    let test = "a_saved_file_shows_its_comments_elsewhere";
    if !has_room(test) || !has_tool("tshark", test) {
        return;
    }
    for (lang, first) in [("en", "Handshake 1/3: "), ("ko", "핸드셰이크 1/3: ")] {
        let file = Scratch::new(&format!("comments-{lang}.pcapng"));
        run("02_connect", &["--lang", lang, "--save", file.path()]);
        let output = Command::new("tshark")
            .args(["-n", "-T", "fields", "-e", "frame.comment", "-r", file.path()])
            .output()
            .unwrap();
        let shown = stdout(&output);
        assert_eq!(shown.lines().count(), 3, "{shown}");
        assert!(shown.starts_with(first), "{shown}");
    }
}
