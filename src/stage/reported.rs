//! A lesson whose programs tell of their own calls, where nobody may watch them from outside. Each says
//! when it wants to make a call; one at a time is let go on. What it says is put into the same record,
//! and makes the same pictures.

mod teller;

use std::io::{self, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::{Duration, Instant};

use self::teller::{Doing, Heard, Teller};
use crate::event::error::{Error, Result, Untraced};
use crate::event::verdict::{Verdict, Waiting, WaitsFor};
use crate::event::{Event, Op, Outcome, Who};
use crate::lesson::program::Run;
use crate::lesson::report::{self, Ends, Line, out_of_the_way};
use crate::linux::access::Access;
use crate::narrate;
use crate::render::{Format, Scene, picture};
use crate::sniff::spool::Spool;
use crate::sniff::stdout::Outlet;
use crate::stage::attribution::Blame;
use crate::stage::interrupt;
use crate::stage::options::{Options, Pace};
use crate::stage::trace::{self, Trace};

/// How long nobody may say anything before it is looked around.
const TICK: Duration = Duration::from_millis(10);

/// Whoever has had its turn for so long without a word sleeps, or asks a person: others may go on.
const MOMENT: Duration = Duration::from_millis(20);

/// How long a server may be quiet when its clients have ended before it is at rest: a connection that
/// it waits for may have come this moment.
const QUIET: Duration = Duration::from_millis(300);

/// How long everybody may wait, and nothing come over the wire, before nothing is expected any more.
const LONG: Duration = Duration::from_secs(5);

/// The play.
struct Play<'a> {
    run: &'a Run<'a>,
    trace: Trace,
    tellers: Vec<Teller>,
    outlet: Outlet,
    pace: Pace,
    /// Whether the standard output is for programs, and questions to a person go elsewhere.
    quiet: bool,
    interrupted: Arc<AtomicBool>,
    /// Where the programs report.
    listener: TcpListener,
    sender: Sender<Heard>,
    heard: Receiver<Heard>,
    /// How many clients were served.
    served: u32,
}

/// Runs a lesson; the exit code of the program that failed first, or 0.
///
/// # Errors
/// [`Error::Start`] when a program cannot be started; [`Error::Output`] when a picture cannot go on.
pub fn run(run: &Run<'_>, options: &Options, access: Access, why: &Untraced) -> Result<u8> {
    let mut play = Play::new(run, options, access, why)?;
    let (Untraced::Already, [who]) = (why, run.sides) else { return play.play_out() };
    // A breakpoint in a side's own lines holds only in the process that is traced.
    let theirs = play.listener.local_addr().and_then(TcpStream::connect);
    let theirs = theirs.and_then(out_of_the_way).map_err(failed)?;
    let (ours, _) = play.listener.accept().map_err(failed)?;
    // It goes on by itself when the picture cannot.
    report::tell(theirs, || {}).map_err(failed)?;
    play.tellers.push(Teller::new(*who, ours, None, play.sender.clone()).map_err(failed)?);
    std::thread::scope(|scope| {
        let drawing = scope.spawn(move || play.play_out());
        let code = run.lesson.perform(*who, run.script.clone());
        report::hang_up();
        let drawn = drawing.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))?;
        Ok(if code == 0 { drawn } else { code })
    })
}

fn failed(source: io::Error) -> Error {
    let program = std::env::current_exe().unwrap_or_default();
    Error::Start { program: program.to_string_lossy().into_owned(), source }
}

impl<'a> Play<'a> {
    fn new(run: &'a Run<'a>, options: &'a Options, access: Access, why: &Untraced) -> Result<Play<'a>> {
        let alone = run.sides.len() == 1;
        let scene = Scene {
            title: run.title.clone(),
            cast: run.sides.to_vec(),
            server: Some(options.server),
            start: trace::since_epoch(),
            wire: access.wire,
            remarks: access.remarks.into_iter().chain([narrate::reported(why)]).collect(),
            next: run.next.clone(),
        };
        let format = options.display.format.unwrap_or(if alone { Format::Lines } else { Format::Ladder });
        let outlet = match run.sides {
            // A server must go on serving when nobody reads what it prints.
            [Who::Server] => {
                Outlet::over(Spool::new(io::stdout(), narrate::unread(options.display.look.lang)))
            }
            _ => Outlet::new(),
        };
        let shown = picture(format, options.display.look, outlet.clone());
        let pictures = [Some(shown), options.display.saved(format)?].into_iter().flatten().collect();
        let blame = if alone { Blame::Time } else { Blame::Order };
        let mut trace = Trace::begin(&scene, blame, access.capture, pictures)?;
        trace.is_told();
        let (sender, heard) = channel();
        Ok(Play {
            run,
            trace,
            tellers: Vec::new(),
            outlet,
            pace: options.pace,
            quiet: format == Format::Json,
            interrupted: interrupt::heed()?,
            listener: TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).and_then(out_of_the_way).map_err(failed)?,
            sender,
            heard,
            served: 0,
        })
    }

