//! Who is to play: the programs of both sides, before they have entered.

use std::ffi::OsString;
use std::io;

use crate::event::Who;
use crate::tracee::spawn::{self, Body, Input};

/// A program that was asked for.
pub enum Role {
    /// A line for the shell.
    Line(OsString),
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
}

impl Cast {
    /// A server, and its clients.
    pub fn new(server: Role, clients: Vec<Role>, keyboard: Keyboard) -> Cast {
        Cast { server, clients, entered: [0, 0], keyboard }
    }

    /// Whether nobody of a side has entered, though there is somebody.
    pub fn is_waiting(&self, who: Who) -> bool {
        self.entered[who as usize] == 0 && self.role(who, 0).is_some()
    }

    /// Whether a side has more than one program.
    pub fn has_several(&self, who: Who) -> bool {
        self.role(who, 1).is_some()
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
    pub fn start(&mut self, who: Who) -> Option<io::Result<spawn::Program>> {
        let role = self.role(who, self.entered[who as usize])?;
        let input = match (who, &self.keyboard) {
            (Who::Server, _) | (_, Keyboard::Nobody) => Input::Nothing,
            (_, Keyboard::Person) => Input::Inherited,
            (_, Keyboard::Bytes(bytes)) => Input::Bytes(bytes),
        };
        let started = match role {
            Role::Line(line) => spawn::start(&Body::Line(line), &input),
        };
        self.entered[who as usize] += 1;
        Some(started)
    }
}
