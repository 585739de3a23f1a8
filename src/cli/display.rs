//! How a run's output looks, in which language, and where else it goes: the options that every
//! command has.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::builder::{PathBufValueParser, TypedValueParser};
use clap::{Arg, ArgAction, ArgMatches, Command, value_parser};

use crate::cli::terminal;
use crate::render::{Format, Look, Paint};
use crate::stage::display::{Display, ENDINGS, ending};
use crate::text::lang::Lang;

/// The language of this run: `--lang`, or else the locale. It is needed before the arguments are
/// read, because their help and their errors are printed in it.
pub fn lang(arguments: &[OsString]) -> Lang {
    let mut arguments = arguments.iter().filter_map(|argument| argument.to_str());
    let wish = loop {
        match arguments.next() {
            Some("--lang") => break arguments.next(),
            Some(argument) => match argument.strip_prefix("--lang=") {
                Some(lang) => break Some(lang),
                None => continue,
            },
            None => break None,
        }
    };
    match wish {
        Some("ko") => Lang::Ko,
        Some("en") => Lang::En,
        Some(_) | None => terminal::lang(),
    }
}

/// An option with a value.
pub fn option(name: &'static str, value: &'static str, help: &'static str) -> Arg {
    Arg::new(name).long(name).value_name(value).hide_possible_values(true).help(help)
}

/// An option without one.
pub fn flag(name: &'static str, help: &'static str) -> Arg {
    Arg::new(name).long(name).action(ArgAction::SetTrue).help(help)
}

/// Adds the options to a program; its commands have them too.
pub fn add(command: Command, lang: Lang) -> Command {
    let text = |ko, en| lang.pick(ko, en);
    let options = [
        option(
            "format",
            "FORMAT",
            text(
                "그림: ladder(나란히), lines(한 줄씩), json(한 줄에 객체 하나)",
                "the picture: ladder (side by side), lines (a log), json (one object a line)",
            ),
        )
        .value_parser(["ladder", "lines", "json"]),
        option("save", "FILE", saving(lang)).value_parser(PathBufValueParser::new().try_map(savable)),
        option(
            "lang",
            "LANG",
            text("언어: ko 또는 en (없으면 로캘에 따른다)", "the language: ko or en (else by the locale)"),
        )
        .value_parser(["ko", "en"]),
        option("color", "WHEN", text("색: auto, always, never", "colour: auto, always or never"))
            .value_parser(["auto", "always", "never"]),
        flag("ascii", text("선과 화살표를 ASCII로 그린다", "draw lines and arrows in ASCII")),
        option(
            "width",
            "COLUMNS",
            text("그림의 너비 (없으면 터미널의 너비)", "the picture's width (else the terminal's)"),
        )
        .value_parser(value_parser!(u16).range(8..=1000)),
    ];
    dress(command, lang).args(options.map(|option| option.global(true)))
}

/// The help of `--save`.
fn saving(lang: Lang) -> &'static str {
    match cfg!(feature = "wire") {
        true => lang.pick(
            "같은 것을 파일에도 쓴다: .txt, .json, 또는 주석이 달린 .pcapng",
            "write the same to a file as well: .txt, .json, or .pcapng with comments",
        ),
        false => lang.pick(
            "같은 것을 파일에도 쓴다. 이름이 .txt나 .json으로 끝나야 한다",
            "write the same to a file as well; its name ends in .txt or .json",
        ),
    }
}

/// Help in the language of the run, where clap would say it in English.
pub fn dress(command: Command, lang: Lang) -> Command {
    let template = match lang {
        Lang::Ko => "{about-with-newline}\n사용법: {usage}\n\n{all-args}{after-help}",
        Lang::En => "{about-with-newline}\nUsage: {usage}\n\n{all-args}{after-help}",
    };
    let text = |ko, en| lang.pick(ko, en);
    command
        .help_template(template)
        .next_help_heading(text("옵션", "Options"))
        .subcommand_help_heading(text("명령", "Commands"))
        .disable_help_flag(true)
        .disable_help_subcommand(true)
        .arg(
            Arg::new("help")
                .long("help")
                .short('h')
                .action(ArgAction::Help)
                .global(true)
                .help(text("이 도움말", "this help")),
        )
}

impl Display {
    /// What was asked for, and what the terminal says of the rest.
    pub fn of(matches: &ArgMatches, lang: Lang) -> Display {
        let word = |name: &str| matches.get_one::<String>(name).map(String::as_str);
        let paint = match word("color") {
            Some("always") => true,
            Some("never") => false,
            _ => terminal::wants_colour(),
        };
        Display {
            format: word("format").map(|format| match format {
                "lines" => Format::Lines,
                "json" => Format::Json,
                _ => Format::Ladder,
            }),
            look: Look {
                lang,
                width: matches.get_one::<u16>("width").map(|&width| width.into()).or_else(terminal::width),
                paint: if paint { Paint::Colour } else { Paint::Plain },
                ascii: matches.get_flag("ascii"),
                payload: None,
                absolute: false,
            },
            save: matches.get_one::<PathBuf>("save").cloned(),
        }
    }
}

fn savable(path: PathBuf) -> Result<PathBuf, String> {
    match ENDINGS.contains(&ending(&path)) {
        true => Ok(path),
        false => Err(ENDINGS.map(|ending| format!(".{ending}")).join(", ")),
    }
}
