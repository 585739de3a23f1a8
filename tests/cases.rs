//! The case rules against CPython's own.

use std::process::Command;

use socklab::lesson::case::{convert, mode_of};

use crate::runs::has_tool;

/// Prints the version of Unicode; then, for every character that this Python knows, its code point and what the four methods
/// say of it; last the same for strings in which a final sigma depends on its neighbours.
const SCRIPT: &str = r#"
import sys, unicodedata
def known(text): return all(unicodedata.category(c) not in ("Cn", "Cs") for c in text)
def row(text): print(text.encode().hex(), int(text.isupper()), int(text.islower()), text.upper().encode().hex(), text.lower().encode().hex(), sep=",")
print(unicodedata.unidata_version)
for point in range(sys.maxunicode + 1):
    text = chr(point)
    if known(text) and known(text.upper()) and known(text.lower()): row(text)
for a in ["", "a", "A", " ", "'", "\u00ad", "1", "\uac00", "\u0301", "\u01c5"]:
    for b in ["", "a", "A", " ", "'", "\u00ad", "1", "\uac00", "\u0301", "\u01c5"]:
        for c in ["", "b", "\u0301b"]:
            row(c + a + "\u03a3" + b + c)
"#;

/// Characters that Unicode 14 had and that a later version, up to 17, gave another case or another
/// partner: what an older Python says of these is not what this Rust says, and neither is wrong.
const CHANGED: [&str; 10] = ["ƛ", "ɤ", "ʕ", "ჼ", "ꟓ", "ꟕ", "ꟲ", "ꟳ", "ꟴ", "ꭩ"];

/// How it is compared: over every code point that this Python assigns, and whose mappings it
/// assigns, each of the four methods must say what ours say. Only the characters above may differ,
/// and none at all where both have the same version of Unicode; where Rust's is newer than 17, what
/// that changed is listed and not held against it.
#[test]
fn every_character_that_both_know() {
    if !has_tool("python3", "every_character_that_both_know") {
        return;
    }
    let output = Command::new("python3").args(["-c", SCRIPT]).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let rows = String::from_utf8(output.stdout).unwrap();
    let (unicode, rows) = rows.split_once('\n').unwrap();
    let (major, minor, patch) = char::UNICODE_VERSION;
    let ours_is = format!("{major}.{minor}.{patch}");
    let (mut compared, mut differing) = (0, Vec::new());
    for line in rows.lines() {
        let fields: Vec<&str> = line.split(',').collect();
        let [text, upper, lower] = [fields[0], fields[3], fields[4]].map(text);
        let mode = match (fields[1], fields[2]) {
            ("1", "0") => Some("2"),
            ("0", "1") => Some("1"),
            _ => None,
        };
        let ours = (mode_of(&text), convert(&text, "1"), convert(&text, "2"));
        compared += 1;
        if ours != (mode, upper, lower) {
            differing.push(text);
        }
    }
    assert!(compared > 270_000, "{compared}");
    let excused: &[&str] = if unicode == ours_is { &[] } else { &CHANGED };
    let left: Vec<_> = differing.iter().filter(|text| !excused.contains(&text.as_str())).collect();
    let may_be_newer = char::UNICODE_VERSION > (17, 0, 0) && unicode != ours_is;
    assert!(left.is_empty() || may_be_newer, "Python's Unicode {unicode}, ours {ours_is}: {left:?}");
}

fn text(hex: &str) -> String {
    let bytes =
        (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap()).collect();
    String::from_utf8(bytes).unwrap()
}
