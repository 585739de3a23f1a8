//! `socklab room`: a shell in a room, and the way in from other terminals, so that server, client
//! and sniffer can be side by side.

use std::ffi::OsString;
use std::io::{self, Write};
use std::path::PathBuf;
use std::process::{Command as Program, ExitCode};
use std::time::Duration;

use clap::{Arg, ArgMatches, Command, value_parser};

use crate::cli::display;
use crate::event::error::{Error, Result};
use crate::lesson::program::conclude;
use crate::linux::access;
use crate::linux::room::{self, Room};
use crate::linux::room_command::Guest;
use crate::text::lang::{Lang, Text};

/// Where a program in a room finds the room's number.
const VARIABLE: &str = "SOCKLAB_ROOM";

/// How often the shell is looked after.
const TICK: Duration = Duration::from_millis(50);

/// The command with its own commands.
pub fn arguments(command: Command, lang: Lang) -> Command {
    let text = |ko, en| lang.pick(ko, en);
    let program = || {
        Arg::new("command")
            .value_name("COMMAND")
            .last(true)
            .num_args(1..)
            .value_parser(value_parser!(OsString))
    };
    let own = |name: &'static str, about: &'static str| display::dress(Command::new(name), lang).about(about);
    command
        .about(text(
            "자기만의 방에 셸을 연다. 다른 터미널에서 들어올 수 있다",
            "a shell in a room of its own, which other terminals can enter",
        ))
        .arg(program().help(text("셸 대신 이 명령을", "this command instead of a shell")))
        .subcommand(
            own("enter", text("다른 터미널에서 그 방에 들어간다", "enter a room from another terminal"))
                .arg(Arg::new("id").value_name("ID").value_parser(value_parser!(u32)).help(text(
                    "방의 번호 (하나뿐이면 없어도 된다)",
                    "its number (not needed if there is but one)",
                )))
                .arg(program().help(text("셸 대신 이 명령을", "this command instead of a shell"))),
        )
        .subcommand(own("list", text("열려 있는 방", "the rooms that are open")))
}

/// Runs the command.
pub fn main(matches: &ArgMatches, lang: Lang) -> ExitCode {
    let result = match matches.subcommand() {
        Some(("enter", own)) => enter(own.get_one::<u32>("id").copied(), &command(own), lang),
        Some(("list", _)) => list(lang),
        _ => open(&command(matches), lang),
    };
    match result {
        Ok(code) => ExitCode::from(code),
        Err(error) => conclude(Err(error), lang),
    }
}

/// What is to be run: what was asked for, or this user's shell.
fn command(matches: &ArgMatches) -> Vec<OsString> {
    let asked: Vec<_> = matches.get_many::<OsString>("command").unwrap_or_default().cloned().collect();
    match asked.is_empty() {
        true => vec![std::env::var_os("SHELL").filter(|shell| !shell.is_empty()).unwrap_or("/bin/sh".into())],
        false => asked,
    }
}

/// Makes a room and keeps it until the shell in it ends. The exit code is the shell's.
fn open(command: &[OsString], lang: Lang) -> Result<u8> {
    room::enter().map_err(|refusal| Error::NoRoom(access::why_no_room(&refusal)))?;
    room::keep();
    allow_capture(lang)?;
    let id = std::process::id();
    let program = std::env::current_exe().unwrap_or_else(|_| PathBuf::from("socklab"));
    let program = program.display();
    say(
        &Text::made(
            format!(
                "방 {id}: 루프백 하나뿐인 네트워크. exit로 나간다.\n  \
                 와이어를 보려면: {program} sniff\n  다른 터미널에서 들어오려면: {program} room enter {id}"
            ),
            format!(
                "room {id}: a network of its own, with a loopback and nothing else; exit leaves it.\n  \
                 to see the wire: {program} sniff\n  to enter from another terminal: {program} room enter {id}"
            ),
        ),
        lang,
    )?;
    let mut guest = Guest::start(command, Some((VARIABLE, &id.to_string())))?;
    while !guest.has_left() {
        std::thread::sleep(TICK);
    }
    guest.leave()
}

/// Becomes a shell in a room that is open.
fn enter(id: Option<u32>, command: &[OsString], lang: Lang) -> Result<u8> {
    let rooms = room::all();
    let id = match (id, rooms.as_slice()) {
        (Some(id), rooms) if rooms.iter().any(|room| room.id == id) => id,
        (Some(id), _) => return Err(Error::UnknownRoom(id)),
        (None, [room]) => room.id,
        (None, rooms) => return Err(Error::WhichRoom(rooms.iter().map(|room| room.id).collect())),
    };
    room::join(id).map_err(Error::Room)?;
    allow_capture(lang)?;
    let (name, arguments) = command.split_first().expect("there is a shell at least");
    let mut program = Program::new(name);
    program.args(arguments).env(VARIABLE, id.to_string());
    Err(Error::Start { program: name.to_string_lossy().into_owned(), source: replace(program) })
}

/// Lets the programs of the room capture. Where they may not, the room is a room all the same.
fn allow_capture(lang: Lang) -> Result<()> {
    match room::let_programs_capture() {
        Ok(()) => Ok(()),
        Err(error) => say(
            &Text::made(
                format!("prctl(PR_CAP_AMBIENT): {error}. 이 방의 프로그램은 와이어를 볼 수 없다."),
                format!("prctl(PR_CAP_AMBIENT): {error}. Programs in this room cannot see the wire."),
            ),
            lang,
        ),
    }
}

fn list(lang: Lang) -> Result<u8> {
    let rooms = room::all();
    let mut out = io::stdout().lock();
    let told = match rooms.is_empty() {
        true => {
            let none = Text::fixed(
                "열려 있는 방이 없다. `socklab room`으로 연다.",
                "No room is open; `socklab room` opens one.",
            );
            writeln!(out, "{}", none.get(lang))
        }
        false => rooms.iter().try_for_each(|Room { id, programs }| {
            let programs = crate::text::escape::line(programs.join(", ").as_bytes());
            writeln!(out, "{id}  {programs}")
        }),
    };
    told.map(|()| 0).map_err(Error::Output)
}

/// Says something to the person at the terminal, past what the shell prints.
fn say(text: &Text, lang: Lang) -> Result<()> {
    writeln!(io::stderr(), "{}", text.get(lang)).map_err(Error::Output)
}

#[cfg(unix)]
fn replace(mut program: Program) -> io::Error {
    std::os::unix::process::CommandExt::exec(&mut program)
}

#[cfg(not(unix))]
fn replace(_: Program) -> io::Error {
    io::ErrorKind::Unsupported.into()
}
