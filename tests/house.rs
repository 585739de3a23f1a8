//! The rules of the house: floors, cumulative lessons, and both languages everywhere.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use socklab::lesson::curriculum::LESSONS;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Floors from the top, and the rooms on each. A room knows those on its own floor and below.
const FLOORS: [&[&str]; 9] = [
    &["cli", "main"],
    &["stage", "sniff"],
    &["linux"],
    &["capfile"],
    &["render", "lesson"],
    &["narrate"],
    &["event"],
    &["tcp"],
    &["text"],
];

/// From this floor down everything is made of values alone; `lesson` is what programs are given.
const PURE: usize = 4;

fn floor_of(room: &str) -> usize {
    FLOORS.iter().position(|rooms| rooms.contains(&room)).unwrap_or_else(|| {
        panic!("src/{room} stands on no floor: give it one in tests/house.rs and in the README")
    })
}

/// Source files with the room that each belongs to.
fn sources() -> Vec<(String, PathBuf)> {
    let mut found = Vec::new();
    let mut folders = vec![root().join("src")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.file_name().is_some_and(|name| name != "lib.rs") {
                let inner = path.strip_prefix(root().join("src")).unwrap();
                let module = inner.components().next().unwrap().as_os_str().to_str().unwrap();
                found.push((module.trim_end_matches(".rs").to_owned(), path));
            }
        }
    }
    found
}

#[test]
fn arrows_only_point_down() {
    for (module, path) in sources() {
        let source = fs::read_to_string(&path).unwrap();
        let own = floor_of(&module);
        for line in source.lines().filter(|line| !line.trim_start().starts_with("//")) {
            for after in line.split("crate::").skip(1) {
                let other: String = after.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
                if !other.is_empty() && other.chars().all(|c| c.is_lowercase() || c == '_') {
                    assert!(floor_of(&other) >= own, "{}: {line}: an arrow that points up", path.display());
                }
            }
        }
    }
}

