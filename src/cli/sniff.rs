//! `socklab sniff`: the wire of any program, live, in a room made for a command, or out of a file.

use std::ffi::OsString;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use clap::builder::{NonEmptyStringValueParser, TypedValueParser};
use clap::{Arg, ArgAction, ArgMatches, Command, value_parser};

use crate::capfile::Reader;
use crate::cli::display::{flag, option};
use crate::cli::options::duration;
use crate::event::error::{Error, Result};
use crate::event::truth::Wire;
use crate::lesson::program::conclude;
use crate::linux::access::Access;
use crate::linux::capture::Capture;
use crate::linux::capture_thread::Tap;
use crate::linux::packet_filter::MOST_PORTS;
use crate::linux::privilege;
use crate::linux::room_command::Guest;
use crate::render::pictures::Gallery;
use crate::render::{Format, Look, Payload, Scene, picture, streams};
use crate::sniff::pipe::Pipe;
use crate::sniff::sniffer::Sniffer;
use crate::sniff::stdout::{Outlet, Outlets};
use crate::stage::display::Display;
use crate::text::lang::{Lang, Text};

/// The longest that `--for` can be.
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// What was asked for.
struct Options {
    display: Display,
    follow: bool,
    interface: String,
    ports: Vec<u16>,
    count: Option<u64>,
    time: Option<Duration>,
    read: Option<PathBuf>,
    command: Vec<OsString>,
}

/// The command's options.
pub fn arguments(command: Command, lang: Lang) -> Command {
    let text = |ko, en| lang.pick(ko, en);
    command
        .about(text(
            "와이어만: 어떤 프로그램이든, 어떤 캡처 파일이든",
            "the wire alone: of any program, of any capture file",
        ))
        .args([
            option("interface", "NAME", text("인터페이스 (없으면 lo)", "the interface (else lo)"))
                .default_value("lo")
                .hide_default_value(true)
                .conflicts_with_all(["read", "command"]),
            option(
                "port",
                "PORT",
                text("이 포트만. 여러 번 쓸 수 있다", "this port alone; can be given again"),
            )
            .action(ArgAction::Append)
            .value_parser(value_parser!(u16).range(1..)),
            option("count", "N", text("세그먼트 N개를 보이고 끝낸다", "end after N segments"))
                .value_parser(value_parser!(u64).range(1..)),
            option("for", "TIME", text("이만큼만 지켜본다: 10s, 500ms", "watch this long: 10s, 500ms"))
                .value_parser(NonEmptyStringValueParser::new().try_map(|time| duration(&time, DAY)))
                .conflicts_with("read"),
            option(
                "read",
                "FILE",
                text("캡처 파일을 읽는다. -는 표준 입력", "read a capture file; - is the standard input"),
            )
            .value_parser(value_parser!(PathBuf))
            .conflicts_with("command"),
            option("payload", "HOW", text("데이터: none, text, hex", "payloads: none, text or hex"))
                .value_parser(["none", "text", "hex"]),
            flag("relative", text("순서 번호를 0부터 센다 (기본)", "sequence numbers from 0 (the default)"))
                .conflicts_with("absolute"),
            flag(
                "absolute",
                text("순서 번호를 와이어에 있던 그대로", "sequence numbers as they were on the wire"),
            ),
            flag("follow", text("두 바이트 스트림만 보인다", "show the two byte streams alone")),
            Arg::new("command")
                .value_name("COMMAND")
                .last(true)
                .num_args(1..)
                .value_parser(value_parser!(OsString))
                .help(text(
                    "자기만의 방에서 이 명령을 실행하고 그 와이어를 보인다. 셸도 된다",
                    "run this command in a room of its own and show its wire; a shell will do",
                )),
        ])
}

/// Runs the command.
pub fn main(matches: &ArgMatches, lang: Lang) -> ExitCode {
    let options = Options::of(matches, lang);
    if options.ports.len() > MOST_PORTS {
        return conclude(Err(Error::TooManyPorts(MOST_PORTS)), lang);
    }
    let result = match (&options.read, options.command.is_empty()) {
        (Some(path), _) => read(path, &options).map(|()| 0),
        (None, true) => watch(&options).map(|()| 0),
        (None, false) => host(&options),
    };
    match result {
        Ok(code) => ExitCode::from(code),
        Err(error) => conclude(Err(error), lang),
    }
}

impl Options {
    fn of(matches: &ArgMatches, lang: Lang) -> Options {
        let mut display = Display::of(matches, lang);
        display.look = Look {
            payload: matches.get_one::<String>("payload").map(|how| match how.as_str() {
                "none" => Payload::None,
                "hex" => Payload::Hex,
                _ => Payload::Text,
            }),
            absolute: matches.get_flag("absolute"),
            ..display.look
        };
        Options {
            display,
            follow: matches.get_flag("follow"),
            interface: matches.get_one::<String>("interface").cloned().unwrap_or_default(),
            ports: matches.get_many::<u16>("port").unwrap_or_default().copied().collect(),
            count: matches.get_one::<u64>("count").copied(),
            time: matches.get_one::<Duration>("for").copied(),
            read: matches.get_one::<PathBuf>("read").cloned(),
            command: matches.get_many::<OsString>("command").unwrap_or_default().cloned().collect(),
        }
    }

