//! The `socklab` command: the whole conversation, the list of lessons, what this machine can show,
//! and the step from one lesson to another.

use std::ffi::OsString;
use std::io::{self, Write};
use std::process::ExitCode;

use clap::{Arg, Command};
use similar::{ChangeTag, TextDiff};

use crate::cli::complaint;
use crate::cli::display;
use crate::cli::lesson;
use crate::cli::lesson::refuse;
use crate::cli::options;
use crate::event::Who;
use crate::event::error::{Error, Result};
use crate::event::truth::Wire;
use crate::lesson::curriculum::{self, Entry, LESSONS};
use crate::lesson::program::{Lesson, conclude, play_part};
use crate::linux::access::Access;
use crate::render::{Paint, paint};
use crate::stage::display::Display;
use crate::stage::options::Options;
use crate::text::lang::{Lang, Text};

/// How many unchanged lines stand around a step.
const CONTEXT: usize = 2;

/// The `main` of the command; without arguments it plays the last of these lessons.
///
/// # Panics
/// If there is no lesson: a mistake in the program itself.
pub fn main(lessons: &[Lesson]) -> ExitCode {
    let arguments: Vec<OsString> = std::env::args_os().collect();
    if let Some(code) = play_part(lessons, &arguments) {
        return code;
    }
    let lang = display::lang(&arguments);
    let matches = match complaint::read(program(lang), &arguments, lang) {
        Ok(matches) => matches,
        Err((message, code)) => return refuse(&message, code),
    };
    match matches.subcommand() {
        Some(("list", _)) => conclude(list(lang), lang),
        #[cfg(feature = "wire")]
        Some(("sniff", own)) => crate::cli::sniff::main(own, lang),
        Some(("room", own)) => crate::cli::rooms::main(own, lang),
        Some(("doctor", _)) => conclude(doctor(lang), lang),
        #[cfg(all(
            target_os = "linux",
            target_env = "gnu",
            any(target_arch = "x86_64", target_arch = "aarch64")
        ))]
        Some(("watch", own)) => super::watch::main(own, lessons, lang),
        Some(("diff", own)) => {
            let lesson = |name: &str| {
                let name = own.get_one::<String>(name).expect("it is required");
                curriculum::find(name).ok_or_else(|| Error::UnknownLesson(name.clone()))
            };
            match (lesson("from"), lesson("to")) {
                (Ok(from), Ok(to)) => conclude(diff(from, to, Display::of(own, lang).look.paint), lang),
                (Err(error), _) | (_, Err(error)) => conclude(Err(error), lang),
            }
        }
        _ => {
            let last = lessons.last().expect("the tutorial has lessons");
            lesson::play(last, &Who::BOTH, &Options::of(&matches, lang), lang)
        }
    }
}

fn program(lang: Lang) -> Command {
    let text = |ko, en| lang.pick(ko, en);
    let command =
        |name: &'static str, about: &'static str| display::dress(Command::new(name), lang).about(about);
    let lesson = |name: &'static str, help: &'static str| {
        Arg::new(name).value_name("LESSON").required(true).help(help)
    };
    let program = display::add(Command::new("socklab"), lang);
    #[cfg(feature = "wire")]
    let program =
        program.subcommand(crate::cli::sniff::arguments(display::dress(Command::new("sniff"), lang), lang));
    #[cfg(all(
        target_os = "linux",
        target_env = "gnu",
        any(target_arch = "x86_64", target_arch = "aarch64")
    ))]
    let program =
        program.subcommand(super::watch::command(display::dress(Command::new("watch"), lang), lang));
    program
        .args(options::of_conversation(lang))
        .args(options::of_play(lang))
        .args(options::of_weather(lang))
        .about(text(
            "TCP를 눈으로 보는 실습 키트: 패킷마다 그것을 일으킨 호출 아래에 보인다",
            "a lab kit in which TCP can be seen: every packet under the call that caused it",
        ))
        .subcommand(crate::cli::rooms::arguments(display::dress(Command::new("room"), lang), lang))
        .subcommand(command("list", text("강의 목록", "list the lessons")))
        .subcommand(command(
            "doctor",
            text(
                "이 컴퓨터에서 무엇을 볼 수 있는지, 없다면 왜인지",
                "what this machine can show, and why not more",
            ),
        ))
        .subcommand(
            command("diff", text("두 강의 사이의 걸음", "the step from one lesson to another"))
                .arg(lesson("from", text("앞 강의: 02", "the lesson before: 02")))
                .arg(lesson("to", text("뒤 강의: 03", "the lesson after: 03"))),
        )
        .after_help(text(
            "명령이 없으면 튜토리얼의 대화 전체를 무대에 올린다.",
            "Without a command the tutorial's whole conversation is played.",
        ))
}

