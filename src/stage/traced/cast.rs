//! Who is to play: the programs of both sides, before they have entered.

use std::ffi::OsString;
use std::fs::File;
use std::io;

use crate::event::Who;
use crate::event::error::{Error, Result};
use crate::lesson::curriculum;
use crate::lesson::program::Lesson;
use crate::lesson::side::Script;
#[cfg(feature = "wire")]
use crate::linux::pid_namespace::PidNamespace;
#[cfg(feature = "wire")]
use crate::linux::tracee::ptrace::Tid;
use crate::linux::tracee::spawn::{self, Body, Input, Setting};

/// A program that was asked for.
pub enum Role {
    /// A line for the shell.
    Line(OsString),
    /// One side of a lesson, which knows this.
    Lesson(Lesson, Script),
}

impl Role {
    /// What a word on the command line asks for: `lesson:05`, or a line for the shell.
    ///
    /// # Errors
    /// [`Error::UnknownLesson`].
    pub fn of(word: OsString, lessons: &[Lesson], script: &Script) -> Result<Role> {
        let Some(name) = word.to_str().and_then(|word| word.strip_prefix("lesson:")) else {
            return Ok(Role::Line(word));
        };
        let entry = curriculum::find(name);
        let lesson = lessons.iter().find(|lesson| entry.is_some_and(|entry| entry.id == lesson.entry.id));
        let unknown = || Error::UnknownLesson(name.to_owned());
        lesson.map(|lesson| Role::Lesson(lesson.clone(), script.clone())).ok_or_else(unknown)
    }

    fn body(&self, who: Who) -> Body {
        match self {
            Role::Line(line) => Body::Line(line.clone()),
            Role::Lesson(lesson, script) => Body::Own(lesson.command_line(who, script)),
        }
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
    server: Option<Role>,
    clients: Vec<Role>,
    /// How many have entered: of the server's programs, which is one, and of the clients.
    entered: [usize; 2],
    keyboard: Keyboard,
    keyboard_name: Option<String>,
    /// Where programs complain; none has them do so where they print.
    complaints: Option<File>,
}

impl Cast {
    /// A server, if there is one, and its clients.
    pub fn new(server: Option<Role>, clients: Vec<Role>, keyboard: Keyboard) -> Cast {
        let path = matches!(keyboard, Keyboard::Person).then(|| std::fs::read_link("/proc/self/fd/0").ok());
        let keyboard_name = path.flatten().map(|path| path.to_string_lossy().into_owned());
        Cast { server, clients, entered: [0, 0], keyboard, keyboard_name, complaints: None }
    }

    /// Has the programs complain into this file.
    pub fn complain_into(&mut self, complaints: File) {
        self.complaints = Some(complaints);
    }

    /// The sides that there are, one for each program.
    pub fn sides(&self) -> Vec<Who> {
        let clients = self.clients.iter().map(|_| Who::Client);
        clients.chain(self.server.iter().map(|_| Who::Server)).collect()
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
            Who::Server => self.server.as_ref().filter(|_| index == 0),
        }
    }

    /// Starts the next program of a side; none when all have entered.
    pub fn start(&mut self, who: Who, setting: Setting<'_>) -> Option<io::Result<spawn::Program>> {
        let complaints = self.complaints.as_ref();
        let role = self.role(who, self.entered[who as usize])?;
        let started = spawn::start(&role.body(who), &self.input(who), complaints, setting);
        self.entered[who as usize] += 1;
        Some(started)
    }

    /// The same without a tracer; the program's number.
    #[cfg(feature = "wire")]
    pub fn start_untraced(&mut self, who: Who, numbers: Option<&PidNamespace>) -> Option<io::Result<Tid>> {
        let role = self.role(who, self.entered[who as usize])?;
        let started = spawn::start_untraced(&role.body(who), &self.input(who), numbers);
        self.entered[who as usize] += 1;
        Some(started)
    }

    fn input(&self, who: Who) -> Input<'_> {
        match (who, &self.keyboard) {
            (Who::Server, _) | (_, Keyboard::Nobody) => Input::Nothing,
            (_, Keyboard::Person) => Input::Inherited,
            (_, Keyboard::Bytes(bytes)) => Input::Bytes(bytes),
        }
    }
}