    /// A sniffer, and the ways out of what it shows.
    fn sniffer(&self, title: Text, wire: Wire, remarks: Vec<Text>) -> Result<(Sniffer, Outlets)> {
        let outlet = Outlet::new();
        let (format, look) = (self.display.format.unwrap_or(Format::Ladder), self.display.look);
        let shown = match self.follow {
            true => streams(format, look, outlet.clone()),
            false => picture(format, look, outlet.clone()),
        };
        let (mut pictures, mut outlets) = (vec![shown], vec![outlet]);
        if let Some((saved, outlet)) = self.display.saved_in_time(format)? {
            pictures.push(saved);
            outlets.push(outlet);
        }
        let scene = Scene { title, cast: Vec::new(), server: None, start: 0, wire, remarks, next: None };
        let sniffer = Sniffer::new(Gallery::new(pictures), scene, &self.ports).limited(self.count);
        Ok((sniffer, Outlets::new(outlets)))
    }

    /// Whether the time that was set, if any, has passed since then.
    fn is_late(&self, begun: Instant) -> bool {
        self.time.is_some_and(|time| begun.elapsed() >= time)
    }
}

/// Reads a file from front to back.
fn read(path: &Path, options: &Options) -> Result<()> {
    let interrupted = interruption();
    let piped = path == Path::new("-");
    let title = match piped {
        true => Text::fixed("sniff · 표준 입력", "sniff · standard input"),
        false => title(&path.display().to_string()),
    };
    let (mut sniffer, outlets) = options.sniffer(title, Wire::File, Vec::new())?;
    let input: Box<dyn io::Read> = if piped {
        // Whoever writes it may take all day: what there is is shown meanwhile.
        Box::new(Pipe::new(io::stdin(), outlets.clone(), Arc::clone(&interrupted)))
    } else {
        Box::new(File::open(path).map_err(|source| Error::Open { path: path.into(), source })?)
    };
    let damaged = |damage| Error::Damaged { path: path.into(), damage };
    let mut reader = Reader::open(input).map_err(damaged)?;
    let damage = loop {
        if interrupted.load(Ordering::Relaxed) || sniffer.has_enough() {
            break None;
        }
        reader.take_back(sniffer.spare());
        match reader.item() {
            Ok(Some(item)) => sniffer.item(item)?,
            Ok(None) => break None,
            // What was interrupted is not whole, and that is no fault of the file's.
            Err(_) if interrupted.load(Ordering::Relaxed) => break None,
            Err(damage) => break Some(damage),
        }
    };
    sniffer.end()?;
    outlets.release().map_err(Error::Output)?;
    damage.map_or(Ok(()), |damage| Err(damaged(damage)))
}

/// Watches an interface of this machine.
fn watch(options: &Options) -> Result<()> {
    let interrupted = interruption();
    let interface = &options.interface;
    let capture = Capture::open(interface, &options.ports).map_err(|source| Error::Capture {
        interface: interface.clone(),
        program: std::env::current_exe().unwrap_or_else(|_| "socklab".into()),
        source,
    })?;
    let (sniffer, outlets) = options.sniffer(title(interface), Wire::Host, Vec::new())?;
    privilege::drop().map_err(Error::Privilege)?;
    let begun = Instant::now();
    let ended = || interrupted.load(Ordering::Relaxed) || options.is_late(begun);
    sniffer.follow(Tap::open(capture), &outlets, ended)
}

/// Runs a command in a room, and watches that. The exit code is the command's.
fn host(options: &Options) -> Result<u8> {
    let access = Access::private(&options.ports);
    let Some(capture) = access.capture else { return Err(Error::NoRoom(access.remarks)) };
    let title = title(&options.command[0].to_string_lossy());
    let (sniffer, outlets) = options.sniffer(title, access.wire, access.remarks)?;
    let mut guest = Guest::start(&options.command, None)?;
    privilege::drop().map_err(Error::Privilege)?;
    let begun = Instant::now();
    let ended = || guest.has_left() || options.is_late(begun);
    sniffer.follow(Tap::open(capture), &outlets, ended)?;
    guest.leave()
}

/// What is watched, the same in both languages.
fn title(name: &str) -> Text {
    let title = format!("sniff · {}", crate::text::escape::line(name.as_bytes()));
    Text::made(title.clone(), title)
}

/// A flag that Ctrl-C sets, and a polite request to end.
fn interruption() -> Arc<AtomicBool> {
    let interrupted = Arc::new(AtomicBool::new(false));
    for signal in [signal_hook::consts::SIGINT, signal_hook::consts::SIGTERM] {
        signal_hook::flag::register(signal, Arc::clone(&interrupted))
            .expect("these two signals may be handled by every program");
    }
    interrupted
}
