//! How a program of ours tells of its own calls, where nobody can watch it from outside: a line of
//! JSON before a call and another after it. A byte comes back when it is the program's turn.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};
use socket2::Socket;

use crate::event::errno::Errno;
use crate::event::{Arg, Nanos, Op, Outcome, span};
use crate::lesson::poll::{Interest, is_ready};

/// What is told of a call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Line {
    /// It is to be made, as soon as it is the program's turn.
    Asks(Asked),
    /// It cannot go on yet; it will ask again once it can.
    Waits(Asked),
    /// It has returned.
    Returned {
        /// How it ended.
        outcome: Outcome,
        /// What its socket has become.
        socket: Ends,
    },
    /// The program prints a line.
    Prints(Vec<u8>),
    /// The program has come to its end, and keeps its sockets open until everybody has.
    Ends,
}

/// A call that is about to be made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Asked {
    /// The call.
    pub op: Op,
    /// Its arguments.
    pub args: Vec<Arg>,
    /// Its socket.
    pub socket: Ends,
}

/// A socket, as its own program sees it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ends {
    /// Its own address, once it has one.
    pub own: Option<SocketAddr>,
    /// Its peer's, once it is connected.
    pub peer: Option<SocketAddr>,
}

impl Ends {
    fn of(socket: Option<&Socket>) -> Ends {
        let Some(socket) = socket else { return Ends::default() };
        Ends {
            own: socket.local_addr().ok().and_then(|address| address.as_socket()),
            peer: socket.peer_addr().ok().and_then(|address| address.as_socket()),
        }
    }
}

/// Where this program's calls are told, and who says when it is its turn.
struct Report {
    stream: TcpStream,
    turns: Mutex<Receiver<()>>,
}

/// A process has one such place, as it has one standard output.
static REPORT: OnceLock<Report> = OnceLock::new();

/// The variable that names the place to a program, and the number that shows that it was named.
pub const VARIABLE: &str = "SOCKLAB_REPORT";

/// The lowest descriptor that the stream takes for itself, so that a program's sockets get the small
/// numbers that they would get without.
#[cfg(unix)]
const LOWEST: libc::c_int = 64;

/// Tells of this program's calls where it was asked to, if it was.
///
/// # Errors
/// What the system reports of the place.
pub fn open_named() -> io::Result<()> {
    let Ok(named) = std::env::var(VARIABLE) else { return Ok(()) };
    let (place, secret) = named.split_once(' ').ok_or(ErrorKind::InvalidInput)?;
    let mut stream = out_of_the_way(TcpStream::connect(place)?)?;
    stream.set_nodelay(true)?;
    stream.write_all(secret.as_bytes())?;
    // A program that was started to be told of has nothing to do when nobody listens any more.
    tell(stream, || std::process::exit(0))
}

/// Gives an open stream or listener a high number.
///
/// # Errors
/// What fcntl(2) reports.
#[cfg(unix)]
pub fn out_of_the_way<T>(open: T) -> io::Result<T>
where
    T: std::os::fd::AsRawFd + From<std::os::fd::OwnedFd>,
{
    use std::os::fd::{FromRawFd, OwnedFd};
    // SAFETY: the descriptor is open, and the others are numbers.
    let moved = unsafe { libc::fcntl(open.as_raw_fd(), libc::F_DUPFD_CLOEXEC, LOWEST) };
    match moved {
        -1 => Err(io::Error::last_os_error()),
        // SAFETY: the descriptor is new, and nobody else has it.
        moved => Ok(unsafe { OwnedFd::from_raw_fd(moved) }.into()),
    }
}

/// Elsewhere sockets have no small numbers.
#[cfg(not(unix))]
pub fn out_of_the_way<T>(open: T) -> io::Result<T> {
    Ok(open)
}

/// Tells nothing any more.
pub fn hang_up() {
    if let Some(report) = REPORT.get() {
        // Whoever reads may have hung up before.
        let _ = report.stream.shutdown(Shutdown::Both);
    }
}

/// From now on this program's calls are told over this stream. `deserted` is called when nobody reads
/// it any more.
///
/// # Errors
/// What the system reports of the stream.
pub fn tell(stream: TcpStream, deserted: impl FnOnce() + Send + 'static) -> io::Result<()> {
    let mut told = out_of_the_way(stream.try_clone()?)?;
    let (sender, turns) = channel();
    std::thread::spawn(move || {
        while matches!(told.read(&mut [0]), Ok(1)) && sender.send(()).is_ok() {}
        deserted();
    });
    // A process tells of its calls once; whoever asks for it again has what it wants.
    let _ = REPORT.set(Report { stream, turns: Mutex::new(turns) });
    Ok(())
}

