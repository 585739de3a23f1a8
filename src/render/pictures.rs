//! The pictures of one run, which all get the same events.

use std::io;

use crate::event::Event;
use crate::event::error::{Error, Result};
use crate::event::truth::{Truth, Wire};
use crate::render::{Picture, Scene};

/// The pictures.
pub struct Gallery {
    pictures: Vec<Box<dyn Picture>>,
}

impl Gallery {
    /// A gallery of these pictures.
    pub fn new(pictures: Vec<Box<dyn Picture>>) -> Gallery {
        Gallery { pictures }
    }

    /// Before the first event.
    ///
    /// # Errors
    /// [`Error::Output`] when a picture cannot be begun.
    pub fn begin(&mut self, scene: &Scene) -> Result<()> {
        self.each(|picture| picture.begin(scene))
    }

    /// One event.
    ///
    /// # Errors
    /// [`Error::Output`] when a picture cannot go on.
    pub fn event(&mut self, event: &Event) -> Result<()> {
        self.each(|picture| picture.event(event))
    }

    /// After the last event.
    ///
    /// # Errors
    /// [`Error::Output`] when a picture cannot be ended.
    pub fn end(&mut self, truth: &Truth, wire: Wire) -> Result<()> {
        self.each(|picture| picture.end(truth, wire))
    }

    fn each(&mut self, mut verb: impl FnMut(&mut dyn Picture) -> io::Result<()>) -> Result<()> {
        // A reader that has gone ends its own picture; the others go on as long as there are any.
        let mut gone = None;
        let mut failed = None;
        self.pictures.retain_mut(|picture| match verb(picture.as_mut()) {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {
                gone = Some(error);
                false
            }
            other => {
                failed = failed.take().or(other.err());
                true
            }
        });
        match failed.or(gone.filter(|_| self.pictures.is_empty())) {
            Some(error) => Err(Error::Output(error)),
            None => Ok(()),
        }
    }
}
