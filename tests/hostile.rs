//! Files made by somebody who means no good: payloads, names and stored notes full of what steers a
//! terminal. None of it may get through, in any picture, and nothing may panic.

use serde_json::{Value, json};

use crate::captures::{ACK, LITTLE, PSH, block, conversation, enhanced, interface, packet, pcap, section};
use crate::harmless::harm;
use crate::runs::{run_with, stderr, stdout};

/// What must not reach a terminal as it is.
fn nasty() -> Vec<Vec<u8>> {
    let mut pieces: Vec<Vec<u8>> = (0..=0x1f).chain([0x7f]).map(|byte| vec![byte]).collect();
    pieces.extend((0x80..=0xffu8).map(|byte| vec![byte]));
    let marks = "\u{80}\u{85}\u{9b}\u{9f}\u{ad}\u{61c}\u{200b}\u{200e}\u{200f}\u{2028}\u{202a}\u{202e}\u{2066}\u{2069}\u{feff}\u{fffb}\u{e0001}";
    pieces.extend(marks.chars().map(|mark| mark.to_string().into_bytes()));
    // Overlong, a lone surrogate, beyond the last character, torn in two.
    pieces.extend([&b"\xc0\x9b"[..], b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\xe2\x82"].map(<[u8]>::to_vec));
    pieces.extend([&b"\x1b]0;title\x07"[..], b"\x1b[2J\x1b[H", b"\x9b31m"].map(<[u8]>::to_vec));
    pieces
}

/// The same as text, as far as it is any.
fn nasty_text() -> String {
    nasty().iter().map(|piece| String::from_utf8_lossy(piece).into_owned()).collect()
}

/// Reads a file in every way that there is.
fn judge(file: &[u8], what: &str) {
    for format in ["ladder", "lines", "json"] {
        for payload in ["text", "hex", "none"] {
            for follow in [&[][..], &["--follow"]] {
                for lang in ["ko", "en"] {
                    let arguments =
                        ["sniff", "--read", "-", "--format", format, "--payload", payload, "--lang", lang];
                    let output = run_with("socklab", &[&arguments[..], follow].concat(), file);
                    assert!(
                        output.status.code().is_some_and(|code| code != 101),
                        "{what}: {}",
                        stderr(&output)
                    );
                    for shown in [&output.stdout, &output.stderr] {
                        let found = harm(shown);
                        assert_eq!(found, None, "{what} {format} {payload} {follow:?} {lang}");
                    }
                }
            }
        }
    }
}

#[test]
fn no_payload_steers_a_terminal() {
    let mut packets = conversation();
    let mut at = 1000;
    for piece in nasty() {
        packets.push(packet(true, PSH | ACK, at, 1, &piece));
        at += piece.len() as u32;
    }
    judge(&pcap(LITTLE, 101, &packets), "payloads");
}

/// A file of ours with these notes in it, and a packet between them.
fn noted(notes: &[Value]) -> Vec<u8> {
    let mut file = [section(LITTLE), interface(LITTLE, 101, 9)].concat();
    for note in notes {
        let mut body = note.to_string().into_bytes();
        body.resize(body.len().next_multiple_of(4), b' ');
        file.extend(block(LITTLE, 0x8c75_6f53, &body));
        file.extend(enhanced(LITTLE, 0, 5, &conversation()[0]));
    }
    file
}

#[test]
fn no_stored_note_steers_a_terminal() {
    let text = nasty_text();
    let both = json!({"ko": text, "en": text});
    let scene = |cast: Value| json!({"Begin": {"title": both, "cast": cast, "server": null, "start": 0, "wire": "Room", "remarks": [both, both], "next": both}});
    let intent =
        json!({"who": "Client", "caller": null, "op": "Send", "args": [{"Word": text}, {"Word": text}]});
    let call = json!({"Event": {"Call": {"id": 4_294_967_295u32, "at": u64::MAX, "intent": intent, "outcome": {"Killed": text},
        "waited": true, "state": "Closed", "changes": [["Client", "Closed"], ["Client", "Listen"]], "segments": u64::MAX}}});
    let output =
        json!({"Event": {"Output": {"at": 0, "who": "Server", "program": 65535, "line": text.as_bytes()}}});
    let wait = json!({"Event": {"Wait": {"id": 0, "at": u64::MAX, "intent": intent}}});
    let verdict = json!({"Event": {"Verdict": {"at": 1, "verdict": {"Crashed": {"who": "Client", "caller": null, "end": {"Signal": text}, "failed": null}}}}});
    let truth = json!({"frames": u64::MAX, "dropped": u64::MAX, "truncated": u64::MAX, "wire": [u64::MAX, u64::MAX],
        "sent": [u64::MAX, null], "received": [0, u64::MAX],
        "tally": {"segments": u64::MAX, "malformed": u64::MAX, "connections": u64::MAX, "unseen": u64::MAX}});
    let end = json!({"End": [truth, "Off"]});
    // A note that cannot be read is passed over, and proves nothing: these are all read.
    let notes =
        [scene(json!(["Client", "Server"])), wait.clone(), call.clone(), output.clone(), verdict.clone()];
    let shown = stdout(&run_with("socklab", &["sniff", "--read", "-", "--format", "lines"], &noted(&notes)));
    for word in ["\\x1b", "… waits", "send(", "» ", "Failed: ", "\\u{202e}"] {
        assert!(shown.contains(word), "{word}: {shown}");
    }
    for cast in [json!([]), json!(["Client", "Server"]), json!(["Server"])] {
        judge(
            &noted(&[scene(cast), wait.clone(), call.clone(), output.clone(), verdict.clone(), end.clone()]),
            "notes",
        );
    }
}

#[test]
fn counts_without_end_add_up_to_no_panic() {
    let options = [&LITTLE.two(5)[..], &LITTLE.two(8), &[0xff; 8], &[0; 4]].concat();
    let statistics = block(LITTLE, 5, &[&[0; 12][..], &options].concat());
    judge(&[section(LITTLE), interface(LITTLE, 101, 9), statistics.clone(), statistics].concat(), "counts");
}

#[test]
fn no_name_of_a_file_steers_a_terminal() {
    let name = format!("/nonexistent/{}", nasty_text().replace(['\0', '/'], ""));
    for arguments in
        [&["sniff", "--read", &name][..], &["sniff", "--interface", &name], &["05_close", "--save", &name]]
    {
        let (program, arguments) = match arguments {
            ["05_close", rest @ ..] => ("05_close", rest),
            all => ("socklab", all),
        };
        let output = run_with(program, arguments, b"");
        assert_eq!(harm(&output.stderr), None, "{arguments:?}");
        assert_eq!(harm(&output.stdout), None, "{arguments:?}");
    }
}
