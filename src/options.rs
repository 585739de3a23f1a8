//! The options, the same in every lesson, with their help and their errors in both languages.

use std::ffi::OsString;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use clap::builder::{NonEmptyStringValueParser, TypedValueParser};
use clap::{Arg, ArgAction, ArgMatches, Command, value_parser};

use crate::lang::Lang;
use crate::render::{Format, Look, Paint};
use crate::stage::Pace;
use crate::terminal;

/// The tutorial's port.
const PORT: &str = "12000";

/// Whether the wire is to be shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WireWish {
    /// Where that is possible.
    Auto,
    /// Not at all.
    Off,
    /// Or nothing is to be played.
    Require,
}

/// What was asked for.
#[derive(Clone, Debug)]
pub struct Options {
    /// The picture.
    pub format: Option<Format>,
    /// How it looks.
    pub look: Look,
    /// Where a second picture goes.
    pub save: Option<PathBuf>,
    /// Whether the wire is to be shown.
    pub wire: WireWish,
    /// The server's address.
    pub server: SocketAddr,
    /// The sentence.
    pub sentence: Option<String>,
    /// The mode.
    pub mode: Option<String>,
    /// What happens before each call.
    pub pace: Pace,
}

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

/// Adds the options to a program.
pub fn add(command: Command, lang: Lang) -> Command {
    let option = |name: &'static str, value: &'static str, ko: &'static str, en: &'static str| {
        Arg::new(name)
            .long(name)
            .value_name(value)
            .global(true)
            .hide_possible_values(true)
            .help(lang.pick(ko, en))
    };
    let flag = |name: &'static str, ko: &'static str, en: &'static str| {
        Arg::new(name).long(name).action(ArgAction::SetTrue).global(true).help(lang.pick(ko, en))
    };
    dress(command, lang).args([
        option("sentence", "TEXT", "보낼 문장", "the sentence to send"),
        option("mode", "1|2", "1은 대문자로, 2는 소문자로", "1 for upper case, 2 for lower"),
        option(
            "format",
            "FORMAT",
            "그림: ladder(나란히), lines(한 줄씩), json(한 줄에 객체 하나)",
            "the picture: ladder (side by side), lines (a log), json (one object a line)",
        )
        .value_parser(["ladder", "lines", "json"]),
        option(
            "save",
            "FILE",
            "같은 것을 파일에도 쓴다. 이름이 .txt나 .json으로 끝나야 한다",
            "write the same to a file as well; its name ends in .txt or .json",
        )
        .value_parser(clap::builder::PathBufValueParser::new().try_map(savable)),
        option(
            "lang",
            "LANG",
            "언어: ko 또는 en (없으면 로캘에 따른다)",
            "the language: ko or en (else by the locale)",
        )
        .value_parser(["ko", "en"]),
        option("color", "WHEN", "색: auto, always, never", "colour: auto, always or never")
            .value_parser(["auto", "always", "never"]),
        flag("ascii", "선과 화살표를 ASCII로 그린다", "draw lines and arrows in ASCII"),
        option(
            "width",
            "COLUMNS",
            "그림의 너비 (없으면 터미널의 너비)",
            "the picture's width (else the terminal's)",
        )
        .value_parser(value_parser!(u16).range(8..=1000)),
        flag("step", "호출마다 멈추고 Enter를 기다린다", "stop before each call and wait for Enter")
            .conflicts_with("pace"),
        option("pace", "TIME", "호출마다 쉰다: 500ms, 2s", "rest before each call: 500ms, 2s")
            .value_parser(NonEmptyStringValueParser::new().try_map(|time| duration(&time))),
        option("wire", "WIRE", "와이어: auto, off, require", "the wire: auto, off or require")
            .value_parser(["auto", "off", "require"]),
        option("port", "PORT", "서버의 포트 (없으면 12000)", "the server's port (else 12000)")
            .default_value(PORT)
            .hide_default_value(true)
            .value_parser(value_parser!(u16).range(1..)),
    ])
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

