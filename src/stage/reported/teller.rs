//! A program that tells of its own calls: how it is started, and heard of.

use std::collections::hash_map::RandomState;
use std::ffi::OsString;
use std::hash::{BuildHasher, Hasher};
use std::io::{self, BufRead, BufReader, ErrorKind, Read};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::Sender;
use std::time::{Duration, Instant};

use crate::event::{Intent, Who};
use crate::lesson::report::{self, Asked, Line, out_of_the_way};
use crate::stage::attribution::Pending;
use crate::stage::ends::Pair;

/// How long a program may take to begin.
const PATIENCE: Duration = Duration::from_secs(10);

/// How often it is looked for meanwhile.
const TICK: Duration = Duration::from_millis(1);

/// The longest line that is read, in bytes: more than the longest call has to say.
const LONGEST: u64 = 64 << 20;

/// A program that tells of its calls.
pub struct Teller {
    /// Whose it is.
    pub who: Who,
    /// What it does.
    pub doing: Doing,
    /// The call that it has told of last.
    pub asked: Option<Asked>,
    /// Its place in the record, until it has returned.
    pub pending: Option<Pending>,
    /// When it was heard of last.
    pub heard: Instant,
    /// The way to let it go on.
    pub turn: TcpStream,
    /// Its exit code, once it has ended.
    pub code: Option<u8>,
    /// Its process, if that is another one.
    child: Option<Child>,
}

/// What a program does, as far as it has told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Doing {
    /// It runs on its own.
    Runs,
    /// It wants to make a call.
    Asks,
    /// It makes its call.
    Calls,
    /// It waits until its call can go on.
    Waits,
    /// It has come to its end.
    Done,
}

/// What was heard of a program.
pub enum Heard {
    /// It has told this.
    Told(Who, Line),
    /// It tells nothing any more.
    Left(Who),
}

impl Teller {
    /// A program that tells over this stream.
    ///
    /// # Errors
    /// What the system reports of the stream.
    pub fn new(who: Who, turn: TcpStream, child: Option<Child>, sender: Sender<Heard>) -> io::Result<Teller> {
        let turn = out_of_the_way(turn)?;
        turn.set_nodelay(true)?;
        let told = out_of_the_way(turn.try_clone()?)?;
        std::thread::spawn(move || listen(who, told, &sender));
        let (doing, heard) = (Doing::Runs, Instant::now());
        Ok(Teller { who, doing, asked: None, pending: None, heard, turn, code: None, child })
    }

    /// Starts this program itself with a command line, and waits until it reports. It may ask a person,
    /// or not; and what it prints itself goes to the standard output, or elsewhere.
    ///
    /// # Errors
    /// What the system reports; `TimedOut` when it does not report.
    pub fn start(
        who: Who,
        words: &[OsString],
        [asks, quiet]: [bool; 2],
        listener: &TcpListener,
        sender: Sender<Heard>,
    ) -> io::Result<Teller> {
        // Anybody on this machine may connect: only the program itself knows this number.
        let secret = RandomState::new().build_hasher().finish().to_string();
        let mut command = Command::new(std::env::current_exe()?);
        command
            .args(words.iter().skip(1))
            .env(report::VARIABLE, format!("{} {secret}", listener.local_addr()?))
            .stdin(if asks { Stdio::inherit() } else { Stdio::null() });
        if quiet {
            command.stdout(io::stderr());
        }
        let mut child = command.spawn()?;
        match await_report(listener, &secret, &mut child) {
            Ok(stream) => Teller::new(who, stream, Some(child), sender),
            Err(error) => {
                let _ = child.kill();
                child.wait()?;
                Err(error)
            }
        }
    }

    /// What it is about to do.
    pub fn intent(&self) -> Option<Intent> {
        let Asked { op, args, .. } = self.asked.as_ref()?;
        Some(Intent { who: self.who, caller: None, op: *op, args: args.clone() })
    }

    /// The connection that its call is about, the client's address first.
    pub fn pair(&self) -> Option<Pair> {
        let socket = self.asked.as_ref()?.socket;
        let (own, peer) = (socket.own?, socket.peer?);
        Some(match self.who {
            Who::Client => (own, peer),
            Who::Server => (peer, own),
        })
    }

    /// It tells nothing any more: it has ended.
    pub fn leave(&mut self) {
        self.doing = Doing::Done;
        let status = self.child.as_mut().and_then(|child| child.wait().ok());
        self.code = status.map(|status| status.code().and_then(|code| u8::try_from(code).ok()).unwrap_or(1));
    }

    /// Ends it, if it has not ended.
    pub fn dismiss(&mut self) {
        // It may have hung up itself.
        let _ = self.turn.shutdown(Shutdown::Both);
        if self.code.is_none()
            && let Some(child) = &mut self.child
        {
            // Whoever has come to its end leaves by itself; everybody else waits for something.
            if self.doing != Doing::Done {
                let _ = child.kill();
            }
            let _ = child.wait();
        }
    }
}

impl Drop for Teller {
    fn drop(&mut self) {
        self.dismiss();
    }
}

/// Waits until a child that was told the secret connects.
fn await_report(listener: &TcpListener, secret: &str, child: &mut Child) -> io::Result<TcpStream> {
    listener.set_nonblocking(true)?;
    let begun = Instant::now();
    loop {
        match listener.accept() {
            Ok((mut stream, _)) => {
                stream.set_nonblocking(false)?;
                stream.set_read_timeout(Some(PATIENCE))?;
                let mut said = vec![0; secret.len()];
                if stream.read_exact(&mut said).is_ok() && said == secret.as_bytes() {
                    stream.set_read_timeout(None)?;
                    return Ok(stream);
                }
            }
            Err(error) if error.kind() == ErrorKind::WouldBlock => {
                if child.try_wait()?.is_some() || begun.elapsed() >= PATIENCE {
                    return Err(ErrorKind::TimedOut.into());
                }
                std::thread::sleep(TICK);
            }
            Err(error) => return Err(error),
        }
    }
}

/// Hands on what a program tells, until it hangs up.
fn listen(who: Who, stream: TcpStream, sender: &Sender<Heard>) {
    let mut told = BufReader::new(stream);
    let mut text = Vec::new();
    loop {
        text.clear();
        let read = told.by_ref().take(LONGEST).read_until(b'\n', &mut text);
        let line = read.ok().filter(|&length| length > 0).and_then(|_| serde_json::from_slice(&text).ok());
        let heard = line.map_or(Heard::Left(who), |line| Heard::Told(who, line));
        let left = matches!(heard, Heard::Left(_));
        // Where nobody listens any more, the play is over.
        if sender.send(heard).is_err() || left {
            return;
        }
    }
}
