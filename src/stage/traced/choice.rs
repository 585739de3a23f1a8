//! What the stage may choose: the seam at which another order could be asked for than the ordinary
//! one.

use crate::event::Who;

/// A thread by what it is in the play, the same on every run: never by the kernel's number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ThreadKey {
    /// The side.
    pub who: Who,
    /// The side's program, from 1.
    pub program: u16,
    /// Which of the program's threads, in the order of their births, from 0.
    pub birth: u32,
}

/// A point at which the conversation could go on in more than one way.
#[derive(Clone, Copy, Debug)]
pub enum Point<'a> {
    /// Several threads can go on.
    Next(&'a [ThreadKey]),
}

impl Point<'_> {
    /// The thread that a choice is; the ordinary one where there is no such choice.
    pub fn thread(&self, choice: usize) -> Option<ThreadKey> {
        let Point::Next(threads) = self;
        threads.get(choice).or(threads.first()).copied()
    }
}

/// Who chooses.
pub trait Choices {
    /// Which of the alternatives it is; 0 is always the ordinary one.
    fn choose(&mut self, at: &Point<'_>) -> usize;
}

/// The ordinary way: taking turns.
#[derive(Clone, Copy, Debug, Default)]
pub struct InTurn;

impl Choices for InTurn {
    fn choose(&mut self, _: &Point<'_>) -> usize {
        0
    }
}