impl Options {
    /// What was asked for, and what the terminal says of the rest.
    pub fn of(matches: &ArgMatches, lang: Lang) -> Options {
        let word = |name: &str| matches.get_one::<String>(name).map(String::as_str);
        let paint = match word("color") {
            Some("always") => true,
            Some("never") => false,
            _ => terminal::wants_colour(),
        };
        let port = matches.get_one::<u16>("port").copied().expect("it has a default");
        Options {
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
            wire: match word("wire") {
                Some("off") => WireWish::Off,
                Some("require") => WireWish::Require,
                _ => WireWish::Auto,
            },
            server: SocketAddr::from((Ipv4Addr::LOCALHOST, port)),
            sentence: word("sentence").map(str::to_owned),
            mode: word("mode").map(str::to_owned),
            pace: match matches.get_one::<Duration>("pace") {
                Some(&time) => Pace::Every(time),
                None if matches.get_flag("step") => Pace::Step,
                None => Pace::Free,
            },
        }
    }
}

/// Which picture a file gets, by its ending.
pub fn format_of(path: &std::path::Path) -> Option<Format> {
    match path.extension()?.to_str()? {
        "txt" => Some(Format::Ladder),
        "json" => Some(Format::Json),
        _ => None,
    }
}

fn savable(path: PathBuf) -> Result<PathBuf, &'static str> {
    match format_of(&path) {
        Some(_) => Ok(path),
        None => Err(".txt, .json"),
    }
}

/// A time such as `500ms`, `2s` or `1.5s`, up to a minute.
fn duration(text: &str) -> Result<Duration, &'static str> {
    let (number, unit) = match text.strip_suffix("ms") {
        Some(number) => (number, 1e-3),
        None => (text.strip_suffix('s').ok_or("500ms, 2s")?, 1.0),
    };
    let seconds = number.parse::<f64>().map_err(|_| "500ms, 2s")? * unit;
    match (0.0..=60.0).contains(&seconds) {
        true => Ok(Duration::from_secs_f64(seconds)),
        false => Err("0s..60s"),
    }
}

#[cfg(test)]
mod tests {
    use std::ffi::OsString;
    use std::time::Duration;

    use super::{add, duration, lang};
    use crate::complaint::read;
    use crate::lang::Lang;

    fn complaint(arguments: &[&str], lang: Lang) -> (String, u8) {
        let arguments: Vec<OsString> = arguments.iter().map(OsString::from).collect();
        read(add(clap::Command::new("x"), lang), &arguments, lang).expect_err("they are wrong")
    }

    #[test]
    fn times() {
        assert_eq!(duration("500ms"), Ok(Duration::from_millis(500)));
        assert_eq!(duration("1.5s"), Ok(Duration::from_millis(1500)));
        for wrong in ["", "5", "s", "-1s", "NaNs", "61s", "infs", "1e9ms"] {
            assert!(duration(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn the_language_is_found_before_anything_is_read() {
        let of = |arguments: &[&str]| lang(&arguments.iter().map(OsString::from).collect::<Vec<_>>());
        assert_eq!(of(&["x", "--nonsense", "--lang", "ko"]), Lang::Ko);
        assert_eq!(of(&["x", "--lang=en", "server"]), Lang::En);
    }

    #[test]
    fn complaints_come_in_both_languages() {
        let (english, code) = complaint(&["x", "--format", "svg"], Lang::En);
        assert_eq!(
            english,
            "arguments: --format <FORMAT>: 'svg' does not fit. Choose from: ladder, lines, json. See --help.\n"
        );
        assert_eq!(code, 2);
        let (korean, _) = complaint(&["x", "--nonsense"], Lang::Ko);
        assert_eq!(korean, "인수: --nonsense: 그런 옵션은 없다. --help 를 보라.\n");
        assert!(complaint(&["x", "--save", "x.doc"], Lang::En).0.contains(".txt, .json"));
        assert!(complaint(&["x", "--step", "--pace", "1s"], Lang::En).0.contains("together with"));
        assert!(complaint(&["x", "--port", "0"], Lang::En).0.contains("--port"));
    }

    #[test]
    fn help_is_whole_in_both_languages() {
        for lang in [Lang::Ko, Lang::En] {
            let (help, code) = complaint(&["x", "--help"], lang);
            assert_eq!(code, 0);
            for option in [
                "sentence", "mode", "format", "save", "lang", "color", "ascii", "width", "step", "pace",
                "wire", "port",
            ] {
                assert!(help.contains(&format!("--{option}")), "{option}");
            }
            assert_eq!(help.contains("Usage"), lang == Lang::En);
        }
    }
}
