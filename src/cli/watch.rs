//! `socklab watch`: programs of somebody else's on the stage.

use std::ffi::OsString;
#[cfg(feature = "wire")]
use std::io;
use std::process::ExitCode;
#[cfg(feature = "wire")]
use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};

use clap::builder::{NonEmptyStringValueParser, OsStringValueParser, TypedValueParser};
use clap::{Arg, ArgAction, ArgMatches, Command};

use super::options;
use crate::event::error::{Error, Result};
use crate::event::truth::Wire;
use crate::lesson::program::{Lesson, conclude};
use crate::lesson::side::Script;
use crate::linux::access::Access;
#[cfg(feature = "wire")]
use crate::linux::tracee::ptrace;
#[cfg(feature = "wire")]
use crate::render::pictures::Gallery;
#[cfg(feature = "wire")]
use crate::render::{Format, Scene, picture};
#[cfg(feature = "wire")]
use crate::sniff::sniffer::Sniffer;
#[cfg(feature = "wire")]
use crate::sniff::stdout::{Outlet, Outlets};
use crate::stage::interrupt;
use crate::stage::options::{Options, Pace, WireWish};
use crate::stage::traced::{Cast, Keyboard, Play, Role, Way, play};
#[cfg(feature = "wire")]
use crate::stage::traced::{untraced, weather};
use crate::text::escape;
use crate::text::lang::{Lang, Text};

/// The longest that a play can be told to take.
const HOUR: Duration = Duration::from_secs(3600);

/// The command with its options.
pub fn command(command: Command, lang: Lang) -> Command {
    let text = |ko, en| lang.pick(ko, en);
    let line = |name: &'static str, help: &'static str| {
        Arg::new(name).long(name).value_name("COMMAND").value_parser(OsStringValueParser::new()).help(help)
    };
    command
        .about(text(
            "다른 프로그램의 서버와 클라이언트를 무대에 올린다: 세그먼트마다 그것을 일으킨 시스템 호출 아래에",
            "other people's server and client on the stage: each segment under the system call that caused it",
        ))
        .args(options::of_play(lang))
        .args(options::of_weather(lang))
        .mut_arg("port", |port| {
            port.help(text("이 포트의 패킷만 (없으면 모두)", "the packets of this port alone (else all)"))
        })
        .args([
            line(
                "server",
                text("서버: 셸 명령 한 줄, 또는 lesson:05", "the server: a shell line, or lesson:05"),
            )
            .required(true),
            line(
                "client",
                text(
                    "클라이언트: 셸 명령 한 줄, 또는 lesson:05. 여러 번 쓸 수 있다",
                    "a client: a shell line, or lesson:05; there can be several",
                ),
            )
            .action(ArgAction::Append),
            Arg::new("input").long("input").value_name("TEXT").help(text(
                "클라이언트마다 읽을 입력: 'hi\\n'",
                "what each client reads: 'hi\\n'",
            )),
            Arg::new("free").long("free").action(ArgAction::SetTrue).help(text(
                "차례 없이 저마다 달리게 하고, 커널의 시각으로 순서를 정한다",
                "let them run without taking turns, ordered by the kernel's time stamps",
            )),
            Arg::new("real-time").long("real-time").action(ArgAction::SetTrue).help(text(
                "프로그램의 시계를 실제 시간대로 둔다: 잠은 정말로 잔다",
                "leave the programs' clocks as they are: a sleep takes its time",
            )),
            Arg::new("seed")
                .long("seed")
                .value_name("NUMBER")
                .value_parser(clap::value_parser!(u64))
                .conflicts_with("chance")
                .help(text(
                    "난수의 씨앗 (없으면 0): 같은 씨앗이면 같은 대화",
                    "where random numbers begin (else 0): the same seed, the same conversation",
                )),
            Arg::new("chance").long("chance").action(ArgAction::SetTrue).help(text(
                "난수, 프로세스 번호, 포트를 운에 맡긴다",
                "leave random numbers, process numbers and ports to chance",
            )),
            Arg::new("for")
                .long("for")
                .value_name("TIME")
                .value_parser(
                    NonEmptyStringValueParser::new().try_map(|time| options::duration(&time, HOUR)),
                )
                .help(text("이 시간이 지나면 끝낸다: 10s", "end after this time: 10s")),
        ])
}

