//! A lesson with its two sides, each of which is a program: this one, started with its part as the first
//! argument.

use std::ffi::{OsStr, OsString};
use std::io::{self, Write};
use std::process::ExitCode;

use super::curriculum::{self, Entry};
use super::report;
use super::side::{Script, Side};
use crate::event::Who;
use crate::event::error::Result;
use crate::event::weather::Weather;
use crate::narrate;
use crate::text::lang::{Lang, Text};

/// One side of a lesson.
pub type Part = fn(&Side) -> Result<()>;

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

/// What is to be run.
#[derive(Debug)]
pub struct Run<'a> {
    /// The lesson.
    pub lesson: Lesson,
    /// Which of its sides.
    pub sides: &'a [Who],
    /// What it is called.
    pub title: Text,
    /// What to run next, if there is something.
    pub next: Option<Text>,
    /// What the sides know.
    pub script: Script,
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

impl Lesson {
    /// The lesson of this name with its two sides.
    ///
    /// # Panics
    /// If the curriculum has none: a mistake in the program itself.
    pub fn new(id: &str, client: Part, server: Part) -> Lesson {
        let entry = curriculum::find(id).expect("every lesson's program is in the curriculum");
        Lesson { entry, client, server, weather: Weather::default() }
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
}
