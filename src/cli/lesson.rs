//! The `main` of a lesson: both sides on one stage, or one side against a program elsewhere.

use std::ffi::OsString;
use std::io::{self, Write};
use std::process::ExitCode;

use clap::Command;

use super::options;
use super::run::run;
use super::{complaint, display};
use crate::event::Who;
use crate::event::weather::Weather;
use crate::lesson::curriculum::{self, Entry};
use crate::lesson::program::{Lesson, Part, Run, conclude, play_part};
use crate::lesson::side::Script;
use crate::stage::options::Options;
use crate::text::lang::{Lang, Text};

/// What a lesson plays where nobody gives it a sentence.
const SENTENCE: &str = "hi";

/// The `main` of a lesson's program.
///
/// # Panics
/// If the curriculum has no lesson of this name: a mistake in the program itself.
pub fn main(id: &str, client: Part, server: Part) -> ExitCode {
    main_in(Weather::default(), id, client, server)
}

/// The `main` of a program whose lesson is played in some weather.
///
/// # Panics
/// As for [`main`].
pub fn main_in(weather: Weather, id: &str, client: Part, server: Part) -> ExitCode {
    let lesson = Lesson { weather, ..Lesson::new(id, client, server) };
    let arguments: Vec<OsString> = std::env::args_os().collect();
    if let Some(code) = play_part(std::slice::from_ref(&lesson), &arguments) {
        return code;
    }
    let lang = display::lang(&arguments);
    match complaint::read(program(lesson.entry, lang), &arguments, lang) {
        Ok(matches) => {
            let (cast, matches) = match matches.subcommand() {
                Some(("server", own)) => (&[Who::Server][..], own),
                Some(("client", own)) => (&[Who::Client][..], own),
                _ => (&Who::BOTH[..], &matches),
            };
            play(&lesson, cast, &Options::of(matches, lang), lang)
        }
        Err((message, code)) => refuse(&message, code),
    }
}

/// Prints help, or what is wrong with the arguments.
pub fn refuse(message: &str, code: u8) -> ExitCode {
    // A reader that has gone needs no help.
    let _ = match code {
        0 => io::stdout().write_all(message.as_bytes()),
        _ => io::stderr().write_all(message.as_bytes()),
    };
    ExitCode::from(code)
}

fn program(entry: &Entry, lang: Lang) -> Command {
    let text = |ko, en| lang.pick(ko, en);
    let side =
        |name: &'static str, about: &'static str| display::dress(Command::new(name), lang).about(about);
    options::add(Command::new(entry.id), lang)
        .about(entry.title.get(lang).to_owned())
        .subcommand(side(
            "server",
            text("서버만: 이 컴퓨터의 127.0.0.1에서", "the server alone, on this machine's 127.0.0.1"),
        ))
        .subcommand(side(
            "client",
            text("클라이언트만: 묻는 대로 입력한다", "the client alone, asking for its input"),
        ))
        .after_help(text(
            "명령이 없으면 두 쪽을 한 무대에 올린다.",
            "Without a command both sides play on one stage.",
        ))
}

/// Plays the lesson: both its sides, or one of them.
pub fn play(lesson: &Lesson, cast: &[Who], options: &Options, lang: Lang) -> ExitCode {
    let alone = cast.len() == 1;
    let script = Script {
        server: options.server,
        sentence: options.sentence.clone().or_else(|| (!alone).then(|| SENTENCE.to_owned())),
        mode: options.mode.clone(),
        lang,
    };
    let wanted = Run {
        lesson: lesson.clone(),
        sides: cast,
        title: title(lesson.entry, cast),
        next: (!alone).then(|| next(lesson.entry)),
        script,
    };
    match run(&wanted, options) {
        Ok(code) => ExitCode::from(code),
        Err(error) => conclude(Err(error), lang),
    }
}

fn title(entry: &Entry, cast: &[Who]) -> Text {
    let title = &entry.title;
    let (ko, en) = match cast {
        [Who::Server] => (" · 서버", " · server"),
        [Who::Client] => (" · 클라이언트", " · client"),
        _ => ("", ""),
    };
    Text::made(format!("{} · {}{ko}", entry.id, title.ko), format!("{} · {}{en}", entry.id, title.en))
}

fn next(entry: &Entry) -> Text {
    match curriculum::after(entry.id) {
        Some(next) => Text::made(
            format!(
                "다음: cargo run --bin {}   한 걸음: cargo run -- diff {} {}",
                next.id,
                entry.number(),
                next.number()
            ),
            format!(
                "next: cargo run --bin {}   the step: cargo run -- diff {} {}",
                next.id,
                entry.number(),
                next.number()
            ),
        ),
        None => Text::fixed(
            "다음: 터미널 둘에서 cargo run --bin 05_close -- server, cargo run --bin 05_close -- client",
            "next: in two terminals, cargo run --bin 05_close -- server and -- client",
        ),
    }
}