    /// Plays to the end, and ends the picture.
    fn play_out(mut self) -> Result<u8> {
        let verdict = self.play()?;
        self.trace.arrivals()?;
        if matches!(verdict, Verdict::Unknown { .. }) {
            self.trace.tell(|at| Event::Verdict { at, verdict: verdict.clone() })?;
        }
        self.trace.end()?;
        self.outlet.release().map_err(Error::Output)?;
        self.tellers.iter_mut().for_each(Teller::dismiss);
        if matches!(verdict, Verdict::Unknown { .. }) {
            return Err(Error::Stuck);
        }
        let interrupted = matches!(verdict, Verdict::Interrupted);
        let codes = self.tellers.iter().filter_map(|teller| teller.code);
        Ok(codes.filter(|_| !interrupted).find(|&code| code != 0).unwrap_or(0))
    }

    fn play(&mut self) -> Result<Verdict> {
        if self.tellers.is_empty() {
            // The server is there first.
            let first = if self.run.sides.contains(&Who::Server) { Who::Server } else { Who::Client };
            self.start(first)?;
        }
        let mut still = Instant::now();
        loop {
            if self.interrupted.load(Ordering::Relaxed) {
                return Ok(Verdict::Interrupted);
            }
            match self.heard.recv_timeout(TICK) {
                Ok(heard) => {
                    still = Instant::now();
                    self.hears(heard)?;
                }
                Err(_) => {
                    let calls = self.tellers.iter().any(|teller| teller.doing == Doing::Calls);
                    if !calls && self.trace.arrivals()? > 0 {
                        still = Instant::now();
                    }
                    self.outlet.release().map_err(Error::Output)?;
                }
            }
            if self.is_client_awaited() {
                self.start(Who::Client)?;
            }
            if let Some(index) = self.next() {
                self.lets(index)?;
            }
            if let Some(verdict) = self.verdict(still.elapsed()) {
                return Ok(verdict);
            }
        }
    }

    /// Starts the program of a side.
    fn start(&mut self, who: Who) -> Result<()> {
        let words = self.run.lesson.command_line(who, &self.run.script);
        let asks = who == Who::Client && self.pace != Pace::Step;
        let teller = Teller::start(who, &words, [asks, self.quiet], &self.listener, self.sender.clone());
        self.tellers.push(teller.map_err(failed)?);
        Ok(())
    }

    /// Whether the client is to begin: the server waits for it, or is done.
    fn is_client_awaited(&self) -> bool {
        let [server] = self.tellers.as_slice() else { return false };
        server.who == Who::Server
            && self.run.sides.contains(&Who::Client)
            && matches!(server.doing, Doing::Waits | Doing::Done)
            && server.code.unwrap_or(0) == 0
    }

    /// Who may make its call now: one at a time.
    fn next(&self) -> Option<usize> {
        let is_busy = |teller: &Teller| {
            matches!(teller.doing, Doing::Runs | Doing::Calls) && teller.heard.elapsed() < MOMENT
        };
        if self.tellers.iter().any(is_busy) {
            return None;
        }
        self.tellers.iter().position(|teller| teller.doing == Doing::Asks)
    }

    /// Lets somebody make its call.
    fn lets(&mut self, index: usize) -> Result<()> {
        self.outlet.release().map_err(Error::Output)?;
        if !self.hold_back()? {
            return Ok(());
        }
        self.trace.focus(self.tellers[index].pair());
        let pending = match self.tellers[index].pending.take() {
            Some(mut pending) => {
                self.trace.arrivals()?;
                pending.resumed(self.trace.now());
                pending
            }
            None => self.trace.call()?,
        };
        let teller = &mut self.tellers[index];
        teller.pending = Some(pending);
        (teller.doing, teller.heard) = (Doing::Calls, Instant::now());
        // Whoever has left meanwhile will be heard of.
        let _ = teller.turn.write_all(&[1]);
        Ok(())
    }

