//! What can go wrong, as data: the call that failed and why. The sentences are in `narrate`.

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;

use super::op::Op;
use crate::event::damage::{Damage, Fault};
use crate::text::lang::Text;

/// The result of everything that can fail.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why programs are not watched from outside.
#[derive(Debug)]
pub enum Untraced {
    /// Somebody else traces this program already.
    Already,
    /// Programs cannot be traced here.
    Refused(io::Error),
}

/// What went wrong.
#[derive(Debug)]
pub enum Error {
    /// A system call on a socket failed.
    Call {
        /// The call.
        op: Op,
        /// The address that it was about, where it has one.
        address: Option<SocketAddr>,
        /// What the system said.
        source: io::Error,
    },
    /// The sentence has no byte in it, so that `send` would send nothing at all.
    EmptySentence,
    /// The mode has no byte in it, and would not be sent either.
    EmptyMode,
    /// The end of the input at a prompt.
    EndOfInput,
    /// The input is not UTF-8, or could not be read.
    Input(io::Error),
    /// The answer is not UTF-8.
    NotText,
    /// The lesson's output could not be written.
    Output(io::Error),
    /// The file of `--save` could not be written.
    Save {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// `--wire require`, and there is no way to the wire here.
    NoWire,
    /// Both sides waited for each other.
    Deadlock,
    /// Nothing more will happen, and it is no end.
    Stuck,
    /// The time set for a play is over.
    TimeOver,
    /// A program that was watched came to a bad end.
    Crashed,
    /// A program could not be started, or not be watched.
    Watch(io::Error),
    /// Ctrl-C and its like cannot be handled.
    Signal(io::Error),
    /// There is no lesson of this name.
    UnknownLesson(String),
    /// An interface cannot be watched.
    Capture {
        /// The interface.
        interface: String,
        /// This program, which would need the right to.
        program: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// More ports than a filter can name; this many it can.
    TooManyPorts(usize),
    /// What was not needed any longer could not be given up.
    Privilege(io::Error),
    /// The wire broke down while it was watched.
    Wire(io::Error),
    /// There is neither a room nor another way to the wire, for these reasons.
    NoRoom(Vec<Text>),
    /// The wire cannot be made as it was asked for here, for these reasons.
    NoWeather(Vec<Text>),
    /// No room of this number is open.
    UnknownRoom(u32),
    /// Which room is to be entered has to be said: there are these, or none.
    WhichRoom(Vec<u32>),
    /// A room could not be entered.
    Room(io::Error),
    /// A program could not be started.
    Start {
        /// Its name.
        program: String,
        /// What the system said.
        source: io::Error,
    },
    /// A file could not be opened for reading.
    Open {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A capture file could not be read to its end.
    Damaged {
        /// The file.
        path: PathBuf,
        /// Where and why.
        damage: Damage,
    },
}

impl Error {
    /// Whether a call waited in vain for as long as its socket's time limit allows.
    pub fn is_time_over(&self) -> bool {
        matches!(self, Error::Call { source, .. } if source.kind() == io::ErrorKind::WouldBlock)
    }

    /// The exit code of a program that ends with this error: 0 where nothing is wrong, 2 where the
    /// input was, 3 for a deadlock, 1 for everything else.
    pub fn exit_code(&self) -> u8 {
        match self {
            Error::Output(error) if error.kind() == io::ErrorKind::BrokenPipe => 0,
            Error::EmptySentence | Error::EmptyMode | Error::EndOfInput | Error::Input(_) => 2,
            Error::UnknownLesson(_)
            | Error::UnknownRoom(_)
            | Error::WhichRoom(_)
            | Error::TooManyPorts(_)
            | Error::Open { .. } => 2,
            Error::Damaged { damage, .. } => match damage.fault {
                Fault::Foreign(_) => 2,
                Fault::Unreadable(_) => 1,
                Fault::Cut | Fault::Broken | Fault::Oversized(_) | Fault::UnknownInterface(_) => 4,
            },
            Error::Start { source, .. } if source.kind() == io::ErrorKind::NotFound => 127,
            Error::Start { .. } => 126,
            Error::Capture { .. }
            | Error::Privilege(_)
            | Error::Wire(_)
            | Error::NoRoom(_)
            | Error::NoWeather(_)
            | Error::Room(_) => 1,
            Error::Deadlock | Error::Stuck | Error::TimeOver => 3,
            Error::Crashed | Error::Watch(_) | Error::Signal(_) => 1,
            Error::Call { .. } | Error::NotText => 1,
            Error::Output(_) | Error::Save { .. } | Error::NoWire => 1,
        }
    }
}

impl fmt::Display for Error {
    /// The bare fact; what a person should read comes from `narrate`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::Call { op, source, .. } => write!(f, "{}: {source}", op.name()),
            Error::EmptySentence => f.write_str("send: the sentence is empty"),
            Error::EmptyMode => f.write_str("send: the mode is empty"),
            Error::EndOfInput => f.write_str("read: end of input"),
            Error::Input(source) => write!(f, "read: {source}"),
            Error::NotText => f.write_str("recv: the answer is not UTF-8"),
            Error::Output(source) => write!(f, "write: {source}"),
            Error::Save { path, source } => write!(f, "open: {}: {source}", path.display()),
            Error::NoWire => f.write_str("socket(AF_PACKET): no way to the wire"),
            Error::Deadlock => f.write_str("recv: deadlock"),
            Error::Stuck => f.write_str("wait: nothing more will happen"),
            Error::TimeOver => f.write_str("wait: the time is over"),
            Error::Crashed => f.write_str("wait: a program failed"),
            Error::Watch(source) => write!(f, "ptrace: {source}"),
            Error::Signal(source) => write!(f, "sigaction: {source}"),
            Error::Capture { interface, source, .. } => {
                write!(f, "socket(AF_PACKET): {interface}: {source}")
            }
            Error::UnknownLesson(name) => write!(f, "no lesson {name:?}"),
            Error::TooManyPorts(most) => write!(f, "more than {most} ports"),
            Error::Privilege(source) => write!(f, "capset: {source}"),
            Error::Wire(source) => write!(f, "recvfrom: {source}"),
            Error::UnknownRoom(id) => write!(f, "no room {id}"),
            Error::WhichRoom(ids) => write!(f, "which room of {ids:?}"),
            Error::Room(source) => write!(f, "setns: {source}"),
            Error::NoRoom(_) => f.write_str("unshare: no room"),
            Error::NoWeather(_) => f.write_str("setsockopt: no such weather here"),
            Error::Start { program, source } => write!(f, "execvp: {program}: {source}"),
            Error::Open { path, source } => write!(f, "open: {}: {source}", path.display()),
            Error::Damaged { path, damage } => {
                write!(f, "read: {}: byte {}: {:?}", path.display(), damage.offset, damage.fault)
            }
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Error::Call { source, .. } | Error::Save { source, .. } => Some(source),
            Error::Input(source) | Error::Output(source) | Error::Watch(source) => Some(source),
            Error::Capture { source, .. } | Error::Start { source, .. } | Error::Open { source, .. } => {
                Some(source)
            }
            Error::Privilege(source) | Error::Wire(source) | Error::Room(source) => Some(source),
            _ => None,
        }
    }
}
