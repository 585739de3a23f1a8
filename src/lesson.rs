//! What a lesson's program hands in, and how it is played: both sides on one stage, or one side
//! against a program elsewhere.

use std::ffi::{OsStr, OsString};
use std::io::{self, Write};
use std::process::ExitCode;

use clap::Command;

use crate::complaint;
use crate::curriculum::{self, Entry};
use crate::display;
use crate::error::Result;
use crate::event::Who;
use crate::lang::{Lang, Text};
use crate::narrate;
use crate::options::{self, Options};
use crate::report;
use crate::run::{self, Run};
use crate::side::{Script, Side};
use crate::weather::Weather;

/// One side of a lesson.
pub type Part = fn(&Side) -> Result<()>;

/// What a lesson plays where nobody gives it a sentence.
const SENTENCE: &str = "hi";

/// How the first argument of a program begins that is one side of a lesson.
const PART: &str = "--part=";

/// A lesson with its two sides.
#[derive(Clone, Debug)]
pub struct Lesson {
    /// Where it stands in the curriculum.
    pub entry: &'static Entry,
    /// Its client.
    pub client: Part,
    /// Its server.
    pub server: Part,
    /// What its wire is like.
    pub weather: Weather,
}

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
            lesson.play(cast, &Options::of(matches, lang), lang)
        }
        Err((message, code)) => refuse(&message, code),
    }
}

/// Plays one side of one of these lessons, if that is what the program was started for.
pub fn play_part(lessons: &[Lesson], arguments: &[OsString]) -> Option<ExitCode> {
    let [_, part, words @ ..] = arguments else { return None };
    let (who, id) = part.to_str()?.strip_prefix(PART)?.split_once(':')?;
    let lesson = lessons.iter().find(|lesson| lesson.entry.id == id)?;
    let who = Who::BOTH.into_iter().find(|side| side.name() == who)?;
    let script = Script::read(words)?;
    // Where it is watched from outside, nothing has to be told.
    let _ = report::open_named();
    Some(ExitCode::from(lesson.perform(who, script)))
}

/// Says what went wrong, and makes the exit code of it.
pub fn conclude(result: Result<()>, lang: Lang) -> ExitCode {
    ExitCode::from(report_failure(result, lang))
}

/// Says what went wrong; the exit code.
fn report_failure(result: Result<()>, lang: Lang) -> u8 {
    let Err(error) = result else { return 0 };
    if error.exit_code() != 0 {
        // With nowhere to complain to, the exit code has to do.
        let _ = writeln!(io::stderr(), "{}", narrate::error(&error).get(lang));
    }
    error.exit_code()
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

impl Lesson {
    /// The lesson of this name with its two sides.
    ///
    /// # Panics
    /// If the curriculum has none: a mistake in the program itself.
    pub fn new(id: &str, client: Part, server: Part) -> Lesson {
        let entry = curriculum::find(id).expect("every lesson's program is in the curriculum");
        Lesson { entry, client, server, weather: Weather::default() }
    }

    /// Plays the lesson: both its sides, or one of them.
    pub fn play(&self, cast: &[Who], options: &Options, lang: Lang) -> ExitCode {
        let alone = cast.len() == 1;
        let script = Script {
            server: options.server,
            sentence: options.sentence.clone().or_else(|| (!alone).then(|| SENTENCE.to_owned())),
            mode: options.mode.clone(),
            lang,
        };
        let run = Run {
            lesson: self.clone(),
            sides: cast,
            title: self.title(cast),
            next: (!alone).then(|| self.next()),
            script,
        };
        match run::run(&run, options) {
            Ok(code) => ExitCode::from(code),
            Err(error) => conclude(Err(error), lang),
        }
    }

    /// The command line of one side: this program itself, told which part it has.
    pub fn command_line(&self, who: Who, script: &Script) -> Vec<OsString> {
        let part = format!("{PART}{}:{}", who.name(), self.entry.id);
        let name = OsStr::new(self.entry.id).to_owned();
        [name, part.into()].into_iter().chain(script.words()).collect()
    }

    /// Plays one side in this process; its exit code.
    pub fn perform(&self, who: Who, script: Script) -> u8 {
        let part = match who {
            Who::Client => self.client,
            Who::Server => self.server,
        };
        let lang = script.lang;
        let result = part(&Side::new(script));
        if result.is_ok() {
            report::end();
        }
        report_failure(result, lang)
    }

    fn title(&self, cast: &[Who]) -> Text {
        let title = &self.entry.title;
        let (ko, en) = match cast {
            [Who::Server] => (" · 서버", " · server"),
            [Who::Client] => (" · 클라이언트", " · client"),
            _ => ("", ""),
        };
        Text::made(
            format!("{} · {}{ko}", self.entry.id, title.ko),
            format!("{} · {}{en}", self.entry.id, title.en),
        )
    }

    fn next(&self) -> Text {
        match curriculum::after(self.entry.id) {
            Some(next) => Text::made(
                format!(
                    "다음: cargo run --bin {}   한 걸음: cargo run -- diff {} {}",
                    next.id,
                    self.entry.number(),
                    next.number()
                ),
                format!(
                    "next: cargo run --bin {}   the step: cargo run -- diff {} {}",
                    next.id,
                    self.entry.number(),
                    next.number()
                ),
            ),
            None => Text::fixed(
                "다음: 터미널 둘에서 cargo run --bin 05_close -- server, cargo run --bin 05_close -- client",
                "next: in two terminals, cargo run --bin 05_close -- server and -- client",
            ),
        }
    }
}
