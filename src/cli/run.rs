//! How a lesson is run: on the stage, where its programs are watched from outside; or, where nobody
//! may watch them, with programs that tell of their own calls.

use std::io::{self, Write};

use crate::event::error::{Error, Result};
use crate::event::truth::Wire;
use crate::lesson::program::Run;
use crate::linux::access::Access;
use crate::narrate;
use crate::stage::options::{Options, WireWish};
use crate::stage::reported;

/// Runs a lesson; the exit code of the program that failed first, or 0.
///
/// # Errors
/// How the play ended, if that was no good end; [`Error::Output`] when a picture cannot go on.
pub fn run(run: &Run<'_>, options: &Options) -> Result<u8> {
    let alone = run.sides.len() == 1;
    let ports = [options.server.port()];
    // The room is made before anything else: it needs a process with one thread.
    let access = match (options.wire, alone) {
        (WireWish::Off, _) => Access::none(),
        (_, false) => Access::private(&ports),
        (_, true) => Access::host(&ports),
    };
    if options.wire == WireWish::Require && access.wire == Wire::Off {
        return Err(Error::NoWire);
    }
    if alone && !options.weather.is_fair() {
        return Err(Error::NoWeather(vec![narrate::alone_in_no_room()]));
    }
    match system::untraced() {
        None => system::on_stage(run, options, access),
        Some(untraced) => {
            #[cfg(target_os = "linux")]
            if access.wire == Wire::Room {
                // Where it cannot be had, a busy machine may show an ACK more.
                let _ = crate::linux::quickack::always();
            }
            if !run.lesson.weather.but_for(&options.weather).is_fair() {
                return Err(Error::NoWeather(vec![narrate::reported(&untraced)]));
            }
            reported::run(run, options, access, &untraced)
        }
    }
}

/// Says what programs have complained of, after the picture.
fn complain(text: &str) {
    // With nowhere to complain to, the exit code has to do.
    let _ = io::stderr().write_all(text.as_bytes());
}

#[cfg(all(target_os = "linux", target_env = "gnu", any(target_arch = "x86_64", target_arch = "aarch64")))]
mod system {
    use super::complain;
    use crate::event::Who;
    use crate::event::error::{Result, Untraced};
    use crate::event::verdict::Verdict;
    use crate::lesson::program::Run;
    use crate::linux::access::Access;
    use crate::linux::tracee::ptrace::{self, Ending};
    use crate::stage::interrupt;
    use crate::stage::options::{Options, Pace};
    use crate::stage::traced::{Cast, Keyboard, Play, Role, Way, play};

    /// Why the programs cannot be watched from outside, if they cannot.
    pub fn untraced() -> Option<Untraced> {
        if ptrace::is_traced() {
            return Some(Untraced::Already);
        }
        ptrace::is_allowed().err().map(Untraced::Refused)
    }

    pub fn on_stage(run: &Run<'_>, options: &Options, access: Access) -> Result<u8> {
        let alone = run.sides.len() == 1;
        let role =
            |who| run.sides.contains(&who).then(|| Role::Lesson(run.lesson.clone(), run.script.clone()));
        let keyboard = match alone {
            // Enter belongs to whoever steps.
            true if options.pace != Pace::Step => Keyboard::Person,
            _ => Keyboard::Nobody,
        };
        let cast = Cast::new(role(Who::Server), role(Who::Client).into_iter().collect(), keyboard);
        let setting = Play {
            title: run.title.clone(),
            next: run.next.clone(),
            server: Some(options.server),
            port: None,
            cast,
            options,
            weather: &run.lesson.weather.but_for(&options.weather),
            way: if alone { Way::Alone } else { Way::Turns },
            is_lesson: true,
            seed: Some(0),
            real_time: false,
            until: None,
        };
        let ended = play(setting, access, interrupt::heed()?)?;
        complain(&ended.complaints);
        let failed = ended.endings.iter().flatten().find(|ending| **ending != Ending::Exit(0));
        match (&ended.verdict, failed) {
            (Verdict::Interrupted, _) | (_, None) => {}
            (_, Some(&Ending::Exit(code))) => return Ok(u8::try_from(code).unwrap_or(1)),
            (_, Some(&Ending::Signal(signal))) => return Ok(u8::try_from(128 + signal).unwrap_or(1)),
        }
        ended.result().map(|()| 0)
    }
}

#[cfg(not(all(
    target_os = "linux",
    target_env = "gnu",
    any(target_arch = "x86_64", target_arch = "aarch64")
)))]
mod system {
    use std::io;

    use crate::event::error::{Result, Untraced};
    use crate::lesson::program::Run;
    use crate::linux::access::Access;
    use crate::stage::options::Options;

    pub fn untraced() -> Option<Untraced> {
        Some(Untraced::Refused(io::ErrorKind::Unsupported.into()))
    }

    pub fn on_stage(_: &Run<'_>, _: &Options, _: Access) -> Result<u8> {
        unreachable!("there is always a untraced here")
    }
}