fn list(lang: Lang) -> Result<()> {
    let mut out = io::stdout().lock();
    LESSONS
        .iter()
        .try_for_each(|entry| writeln!(out, "{:<12} {}", entry.id, entry.title.get(lang)))
        .and_then(|()| {
            let run = Text::fixed("실행: cargo run --bin 01_socket", "run one: cargo run --bin 01_socket");
            writeln!(out, "\n{}", run.get(lang))
        })
        .map_err(Error::Output)
}

fn doctor(lang: Lang) -> Result<()> {
    let access = Access::private(&[options::PORT]);
    let verdict = match access.wire {
        Wire::Room => Text::fixed(
            "방이 있고 와이어가 보인다: 강의마다 자기만의 네트워크에서, 권한 없이 패킷까지 보인다.",
            "a room, and the wire: every lesson plays in a network of its own, packets and all, without privilege.",
        ),
        Wire::Host => Text::fixed(
            "방은 없지만 와이어가 보인다: 강의는 이 컴퓨터의 루프백에서 돌고, 패킷은 보인다.",
            "no room, but the wire: lessons play on this machine's own loopback, and the packets show.",
        ),
        Wire::Off | Wire::File => Text::fixed(
            "와이어가 보이지 않는다: 강의는 돌지만 호출만 보인다.",
            "no wire: the lessons run, and show their calls alone.",
        ),
    };
    let mut out = io::stdout().lock();
    [&verdict]
        .into_iter()
        .chain(&access.remarks)
        .try_for_each(|text| writeln!(out, "{}", text.get(lang)))
        .map_err(Error::Output)
}

fn diff(from: &Entry, to: &Entry, colour: Paint) -> Result<()> {
    let mut out = io::stdout().lock();
    let sides = [("client", from.client, to.client), ("server", from.server, to.server)];
    sides
        .into_iter()
        .try_for_each(|(side, before, after)| {
            writeln!(
                out,
                "{}",
                colour.text(paint::Part::Heading, &format!("--- lessons/{}/{side}.rs", from.id))
            )?;
            writeln!(
                out,
                "{}",
                colour.text(paint::Part::Heading, &format!("+++ lessons/{}/{side}.rs", to.id))
            )?;
            let step = TextDiff::from_lines(before, after);
            for (index, hunk) in step.grouped_ops(CONTEXT).iter().enumerate() {
                if index > 0 {
                    writeln!(out, "{}", colour.text(paint::Part::Note, "  …"))?;
                }
                for change in hunk.iter().flat_map(|op| step.iter_changes(op)) {
                    let (sign, part) = match change.tag() {
                        ChangeTag::Equal => (' ', paint::Part::Note),
                        ChangeTag::Insert => ('+', paint::Part::Data),
                        ChangeTag::Delete => ('-', paint::Part::Odd),
                    };
                    let line = format!("{sign} {}", change.value().trim_end());
                    writeln!(out, "{}", colour.text(part, line.trim_end()))?;
                }
            }
            writeln!(out)
        })
        .map_err(Error::Output)
}
