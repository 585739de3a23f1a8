//! A play on the stage, from its first program to its verdict.

use std::io::{self, Read, Seek};
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Instant;

use super::cast::Cast;
use super::choice::InTurn;
use super::clock::Clock;
use super::input;
use super::scheduler::{self, Scheduler, Still};
use super::tracer::{Line, Tracer};
use super::weather::furnish;
use super::world::World;
use crate::event::error::{Error, Result};
use crate::event::truth::Wire;
use crate::event::verdict::Verdict;
use crate::event::weather::Weather;
use crate::event::{Event, Who};
use crate::linux::access::Access;
use crate::linux::pid_namespace::PidNamespace;
use crate::linux::quickack;
use crate::linux::sysctl::{self, PortRange};
use crate::linux::tracee::ptrace::Ending;
use crate::linux::tracee::{descriptors, limits, processor, ptrace, spawn};
use crate::narrate;
use crate::render::{Format, Scene, picture};
use crate::sniff::spool::Spool;
use crate::sniff::stdout::Outlet;
use crate::stage::attribution::Blame;
use crate::stage::options::Options;
use crate::stage::trace::Trace;
use crate::text::lang::Text;

/// How many descriptors are left for everything but those of the programs.
const SPARE: usize = 128;

/// How the programs go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// One at a time.
    Turns,
    /// As they like.
    Free,
    /// As they like, with their peers elsewhere: nothing can be said about what these will do.
    Alone,
}

/// What is to be played, and how.
pub struct Play<'a> {
    /// What it is called.
    pub title: Text,
    /// What to do next, if there is something.
    pub next: Option<Text>,
    /// Where the server is, if that is known.
    pub server: Option<SocketAddr>,
    /// The port of the packets that are captured, where those are not all.
    pub port: Option<u16>,
    /// The programs.
    pub cast: Cast,
    /// What was asked for.
    pub options: &'a Options,
    /// What the wire is like that they play on.
    pub weather: &'a Weather,
    /// How they go on.
    pub way: Way,
    /// Whether it is a lesson: its programs keep their sockets open when they have ended, so that no
    /// FIN is seen that nobody called for, and a good end is not worth a word.
    pub is_lesson: bool,
    /// Where random numbers begin; none leaves them, and what else is chance, as they are.
    pub seed: Option<u64>,
    /// Whether the programs' clock is the machine's.
    pub real_time: bool,
    /// When it ends at the latest.
    pub until: Option<Instant>,
}

/// How a play has ended.
#[derive(Debug)]
pub struct Ended {
    /// What is said of it.
    pub verdict: Verdict,
    /// How the programs have ended, the server's first.
    pub endings: Vec<Option<Ending>>,
    /// What the lesson's programs have said of their own failure.
    pub complaints: String,
}

impl Ended {
    /// Whether that was a good end.
    ///
    /// # Errors
    /// [`Error::Deadlock`], [`Error::Stuck`], [`Error::TimeOver`] or [`Error::Crashed`].
    pub fn result(&self) -> Result<()> {
        match self.verdict {
            Verdict::Deadlock { .. } => Err(Error::Deadlock),
            Verdict::Spinning { .. } | Verdict::Still { .. } | Verdict::Unknown { .. } => Err(Error::Stuck),
            Verdict::TimeOver { .. } => Err(Error::TimeOver),
            Verdict::Crashed { .. } => Err(Error::Crashed),
            Verdict::Finished | Verdict::Resting { .. } | Verdict::TimeUp | Verdict::Interrupted => Ok(()),
        }
    }
}