impl Report {
    fn say(&self, line: &Line) {
        let mut text = serde_json::to_vec(line).unwrap_or_default();
        text.push(b'\n');
        // A program does its work whether or not somebody reads of it.
        let _ = { &self.stream }.write_all(&text);
    }

    /// Waits for its turn. Once nobody listens any more, there are no turns either.
    fn wait(&self) {
        let _ = self.turns.lock().unwrap_or_else(PoisonError::into_inner).recv();
    }
}

/// Prints a line: on the standard output, or where the calls are told.
///
/// # Errors
/// What the standard output reports.
pub fn print(line: &[u8]) -> io::Result<()> {
    if let Some(report) = REPORT.get() {
        report.say(&Line::Prints(line.to_vec()));
        return Ok(());
    }
    let mut out = io::stdout().lock();
    out.write_all(line)?;
    out.write_all(b"\n")?;
    out.flush()
}

/// The program has come to its end. Where its calls are told, its sockets stay open until everybody's
/// have: no FIN goes out that nobody called for.
pub fn end() {
    if let Some(report) = REPORT.get() {
        report.say(&Line::Ends);
        // Whoever reads the report hangs up when it is over.
        report.wait();
    }
}

/// A time limit, as an argument of a call.
pub fn seconds(limit: Duration) -> Arg {
    Arg::Word(span(Nanos::try_from(limit.as_nanos()).unwrap_or(Nanos::MAX)).into())
}

/// A call that is about to be made.
pub struct Call<'a> {
    op: Op,
    args: &'a dyn Fn() -> Vec<Arg>,
    socket: Option<&'a Socket>,
    needs: Option<Interest>,
}

impl<'a> Call<'a> {
    /// A call that makes a socket, or ends one.
    pub fn new(op: Op, args: &'a dyn Fn() -> Vec<Arg>) -> Call<'a> {
        Call { op, args, socket: None, needs: None }
    }

    /// A call on a socket.
    pub fn on(socket: &'a Socket, op: Op, args: &'a dyn Fn() -> Vec<Arg>) -> Call<'a> {
        Call { op, args, socket: Some(socket), needs: None }
    }

    /// It waits until its socket is ready for this.
    pub fn needing(self, interest: Interest) -> Call<'a> {
        Call { needs: Some(interest), ..self }
    }

    /// Makes the call, and tells of it where that is wanted.
    ///
    /// # Errors
    /// What the call itself reports.
    pub fn make<T>(
        self,
        make: impl FnOnce() -> io::Result<T>,
        outcome: impl FnOnce(&T) -> Outcome,
    ) -> io::Result<T> {
        let Some(report) = REPORT.get() else { return make() };
        let asked = Asked { op: self.op, args: (self.args)(), socket: Ends::of(self.socket) };
        let is_ready = self.is_ready(report, &asked);
        report.say(&Line::Asks(asked));
        report.wait();
        let result = if is_ready { make() } else { Err(ErrorKind::WouldBlock.into()) };
        let told = match &result {
            Ok(value) => outcome(value),
            Err(error) => Outcome::Failed(Errno::of(error)),
        };
        let closed = self.op == Op::Close;
        let socket = Ends::of(self.socket.filter(|_| !closed));
        report.say(&Line::Returned { outcome: told, socket });
        result
    }

    /// Waits until the call can go on. False when the socket's own time limit is over before.
    fn is_ready(&self, report: &Report, asked: &Asked) -> bool {
        let (Some(socket), Some(interest)) = (self.socket, self.needs) else { return true };
        // Whoever cannot be asked goes on, and reports its own error.
        let ready = |within: Option<Duration>| is_ready(socket, interest, within).unwrap_or(true);
        if ready(Some(Duration::ZERO)) {
            return true;
        }
        report.say(&Line::Waits(asked.clone()));
        let limit = match interest {
            Interest::Read => socket.read_timeout(),
            Interest::Write => socket.write_timeout(),
        };
        let Some(limit) = limit.ok().flatten() else {
            while !ready(None) {}
            return true;
        };
        // A signal may break a wait off before its time.
        let begun = Instant::now();
        loop {
            let left = limit.saturating_sub(begun.elapsed());
            if ready(Some(left)) {
                return true;
            }
            if left.is_zero() {
                return false;
            }
        }
    }
}
