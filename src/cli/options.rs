//! The options of a play, the same in every lesson.

use std::net::{Ipv4Addr, SocketAddr};
use std::ops::RangeInclusive;
use std::time::Duration;

use clap::builder::{NonEmptyStringValueParser, TypedValueParser};
use clap::{Arg, ArgMatches, Command, value_parser};

use crate::cli::display::{self, flag, option};
use crate::event::Nanos;
use crate::event::weather::{Cut, Weather};
use crate::narrate;
use crate::stage::display::Display;
use crate::stage::options::{Options, Pace, WireWish};
use crate::text::lang::Lang;

/// The tutorial's port.
pub const PORT: u16 = 12000;

/// The options of the tutorial's conversation.
pub fn of_conversation(lang: Lang) -> [Arg; 2] {
    let text = |ko, en| lang.pick(ko, en);
    [
        option("sentence", "TEXT", text("보낼 문장", "the sentence to send")),
        option("mode", "1|2", text("1은 대문자로, 2는 소문자로", "1 for upper case, 2 for lower")),
    ]
}

/// The options of a play, whatever is played.
pub fn of_play(lang: Lang) -> [Arg; 4] {
    let text = |ko, en| lang.pick(ko, en);
    [
        flag("step", text("호출마다 멈추고 Enter를 기다린다", "stop before each call and wait for Enter"))
            .conflicts_with("pace"),
        option("pace", "TIME", text("호출마다 쉰다: 500ms, 2s", "rest before each call: 500ms, 2s"))
            .value_parser(NonEmptyStringValueParser::new().try_map(|time| duration(&time, MINUTE))),
        option("wire", "WIRE", text("와이어: auto, off, require", "the wire: auto, off or require"))
            .value_parser(["auto", "off", "require"]),
        option("port", "PORT", text("서버의 포트 (없으면 12000)", "the server's port (else 12000)"))
            .value_parser(value_parser!(u16).range(1..)),
    ]
}

/// The options of the wire that is played on.
pub fn of_weather(lang: Lang) -> [Arg; 7] {
    let text = |ko, en| lang.pick(ko, en);
    let bytes = |name, value: &'static str, help, range: RangeInclusive<i64>| {
        option(name, value, help).value_parser(value_parser!(u32).range(range))
    };
    [
        option(
            "cut",
            "SIDE@CALL:N",
            text(
                "이 호출부터 그 소켓으로 오는 것을 모두 버린다: server@recv:1",
                "drop whatever comes to a call's socket, from this call on: server@recv:1",
            ),
        )
        .value_parser(NonEmptyStringValueParser::new().try_map(move |cut| {
            Cut::parse(&cut).map_err(|misread| narrate::misread(&misread).get(lang).to_owned())
        })),
        option(
            "heal",
            "TIME",
            text("끊긴 지 이만큼 뒤에 복구한다: 3s", "have the cut line healed after this time: 3s"),
        )
        .requires("cut")
        .value_parser(NonEmptyStringValueParser::new().try_map(|time| duration(&time, HOUR))),
        bytes(
            "mtu",
            "BYTES",
            text("패킷의 최대 길이 (88..65536)", "the longest packet (88..65536)"),
            SMALLEST_MTU..=65_536,
        ),
        bytes(
            "rcvbuf",
            "BYTES",
            text(
                "모든 소켓의 수신 버퍼: SO_RCVBUF처럼",
                "every socket's receive buffer, as SO_RCVBUF would set it",
            ),
            SMALLEST_BUFFER..=LARGEST_BUFFER,
        ),
        bytes(
            "sndbuf",
            "BYTES",
            text(
                "모든 소켓의 송신 버퍼: SO_SNDBUF처럼",
                "every socket's send buffer, as SO_SNDBUF would set it",
            ),
            SMALLEST_BUFFER..=LARGEST_BUFFER,
        ),
        flag("delayed-ack", text("ACK를 미룰 수 있게 둔다", "let ACKs be delayed")),
        flag("autotune", text("수신 버퍼가 자라게 둔다", "let receive buffers grow")),
    ]
}

fn weather(matches: &ArgMatches) -> Weather {
    let bytes = |name: &str| matches.get_one::<u32>(name).copied();
    let heal = matches.get_one::<Duration>("heal");
    let heals_after = heal.map(|time| Nanos::try_from(time.as_nanos()).unwrap_or(Nanos::MAX));
    Weather {
        cut: matches.get_one::<Cut>("cut").map(|cut| Cut { heals_after, ..*cut }),
        mtu: bytes("mtu"),
        receive_buffer: bytes("rcvbuf"),
        send_buffer: bytes("sndbuf"),
        delayed_ack: matches.get_flag("delayed-ack"),
        autotune: matches.get_flag("autotune"),
    }
}

/// Adds all options to a lesson's program; its commands have them too.
pub fn add(command: Command, lang: Lang) -> Command {
    let options = of_conversation(lang).into_iter().chain(of_play(lang)).chain(of_weather(lang));
    display::add(command, lang).args(options.map(|option| option.global(true)))
}

impl Options {
    /// What was asked for, and what the terminal says of the rest.
    pub fn of(matches: &ArgMatches, lang: Lang) -> Options {
        // A play of other people's programs has no conversation of its own.
        let word = |name: &str| matches.try_get_one::<String>(name).ok().flatten().map(String::as_str);
        let port = matches.get_one::<u16>("port").copied().unwrap_or(PORT);
        Options {
            display: Display::of(matches, lang),
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
            weather: weather(matches),
        }
    }
}

/// Below this the kernel, which sends no shorter segments, has each cut up into fragments of IP.
const SMALLEST_MTU: i64 = 88;

/// Below this the kernel gives more than was asked for (socket(7)); above the other it cannot count.
const SMALLEST_BUFFER: i64 = 2304;
const LARGEST_BUFFER: i64 = 1 << 29;

/// The longest that a line stays cut.
const HOUR: Duration = Duration::from_secs(3600);

/// The longest rest before a call.
const MINUTE: Duration = Duration::from_secs(60);

/// A time such as `500ms`, `2s` or `1.5s`, up to `most`.
///
/// # Errors
/// What a time looks like, or how long it can be.
pub fn duration(text: &str, most: Duration) -> Result<Duration, String> {
    let (number, unit) = match text.strip_suffix("ms") {
        Some(number) => (number, 1e-3),
        None => (text.strip_suffix('s').ok_or("500ms, 2s")?, 1.0),
    };
    let seconds = number.parse::<f64>().map_err(|_| "500ms, 2s")? * unit;
    match (0.0..=most.as_secs_f64()).contains(&seconds) {
        true => Ok(Duration::from_secs_f64(seconds)),
        false => Err(format!("0s..{}s", most.as_secs())),
    }
}

#[cfg(test)]
mod tests {
    use std::ffi::OsString;
    use std::time::Duration;

    use super::{MINUTE, add};
    use crate::cli::complaint::read;
    use crate::cli::display::lang;
    use crate::text::lang::Lang;

    fn complaint(arguments: &[&str], lang: Lang) -> (String, u8) {
        let arguments: Vec<OsString> = arguments.iter().map(OsString::from).collect();
        read(add(clap::Command::new("x"), lang), &arguments, lang).expect_err("they are wrong")
    }

    fn duration(text: &str) -> Result<Duration, String> {
        super::duration(text, MINUTE)
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