/// Plays. The process must have no other thread yet.
///
/// # Errors
/// [`Error::NoWeather`] when the wire cannot be as it was asked for; [`Error::Output`] when a picture
/// cannot go on; [`Error::Watch`] when a program cannot be started or followed.
pub fn play(play: Play<'_>, access: Access, interrupted: Arc<AtomicBool>) -> Result<Ended> {
    let Play {
        title,
        next,
        server,
        port,
        mut cast,
        options,
        weather,
        way,
        is_lesson,
        seed,
        real_time,
        until,
    } = play;
    let turns = way == Way::Turns;
    let room = access.wire == Wire::Room;
    furnish(weather, options.wire, &access)?;
    if room && turns && !weather.delayed_ack {
        // Where it cannot be had, a busy machine may show an ACK more.
        let _ = quickack::always();
    }
    if turns {
        // Where it cannot be had, the play is slower.
        let _ = processor::stay();
    }
    scheduler::tick().map_err(Error::Watch)?;
    ptrace::take_in_orphans();
    let (world, missing) = match seed.filter(|_| turns) {
        Some(seed) => world(seed, room, weather.autotune),
        None => (World::default(), None),
    };
    let clock = match real_time || !turns {
        true => Clock::Real(Instant::now()),
        false => Clock::Held(0),
    };
    descriptors::keep_at_most(limits::raise().saturating_sub(SPARE));
    let alone = way == Way::Alone;
    let scene = Scene {
        title,
        cast: cast.sides(),
        server,
        start: clock.begins(),
        wire: access.wire,
        remarks: access.remarks.into_iter().chain(missing).chain(narrate::weather(weather)).collect(),
        next,
    };
    let serves = alone && scene.cast == [Who::Server];
    let format = options.display.format.unwrap_or(if alone { Format::Lines } else { Format::Ladder });
    // A server must go on serving when nobody reads what it prints.
    let outlet = match serves {
        true => Outlet::over(Spool::new(io::stdout(), narrate::unread(options.display.look.lang))),
        // The kernel's timers run while somebody waits for a reader, and would be seen in the picture.
        false => Outlet::unhurried(io::stdout(), input::is_read),
    };
    let shown = picture(format, options.display.look, outlet.clone());
    let saved = options.display.saved(format)?;
    let outlives = saved.is_some() || serves;
    let pictures = [Some(shown), saved].into_iter().flatten().collect();
    let blame = if turns { Blame::Order } else { Blame::Time };
    let mut trace = Trace::begin(&scene, blame, access.capture, pictures)?;
    trace.see_port(port);
    if !weather.is_fair() {
        trace.keep_stamps();
    }
    let mut complaints = spawn::nameless_file().map_err(Error::Watch)?;
    if is_lesson {
        cast.complain_into(complaints.try_clone().map_err(Error::Watch)?);
    }
    let mut scheduler = Scheduler {
        tracer: Tracer::new(clock, world, Line::new(weather.cut), !turns),
        trace,
        choices: Box::new(InTurn),
        last: None,
        cast,
        pace: options.pace,
        until,
        interrupted,
        alone,
        keeps_exits: is_lesson && turns,
        listens: false,
        empty: Default::default(),
        served: 0,
        still: Still::new(0),
        vain: Default::default(),
        folds: Default::default(),
        streams: Default::default(),
        asked: None,
        in_flight: false,
        outlet,
        released: Instant::now(),
        outlives,
        runs: 0,
        waited: false,
        passing: None,
    };
    let verdict = scheduler.play()?;
    scheduler.trace.arrivals()?;
    if scheduler.tracer.line.was_never_cut() {
        scheduler.trace.was_never_cut();
    }
    let good = matches!(verdict, Verdict::Finished | Verdict::Resting { .. });
    // Of one side alone nothing is known but what it has done.
    if !(is_lesson && good || alone) {
        scheduler.trace.tell(|at| Event::Verdict { at, verdict: verdict.clone() })?;
    }
    scheduler.trace.end()?;
    scheduler.release_all()?;
    let endings = scheduler.tracer.processes.programs.iter().map(|program| program.ending).collect();
    let mut text = String::new();
    // What cannot be read is not worth failing for: the exit codes say the rest.
    let _ = complaints.rewind().and_then(|()| complaints.take(MOST_COMPLAINTS).read_to_string(&mut text));
    Ok(Ended { verdict, endings, complaints: text })
}

/// How much of what programs complain is shown, in bytes.
const MOST_COMPLAINTS: u64 = 64 * 1024;

/// A world without chance; and what of that cannot be had here.
fn world(seed: u64, room: bool, autotune: bool) -> (World, Option<Text>) {
    // Without a room all of this is the host's.
    let numbers = if room { PidNamespace::enter().ok() } else { None };
    let ports = if room { PortRange::open().ok() } else { None };
    let windows = autotune || room && sysctl::keep_receive_windows().is_ok();
    let sizes = room && sysctl::send_by_count().is_ok();
    let missing = (numbers.is_none() || ports.is_none() || !windows || !sizes).then(|| {
        Text::fixed(
            "운에 맡긴 것: 프로세스 번호, 포트, 수신 윈도우, 세그먼트 크기 가운데 여기서 정해 둘 수 없는 것이 있다. 실행할 때마다 다를 수 있다.",
            "left to chance: process numbers, ports, receive windows or sizes of segments cannot all be held here, and may differ from run to run.",
        )
    });
    (World::held(seed, ports, numbers), missing)
}
