//! The case rules against CPython's own.

use std::process::Command;

use socklab::case::{convert, mode_of};

use crate::runs::has_tool;

/// Prints, for every character that this Python knows, its code point and what the four methods
/// say of it; then the same for strings in which a final sigma depends on its neighbours.
const SCRIPT: &str = r#"
import sys, unicodedata
def known(text): return all(unicodedata.category(c) not in ("Cn", "Cs") for c in text)
def row(text): print(text.encode().hex(), int(text.isupper()), int(text.islower()), text.upper().encode().hex(), text.lower().encode().hex(), sep=",")
for point in range(sys.maxunicode + 1):
    text = chr(point)
    if known(text) and known(text.upper()) and known(text.lower()): row(text)
for a in ["", "a", "A", " ", "'", "\u00ad", "1", "\uac00", "\u0301", "\u01c5"]:
    for b in ["", "a", "A", " ", "'", "\u00ad", "1", "\uac00", "\u0301", "\u01c5"]:
        for c in ["", "b", "\u0301b"]:
            row(c + a + "\u03a3" + b + c)
"#;

/// How it is compared: over every code point that Python assigns and that this Rust's Unicode
/// treats in the same way as assigned. Python's table is the older one; a character whose mapping
/// came into Unicode later is known to one side alone, and shows itself by a mapping that Python
/// leaves out: such rows are counted, listed, and must be few.
#[test]
fn every_character_that_both_know() {
    if !has_tool("python3", "every_character_that_both_know") {
        return;
    }
    let output = Command::new("python3").args(["-c", SCRIPT]).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let (mut compared, mut newer) = (0, Vec::new());
    for line in String::from_utf8(output.stdout).unwrap().lines() {
        let fields: Vec<&str> = line.split(',').collect();
        let [text, upper, lower] = [fields[0], fields[3], fields[4]].map(text);
        let mode = match (fields[1], fields[2]) {
            ("1", "0") => Some("2"),
            ("0", "1") => Some("1"),
            _ => None,
        };
        let ours = (mode_of(&text), convert(&text, "1"), convert(&text, "2"));
        compared += 1;
        if ours != (mode, upper.clone(), lower.clone()) {
            // Only a mapping that Python has not got can excuse a difference.
            let python_has_none = upper == text || lower == text;
            assert!(
                python_has_none && text.chars().count() == 1,
                "{text:?}: {ours:?}, Python: {:?}",
                (mode, upper, lower)
            );
            newer.push(text);
        }
    }
    assert!(compared > 140_000, "{compared}");
    assert!(newer.len() < 40, "{newer:?}");
}

fn text(hex: &str) -> String {
    let bytes =
        (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap()).collect();
    String::from_utf8(bytes).unwrap()
}
