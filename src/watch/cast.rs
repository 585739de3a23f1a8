//! Who is to play: the programs of both sides, before they have entered.

use std::ffi::OsString;
use std::io;
use std::net::SocketAddr;

use crate::curriculum;
use crate::error::{Error, Result};
use crate::event::Who;
use crate::lang::Lang;
use crate::lesson::Lesson;
#[cfg(feature = "wire")]
use crate::tracee::ptrace::Tid;
use crate::tracee::spawn::{self, Body, Input, Setting};

/// A program that was asked for.
pub enum Role {
    /// A line for the shell.
    Line(OsString),
    /// One side of a lesson.
    Lesson(Lesson),
}

impl Role {
    /// What a word on the command line asks for: `lesson:05`, or a line for the shell.
    ///
    /// # Errors
    /// [`Error::UnknownLesson`].
    pub fn of(word: OsString, lessons: &[Lesson]) -> Result<Role> {
        let Some(name) = word.to_str().and_then(|word| word.strip_prefix("lesson:")) else {
            return Ok(Role::Line(word));
        };
        let entry = curriculum::find(name);
        let lesson = lessons.iter().find(|lesson| entry.is_some_and(|entry| entry.id == lesson.entry.id));
        lesson.copied().map(Role::Lesson).ok_or_else(|| Error::UnknownLesson(name.to_owned()))
    }
}

/// Where clients read from.
pub enum Keyboard {
    /// A person.
    Person,
    /// These bytes, each client for itself.
    Bytes(Vec<u8>),
    /// Nothing.
    Nobody,
}

/// Everybody, and who has not entered yet.
pub struct Cast {
    server: Role,
    clients: Vec<Role>,
    /// How many have entered: of the server's programs, which is one, and of the clients.
    entered: [usize; 2],
    keyboard: Keyboard,
    keyboard_name: Option<String>,
    /// Where the lessons have their server.
    address: SocketAddr,
    /// The language of what the lessons say.
    lang: Lang,
}

impl Cast {
    /// A server, and its clients.
    pub fn new(
        server: Role,
        clients: Vec<Role>,
        keyboard: Keyboard,
        address: SocketAddr,
        lang: Lang,
    ) -> Cast {
        let path = matches!(keyboard, Keyboard::Person).then(|| std::fs::read_link("/proc/self/fd/0").ok());
        let keyboard_name = path.flatten().map(|path| path.to_string_lossy().into_owned());
        Cast { server, clients, entered: [0, 0], keyboard, keyboard_name, address, lang }
    }

    /// Whether nobody of a side has entered, though there is somebody.
    pub fn is_waiting(&self, who: Who) -> bool {
        self.entered[who as usize] == 0 && self.role(who, 0).is_some()
    }

    /// Whether a side has more than one program.
    pub fn has_several(&self, who: Who) -> bool {
        self.role(who, 1).is_some()
    }

    /// Whether somebody of a side has not entered.
    pub fn has_more(&self, who: Who) -> bool {
        self.role(who, self.entered[who as usize]).is_some()
    }

    /// What `/proc` calls what a person types at, where one does.
    pub fn keyboard_name(&self) -> Option<&str> {
        self.keyboard_name.as_deref()
    }

    /// Whether a person types what the clients read.
    pub fn has_person(&self) -> bool {
        matches!(self.keyboard, Keyboard::Person)
    }

    fn role(&self, who: Who, index: usize) -> Option<&Role> {
        match who {
            Who::Client => self.clients.get(index),
            Who::Server => (index == 0).then_some(&self.server),
        }
    }

    /// Starts the next program of a side; none when all have entered.
    pub fn start(&mut self, who: Who, setting: Setting<'_>) -> Option<io::Result<spawn::Program>> {
        self.start_with(who, |body, input| spawn::start(body, input, setting))
    }

    /// The same without a tracer; the program's number.
    #[cfg(feature = "wire")]
    pub fn start_untraced(&mut self, who: Who) -> Option<io::Result<Tid>> {
        self.start_with(who, spawn::start_untraced)
    }

    fn start_with<T>(
        &mut self,
        who: Who,
        start: impl Fn(&Body<'_>, &Input<'_>) -> io::Result<T>,
    ) -> Option<io::Result<T>> {
        let role = self.role(who, self.entered[who as usize])?;
        let input = match (who, &self.keyboard) {
            (Who::Server, _) | (_, Keyboard::Nobody) => Input::Nothing,
            (_, Keyboard::Person) => Input::Inherited,
            (_, Keyboard::Bytes(bytes)) => Input::Bytes(bytes),
        };
        let started = match role {
            Role::Line(line) => start(&Body::Line(line), &input),
            Role::Lesson(lesson) => {
                let play = || lesson.play_alone(who, self.address, self.lang).into();
                start(&Body::Function(&play), &input)
            }
        };
        self.entered[who as usize] += 1;
        Some(started)
    }
}
