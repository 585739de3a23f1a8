//! What a lesson's program hands in, and how it is played: both sides on one stage, or one side
//! against a program elsewhere.

use std::ffi::OsString;
use std::io::{self, Write};
use std::net::SocketAddr;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use clap::Command;

use crate::blame::Blame;
use crate::complaint;
use crate::curriculum::{self, Entry};
use crate::display::{self, Display};
use crate::error::{Error, Result};
use crate::event::Who;
use crate::lang::{Lang, Text};
use crate::narrate;
use crate::options::{self, Options, WireWish};
use crate::output::Spool;
use crate::render::{Format, Picture, Scene, picture};
use crate::side::{Script, Side};
use crate::socket::Socket;
use crate::solo::Solo;
use crate::stage::{Pace, Stage};
use crate::trace::{self, Trace};
use crate::truth::Wire;
use crate::venue::Venue;
use crate::wire::Access;

/// One side of a lesson.
pub type Part = fn(&Side) -> Result<Socket>;

/// What a lesson plays where nobody gives it a sentence.
const SENTENCE: &str = "hi";

/// A lesson with its two sides.
#[derive(Clone, Copy)]
pub struct Lesson {
    /// Where it stands in the curriculum.
    pub entry: &'static Entry,
    /// Its client.
    pub client: Part,
    /// Its server.
    pub server: Part,
}

/// The `main` of a lesson's program.
///
/// # Panics
/// If the curriculum has no lesson of this name: a mistake in the program itself.
pub fn main(id: &str, client: Part, server: Part) -> ExitCode {
    let lesson = Lesson::new(id, client, server);
    let arguments: Vec<OsString> = std::env::args_os().collect();
    let lang = display::lang(&arguments);
    match complaint::read(program(lesson.entry, lang), &arguments, lang) {
        Ok(matches) => {
            let (cast, matches) = match matches.subcommand() {
                Some(("server", own)) => (&[Who::Server][..], own),
                Some(("client", own)) => (&[Who::Client][..], own),
                _ => (&Who::BOTH[..], &matches),
            };
            let options = Options::of(matches, lang);
            conclude(lesson.play(cast, &options), lang)
        }
        Err((message, code)) => refuse(&message, code),
    }
}

/// Says what went wrong, and makes the exit code of it.
pub fn conclude(result: Result<()>, lang: Lang) -> ExitCode {
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            if error.exit_code() != 0 {
                // With nowhere to complain to, the exit code has to do.
                let _ = writeln!(io::stderr(), "{}", narrate::error(&error).get(lang));
            }
            ExitCode::from(error.exit_code())
        }
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

impl Lesson {
    /// The lesson of this name with its two sides.
    ///
    /// # Panics
    /// If the curriculum has none: a mistake in the program itself.
    pub fn new(id: &str, client: Part, server: Part) -> Lesson {
        let entry = curriculum::find(id).expect("every lesson's program is in the curriculum");
        Lesson { entry, client, server }
    }

    /// Plays the lesson with these ends in this process.
    ///
    /// # Errors
    /// What either side fails with; how the play ended, if that was no good end.
    ///
    /// # Panics
    /// Only if a side does, or if the system forbids to handle SIGINT.
    pub fn play(self, cast: &[Who], options: &Options) -> Result<()> {
        let alone = cast.len() == 1;
        // The room is made before anything else: it needs a process with one thread.
        let access = match (options.wire, alone) {
            (WireWish::Off, _) => Access::none(),
            (_, false) => Access::private(&[options.server.port()]),
            (_, true) => Access::host(&[options.server.port()]),
        };
        if options.wire == WireWish::Require && access.wire == Wire::Off {
            return Err(Error::NoWire);
        }
        let interrupted = Arc::new(AtomicBool::new(false));
        let serves = cast == [Who::Server];
        // Whoever steps sits in a read of the keyboard, where Ctrl-C has to end the program itself.
        if serves && options.pace != Pace::Step {
            for signal in [signal_hook::consts::SIGINT, signal_hook::consts::SIGTERM] {
                signal_hook::flag::register(signal, Arc::clone(&interrupted))
                    .expect("these two signals may be handled by every program");
            }
        }

        let scene = Scene {
            title: self.title(cast),
            cast: cast.to_vec(),
            server: Some(options.server),
            start: trace::since_epoch(),
            wire: access.wire,
            remarks: access.remarks,
            next: (!alone).then(|| self.next()),
        };
        let format = options.display.format.unwrap_or(if alone { Format::Lines } else { Format::Ladder });
        let blame = if alone { Blame::Time } else { Blame::Order };
        let trace = Trace::begin(
            &scene,
            Some(options.server),
            blame,
            access.capture,
            pictures(format, &options.display, serves)?,
        )?;
        let stage = Arc::new(Stage::new(trace, cast, options.pace, interrupted));
        let script = Script {
            server: options.server,
            sentence: options.sentence.clone().or_else(|| (!alone).then(|| SENTENCE.to_owned())),
            mode: options.mode.clone(),
            quiet: format == Format::Json,
        };

        // What the sides hand back stays open until the picture has ended.
        let results: Vec<Result<Socket>> = std::thread::scope(|scope| {
            let play = |&who: &Who| {
                let (stage, script) = (Arc::clone(&stage), script.clone());
                let part = match who {
                    Who::Client => self.client,
                    Who::Server => self.server,
                };
                scope.spawn(move || {
                    let venue: Arc<dyn Venue> = Arc::clone(&stage) as Arc<dyn Venue>;
                    let result = part(&Side::new(who, venue, script));
                    stage.leave(who, result.as_ref().is_err_and(|error| !matches!(error, Error::Curtain)))?;
                    result
                })
            };
            let sides: Vec<_> = cast.iter().map(play).collect();
            sides
                .into_iter()
                .map(|side| side.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
                .collect()
        });
        let ending = stage.end();
        // A server that cannot start is the reason why its client is refused: it is told first.
        let failures = results.into_iter().rev().filter_map(Result::err).chain(ending.err());
        failures.filter(|error| !matches!(error, Error::Curtain)).try_for_each(Err)
    }

    /// Plays one side as a program of its own, which somebody else watches; its exit code.
    pub fn play_alone(self, who: Who, server: SocketAddr, lang: Lang) -> u8 {
        let part = match who {
            Who::Client => self.client,
            Who::Server => self.server,
        };
        let script = Script { server, sentence: None, mode: None, quiet: false };
        match part(&Side::new(who, Arc::new(Solo::new(lang)), script)) {
            // What the side hands back is open until its process ends, as if it had kept it.
            Ok(socket) => {
                std::mem::forget(socket);
                0
            }
            Err(error) => {
                if error.exit_code() != 0 {
                    // With nowhere to complain to, the exit code has to do.
                    let _ = writeln!(io::stderr(), "{}", narrate::error(&error).get(lang));
                }
                error.exit_code()
            }
        }
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

/// The picture on the standard output, and the one in the file.
fn pictures(format: Format, display: &Display, serves: bool) -> Result<Vec<Box<dyn Picture>>> {
    // A server must go on serving when nobody reads what it prints.
    let shown = match serves {
        true => picture(
            format,
            display.look,
            Spool::new(
                io::stdout(),
                display.look.lang.pick(
                    "write: 출력을 읽는 쪽이 없어 나머지를 쓰지 못했다.",
                    "write: nobody reads the output; the rest of it was not written.",
                ),
            ),
        ),
        false => picture(format, display.look, io::BufWriter::new(io::stdout())),
    };
    Ok([Some(shown), display.saved(format)?].into_iter().flatten().collect())
}