/// Plays what was asked for.
pub fn main(matches: &ArgMatches, lessons: &[Lesson], lang: Lang) -> ExitCode {
    conclude(watch(matches, lessons, lang), lang)
}

fn watch(matches: &ArgMatches, lessons: &[Lesson], lang: Lang) -> Result<()> {
    let options = Options::of(matches, lang);
    let lines = |name: &str| matches.get_many::<OsString>(name).into_iter().flatten().cloned();
    let free = matches.get_flag("free");
    let keyboard = match matches.get_one::<String>("input") {
        Some(input) => Keyboard::Bytes(escape::bytes(input)),
        // Enter belongs to whoever steps.
        None if options.pace == Pace::Step => Keyboard::Nobody,
        None => Keyboard::Person,
    };
    let server = lines("server").next().unwrap_or_default();
    let clients: Vec<_> = lines("client").collect();
    let title = title(&server, &clients);
    let script = Script { server: options.server, sentence: None, mode: None, lang };
    let role = |word| Role::of(word, lessons, &script);
    let clients = clients.into_iter().map(role).collect::<Result<_>>()?;
    let cast = Cast::new(Some(role(server)?), clients, keyboard);

    let port = matches.get_one::<u16>("port").copied();
    // The room is made before anything else: it needs a process with one thread.
    let access = match options.wire {
        WireWish::Off => Access::none(),
        WireWish::Auto | WireWish::Require => Access::private(port.as_slice()),
    };
    if options.wire == WireWish::Require && access.wire == Wire::Off {
        return Err(Error::NoWire);
    }
    let weather = &options.weather;
    let interrupted = interrupt::heed()?;
    let until = matches.get_one::<Duration>("for").and_then(|&time| Instant::now().checked_add(time));
    #[cfg(feature = "wire")]
    if let Err(error) = ptrace::is_allowed() {
        if weather.cut.is_some() {
            return Err(Error::NoWeather(untraced::remarks(&error)));
        }
        weather::furnish(weather, options.wire, &access)?;
        return watch_untraced(&options, title, cast, access, &error, &interrupted, until);
    }
    let setting = Play {
        title,
        next: None,
        server: None,
        port: port.filter(|_| access.wire != Wire::Off),
        cast,
        options: &options,
        weather,
        way: if free { Way::Free } else { Way::Turns },
        is_lesson: false,
        seed: (!matches.get_flag("chance")).then(|| matches.get_one("seed").copied().unwrap_or(0)),
        real_time: matches.get_flag("real-time"),
        until,
    };
    play(setting, access, interrupted)?.result()
}

/// Plays with the wire alone.
#[cfg(feature = "wire")]
fn watch_untraced(
    options: &Options,
    title: Text,
    mut cast: Cast,
    access: Access,
    error: &io::Error,
    interrupted: &AtomicBool,
    until: Option<Instant>,
) -> Result<()> {
    let outlet = Outlet::new();
    let format = options.display.format.unwrap_or(Format::Ladder);
    let shown = picture(format, options.display.look, outlet.clone());
    let pictures = [Some(shown), options.display.saved(format)?].into_iter().flatten().collect();
    let scene = Scene {
        title,
        cast: Vec::new(),
        server: None,
        start: 0,
        wire: access.wire,
        remarks: untraced::remarks(error).into_iter().chain(access.remarks).collect(),
        next: None,
    };
    let sniffer = Sniffer::new(Gallery::new(pictures), scene, &[]);
    let outlets = Outlets::new(vec![outlet]);
    untraced::play(&mut cast, access.capture, sniffer, &outlets, interrupted, until)
}

fn title(server: &OsString, clients: &[OsString]) -> Text {
    let shown = |line: &OsString| escape::line(line.as_encoded_bytes());
    let clients: Vec<_> = clients.iter().map(shown).collect();
    let server = shown(server);
    let clients = clients.join(" · ");
    Text::made(
        format!("watch · 서버: {server} · 클라이언트: {clients}"),
        format!("watch · server: {server} · client: {clients}"),
    )
}
