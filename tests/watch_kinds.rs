//! Kinds of programs, the right ones beside the wrong ones that look like them: how each play ends,
//! what is said of it, and what is not.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::Command;
use std::sync::Mutex;

use crate::runs::{has_room, say, stderr, stdout};
use crate::watch::{PYTHON, events, play, verdict};

/// A play, and what is right for it: as a paragraph of `watched/kinds/*.rows` has it.
#[derive(Default)]
struct Row<'a> {
    server: &'a str,
    clients: Vec<&'a str>,
    options: Vec<&'a str>,
    /// The verdict.
    ends: &'a str,
    /// What the ladder says, one after the other.
    says: Vec<&'a str>,
    never: Vec<&'a str>,
    /// How many lines the ladder has at most.
    lines: Option<usize>,
}

impl<'a> Row<'a> {
    fn read(paragraph: &'a str) -> Row<'a> {
        let mut row = Row::default();
        for line in paragraph.lines().filter(|line| !line.starts_with('#')) {
            match line.split_once(' ').map(|(word, rest)| (word, rest.trim_start())) {
                Some(("server", words)) => row.server = words,
                Some(("client", words)) => row.clients.push(words),
                Some(("options", words)) => row.options.extend(words.split(' ')),
                Some(("ends", verdict)) => row.ends = verdict,
                Some(("says", text)) => row.says.push(text),
                Some(("never", text)) => row.never.push(text),
                Some(("lines", count)) => row.lines = count.parse().ok(),
                _ => panic!("no line of a row: {line}"),
            }
        }
        row
    }
}

/// No play of these takes as long, on a busy machine either; and none says as much that goes nowhere.
const GUARD: [&str; 2] = ["--for", "60s"];
const LINES: usize = 200;

/// Where these programs are built.
fn built(name: &str) -> PathBuf {
    let folder = std::env::temp_dir().join(format!("socklab-kinds-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    folder.join(name)
}

/// What shows that a tool works here.
fn probe(word: &str) -> Option<&'static str> {
    let file = word.rsplit_once('.').map_or(word, |(_, kind)| kind);
    Some(match file {
        "py" => "/usr/bin/python3 --version",
        "c" => "cc --version",
        "go" => "go version",
        "java" => "javac -version && java -version",
        "js" => "node --version",
        "pl" => "perl --version",
        "php" => "php --version",
        "rb" => "ruby --version",
        "rs" => "rustc --version",
        "curl" => "curl --version",
        "nc" => "command -v nc",
        "nginx" => "nginx -v",
        "socat" => "socat -V",
        _ => return None,
    })
}

/// Whether everything is installed that a line needs; what is missing is said once a test.
pub fn can_start(test: &str, line: &str) -> bool {
    static FOUND: Mutex<BTreeMap<&str, bool>> = Mutex::new(BTreeMap::new());
    line.split(' ').filter_map(probe).all(|probe| {
        let shell = || Command::new("sh").args(["-c", probe]).output();
        let mut found = FOUND.lock().unwrap();
        let works = *found.entry(probe).or_insert_with(|| shell().is_ok_and(|said| said.status.success()));
        if !works {
            say(&format!("skipped: {test}: {line}: `{probe}` fails"));
        }
        works
    })
}

/// The line for the shell that starts a program, built if need be.
pub fn started(words: &str) -> String {
    static BUILT: Mutex<BTreeMap<String, String>> = Mutex::new(BTreeMap::new());
    let (file, arguments) = words.split_once(' ').unwrap_or((words, ""));
    let source = format!("{}/tests/watched/kinds/{file}", env!("CARGO_MANIFEST_DIR"));
    let words =
        words.replace("KINDS", &source.replace(file, "")).replace("SCRATCH", built("").to_str().unwrap());
    let place = built(file);
    let place = place.to_str().unwrap();
    let folder = built("");
    let folder = folder.to_str().unwrap();
    let (build, run) = match file.rsplit_once('.').map(|(_, kind)| kind) {
        Some("py") => (String::new(), format!("{PYTHON} -B {source}")),
        Some("js") => (String::new(), format!("node {source}")),
        Some("rb") => (String::new(), format!("ruby {source}")),
        Some("pl") => (String::new(), format!("perl {source}")),
        Some("php") => (String::new(), format!("php {source}")),
        Some("c") => (format!("cc -w -pthread -o {place} {source}"), place.to_owned()),
        Some("rs") => (format!("rustc -o {place} {source}"), place.to_owned()),
        Some("go") => (format!("GOCACHE={folder}/cache go build -o {place} {source}"), place.to_owned()),
        Some("java") => {
            let class = file.trim_end_matches(".java");
            (format!("javac -d {folder} {source}"), format!("java -Xint -cp {folder} {class}"))
        }
        _ => return words,
    };
    let mut known = BUILT.lock().unwrap();
    let run = known.entry(file.to_owned()).or_insert_with(|| {
        let told = Command::new("sh").args(["-c", &build]).output().unwrap();
        assert!(told.status.success(), "{build}: {}", stderr(&told));
        run
    });
    format!("exec {run} {arguments}")
}

/// Plays the rows of a file, and says of every one what is wrong.
fn right(name: &str) {
    if !has_room(name) {
        return;
    }
    let file = format!("{}/tests/watched/kinds/{name}.rows", env!("CARGO_MANIFEST_DIR"));
    let rows = std::fs::read_to_string(file).unwrap();
    let rows = rows.split("\n\n").filter(|paragraph| paragraph.contains("\nends"));
    let wrong: Vec<_> = rows.filter_map(|paragraph| wrong(name, &Row::read(paragraph))).collect();
    assert!(wrong.is_empty(), "{} are wrong:\n{}", wrong.len(), wrong.join("\n"));
}

/// What is wrong with a play.
fn wrong(name: &str, row: &Row) -> Option<String> {
    let Row { server, clients, options, ends, says, never, lines: most } = row;
    if !clients.iter().chain([server]).all(|line| can_start(name, line)) {
        return None;
    }
    let lines: Vec<_> = clients.iter().map(|line| started(line)).collect();
    let (server, clients): (_, Vec<_>) = (started(server), lines.iter().map(String::as_str).collect());
    // With a time that is set, whoever computes is not said to spin.
    let guard: &[&str] = if options.contains(&GUARD[0]) || *ends == "spinning" { &[] } else { &GUARD };
    let shown = |more: &[&str]| {
        play(&server, &clients, &[guard, &["--input", ""], options.as_slice(), more].concat())
    };
    let told = events(&shown(&["--format", "json"]));
    let output = shown(&["--lang", "en", "--width", "120"]);
    let ladder = stdout(&output);
    let mut faults = Vec::new();
    if verdict(&told) != *ends {
        faults.push(format!("the verdict is {}, not {ends}", verdict(&told)));
    }
    // Sentences are wrapped.
    let words = ladder.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut rest = words.as_str();
    for text in says {
        match rest.split_once(text) {
            Some((_, after)) => rest = after,
            None => faults.push(format!("it does not say {text:?}, or not then")),
        }
    }
    faults.extend(never.iter().filter(|text| words.contains(**text)).map(|text| format!("it says {text:?}")));
    let count = ladder.lines().count();
    if count >= most.unwrap_or(if ["spinning", "still"].contains(ends) { LINES } else { usize::MAX }) {
        faults.push(format!("it says so in {count} lines"));
    }
    let shown = if count < LINES { ladder.as_str() } else { "(too long to be shown)" };
    let who = format!("{} · {}", row.server, row.clients.join(" · "));
    (!faults.is_empty()).then(|| format!("── {who}: {}\n{shown}{}", faults.join("; "), stderr(&output)))
}

#[test]
fn limits_of_time() {
    right("limits");
}

#[test]
fn spins() {
    right("spins");
}

#[test]
fn calls_that_are_answered_at_once() {
    right("at_once");
}

#[test]
fn signals_that_meet_a_call() {
    right("signals");
}

#[test]
fn descriptors_of_several_threads() {
    right("threads");
}

#[test]
fn children_that_hold_a_connection() {
    right("children");
}

#[test]
fn servers_whose_clients_are_gone() {
    right("rests");
}

#[test]
fn both_wait() {
    right("waits");
}

#[test]
fn queues_of_connections() {
    right("queues");
}

#[test]
fn resets() {
    right("resets");
}

#[test]
fn bad_ends() {
    right("crashes");
}

#[test]
fn lines_in_many_languages() {
    right("lines");
}

#[test]
fn locks() {
    right("locks");
}

#[test]
fn stops() {
    right("stops");
}

#[test]
fn timers_and_signals_as_descriptors() {
    right("descriptors");
}

#[test]
fn much_that_is_printed() {
    right("prints");
}

#[test]
fn real_programs() {
    right("real");
}

#[test]
fn the_weather() {
    right("weather");
}