#[test]
fn only_main_and_lib_lie_flat() {
    let flat: BTreeSet<String> = fs::read_dir(root().join("src"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_file())
        .map(|path| path.file_name().unwrap().to_str().unwrap().to_owned())
        .collect();
    assert_eq!(flat, ["lib.rs", "main.rs"].map(str::to_owned).into());
}

#[test]
fn a_lesson_cannot_reach_the_stage() {
    for (_, path) in sources().into_iter().filter(|(room, _)| room == "lesson") {
        let source = fs::read_to_string(&path).unwrap();
        for room in ["crate::linux", "crate::stage", "crate::capfile", "crate::render", "crate::cli"] {
            assert!(!source.contains(room), "{room} in {}", path.display());
        }
    }
}

#[test]
fn each_outer_door_has_one_doorkeeper() {
    for (library, doorkeeper) in [
        ("pnet::datalink", "src/linux/capture.rs"),
        ("pnet::packet", "src/tcp/decode"),
        ("colored::", "src/render/paint.rs"),
    ] {
        for (_, path) in sources() {
            let uses = fs::read_to_string(&path)
                .unwrap()
                .lines()
                .any(|line| line.trim_start().starts_with(&format!("use {library}")));
            let inside = path.strip_prefix(root()).unwrap().starts_with(doorkeeper);
            assert!(!uses || inside, "{library} in {}", path.display());
        }
    }
}

#[test]
fn the_pure_floors_have_no_effects() {
    let is_pure = |room: &str| room != "lesson" && floor_of(room) >= PURE;
    for (module, path) in sources().into_iter().filter(|(room, _)| is_pure(room)) {
        let source = fs::read_to_string(&path).unwrap();
        for effect in [
            "std::env",
            "std::fs",
            "std::net::Tcp",
            "std::thread",
            "SystemTime",
            "Instant",
            "stdout()",
            "socket2",
        ] {
            let in_code =
                source.lines().any(|line| !line.trim_start().starts_with("//") && line.contains(effect));
            assert!(!in_code, "{effect} in {module}: {}", path.display());
        }
    }
}

/// The lines that a step changes: what stood there before, and what stands there now.
const CHANGED: [(&str, &str, &str); 5] = [
    (
        "02_connect",
        "pub fn client(_side: &Side) -> Result<()> {",
        "pub fn client(side: &Side) -> Result<()> {",
    ),
    ("02_connect", "    let _socket = Socket::new()?;", "    let socket = Socket::new()?;"),
    // A server that takes clients does not come to an end.
    ("02_connect", "    Ok(())", "    loop {"),
    ("04_recv", "        listener.accept()?;", "        let connection = listener.accept()?;"),
    ("05_close", "    let answer = socket.recv(1024)?;", "    let mut answer = socket.recv(1024)?;"),
];

#[test]
fn a_lesson_adds_lines_and_removes_none() {
    let mut steps = String::new();
    for pair in LESSONS.windows(2) {
        for (side, before, after) in
            [("client", pair[0].client, pair[1].client), ("server", pair[0].server, pair[1].server)]
        {
            steps.push_str(&format!("{} -> {}: {side}\n", pair[0].id, pair[1].id));
            let mut earlier = before.lines().peekable();
            for line in after.lines() {
                match earlier.peek() {
                    Some(&same) if same == line => drop(earlier.next()),
                    Some(&old) if CHANGED.contains(&(pair[1].id, old, line)) => {
                        steps.push_str(&format!("- {old}\n+ {line}"));
                        earlier.next();
                    }
                    _ => steps.push_str(format!("+ {line}").trim_end()),
                }
                if !steps.ends_with('\n') {
                    steps.push('\n');
                }
            }
            assert_eq!(earlier.next(), None, "{}: a line of {side}.rs was changed or removed", pair[1].id);
        }
    }
    crate::transcripts::snapshots().bind(|| insta::assert_snapshot!("steps", steps));
}

#[test]
fn every_lesson_has_a_program_and_pages_in_both_languages() {
    let folders: BTreeSet<String> = fs::read_dir(root().join("lessons"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    assert_eq!(folders, LESSONS.iter().map(|lesson| lesson.id.to_owned()).collect());
    for lesson in &LESSONS {
        let page =
            |name: &str| fs::read_to_string(root().join("lessons").join(lesson.id).join(name)).unwrap();
        let (english, korean) = (page("README.md"), page("README.ko.md"));
        let headings = |page: &str| page.lines().filter(|line| line.starts_with('#')).count();
        assert_eq!(headings(&english), headings(&korean), "{}", lesson.id);
        let code = |page: &str| page.split("```").skip(1).step_by(2).map(str::to_owned).collect::<Vec<_>>();
        assert_eq!(code(&english), code(&korean), "{}: the pages' code blocks differ", lesson.id);
    }
}

#[test]
fn a_side_is_one_straight_function() {
    for lesson in &LESSONS {
        for source in [lesson.client, lesson.server] {
            assert!(source.lines().count() <= 60, "{}: longer than 60 lines", lesson.id);
        }
    }
}

#[test]
fn sentences_are_chosen_without_a_wildcard() {
    let narrations = sources().into_iter().filter(|(module, _)| module == "narrate");
    let source: String = narrations.map(|(_, path)| fs::read_to_string(path).unwrap()).collect();
    let wildcards: Vec<_> = source.lines().filter(|line| line.trim_start().starts_with("_ =>")).collect();
    assert!(wildcards.is_empty(), "a wildcard can hide a missing sentence: {wildcards:?}");
}

#[test]
fn a_lesson_is_named_wherever_it_has_to_be() {
    let text = |path: &str| fs::read_to_string(root().join(path)).unwrap();
    let (manifest, command) = (text("Cargo.toml"), text("src/main.rs"));
    let (english, korean) = (text("README.md"), text("README.ko.md"));
    let (transcripts, runs) = (text("tests/transcripts.rs"), text("tests/runs.rs"));
    for lesson in &LESSONS {
        let id = lesson.id;
        let places = [
            ("Cargo.toml", &manifest, format!("name = \"{id}\"")),
            ("src/main.rs", &command, format!("Lesson::new(\"{id}\"")),
            ("README.md", &english, format!("[{id}](lessons/{id}")),
            ("README.ko.md", &korean, format!("[{id}](lessons/{id}")),
            ("tests/transcripts.rs", &transcripts, format!("\"{id}\"")),
            ("tests/runs.rs", &runs, format!("\"{id}\"")),
        ];
        for (file, text, name) in places {
            assert!(text.contains(&name), "{file} does not name lesson {id}: {name}");
        }
    }
}