    /// What happens before each call. False when the play was ended over it.
    fn hold_back(&self) -> Result<bool> {
        match self.pace {
            Pace::Free => {}
            Pace::Every(time) => {
                let begun = Instant::now();
                while begun.elapsed() < time && !self.interrupted.load(Ordering::Relaxed) {
                    std::thread::sleep(TICK.min(time));
                }
            }
            Pace::Step => {
                io::stdin().read_line(&mut String::new()).map_err(Error::Input)?;
            }
        }
        Ok(!self.interrupted.load(Ordering::Relaxed))
    }

    fn hears(&mut self, heard: Heard) -> Result<()> {
        let (Heard::Told(who, _) | Heard::Left(who)) = heard;
        let Some(index) = self.tellers.iter().position(|teller| teller.who == who) else { return Ok(()) };
        self.tellers[index].heard = Instant::now();
        match heard {
            Heard::Told(_, Line::Asks(asked)) => {
                let teller = &mut self.tellers[index];
                (teller.doing, teller.asked) = (Doing::Asks, Some(asked));
            }
            Heard::Told(_, Line::Waits(asked)) => {
                self.tellers[index].asked = Some(asked);
                self.tellers[index].doing = Doing::Waits;
                self.trace.focus(self.tellers[index].pair());
                let mut pending = self.trace.call()?;
                if let Some(intent) = self.tellers[index].intent() {
                    self.trace.waits(&mut pending, &intent, None)?;
                }
                self.tellers[index].pending = Some(pending);
            }
            Heard::Told(_, Line::Returned { outcome, socket }) => self.returned(index, outcome, socket)?,
            Heard::Told(_, Line::Prints(line)) => {
                self.trace.tell(|at| Event::Output { at, who, program: None, line })?;
            }
            Heard::Told(_, Line::Ends) => self.tellers[index].doing = Doing::Done,
            Heard::Left(_) => self.tellers[index].leave(),
        }
        Ok(())
    }

    fn returned(&mut self, index: usize, outcome: Outcome, socket: Ends) -> Result<()> {
        let teller = &mut self.tellers[index];
        teller.doing = Doing::Runs;
        let (Some(intent), Some(pending)) = (teller.intent(), teller.pending.take()) else { return Ok(()) };
        if let Some(asked) = &mut teller.asked {
            asked.socket = match outcome {
                Outcome::Accepted(_, peer) => Ends { peer: Some(peer), ..socket },
                _ if intent.op == Op::Close => asked.socket,
                _ => socket,
            };
        }
        self.served += u32::from(matches!(outcome, Outcome::Accepted(..)));
        let pair = teller.pair();
        self.trace.focus(pair);
        self.trace.returned(pending, intent, outcome, None)
    }

    /// How the play has ended, if it has.
    fn verdict(&self, still: Duration) -> Option<Verdict> {
        let done = |who| self.tellers.iter().any(|teller| teller.who == who && teller.doing == Doing::Done);
        let all = self.run.sides.iter().all(|&who| done(who));
        let failed = self.tellers.iter().any(|teller| teller.code.is_some_and(|code| code != 0));
        if all || (failed && self.tellers.iter().all(|teller| teller.doing == Doing::Done)) {
            return Some(Verdict::Finished);
        }
        let waits = || self.tellers.iter().filter(|teller| teller.doing == Doing::Waits);
        let op = |teller: &Teller| teller.asked.as_ref().map_or(Op::Other, |asked| asked.op);
        if done(Who::Client) && still >= QUIET && waits().any(|teller| op(teller) == Op::Accept) {
            return Some(Verdict::Resting { served: self.served, waits_for: WaitsFor::Clients, timer: None });
        }
        let alone = self.run.sides.len() == 1;
        let stuck = self.tellers.iter().all(|teller| matches!(teller.doing, Doing::Waits | Doing::Done));
        (stuck && !alone && still >= LONG).then(|| {
            let waiting = |teller: &Teller| Waiting {
                who: teller.who,
                caller: None,
                op: op(teller),
                id: teller.pending.as_ref().map_or(0, |pending| pending.id),
                since: None,
            };
            Verdict::Unknown { waiting: waits().map(waiting).collect(), unread: self.trace.ends().unread() }
        })
    }
}
