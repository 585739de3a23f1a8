//! A call whose own patience ends while it is held: it is made to return at once, and nothing of that
//! is left behind.

use super::director::Director;
use super::task::{Borrowed, Held, What};
use crate::tracee::call::{Place, Poll};
use crate::tracee::ptrace::Tid;
use crate::tracee::{memory, regs};

impl Director {
    /// The time that a call was to wait has passed while it was held: it is made to return at once.
    pub fn cut_short(&mut self, index: usize, held: &mut Held) {
        let tid = self.company.tasks[index].tid;
        match &held.what {
            What::Poll(Poll { place: Place::Argument(argument), .. }) => {
                if let Ok(before) = regs::get(tid) {
                    let mut registers = before;
                    *regs::argument(&mut registers, *argument) = 0;
                    if regs::set(tid, registers).is_ok() {
                        held.borrowed = Borrowed::Registers(Box::new(before));
                    }
                }
            }
            // The kernel would write there how much time is left, if it waited by itself.
            What::Poll(Poll { place: Place::Memory(address), .. }) => {
                let _ = memory::write(tid, *address, &[0; size_of::<libc::timespec>()]);
            }
            What::Network(_) => {
                self.set_blocking(index, held, false);
                held.borrowed = Borrowed::Blocking;
            }
            What::Birth | What::Write(_) | What::Sleep | What::Awake | What::Exit(_) => {}
        }
    }

    /// Whether calls on a socket wait: a setting of the socket, shared by all who have it.
    fn set_blocking(&self, index: usize, held: &Held, blocking: bool) {
        let What::Network(network) = &held.what else { return };
        let process = self.company.process_of(&self.company.tasks[index]);
        let socket = process.zip(network.descriptor).and_then(|(process, fd)| process.handle.tcp(fd));
        if let Some(socket) = socket {
            // A socket that has gone has no setting any more.
            let _ = socket.set_nonblocking(!blocking);
        }
    }

    /// Undoes what was changed for the call.
    pub fn give_back(&mut self, tid: Tid, index: usize, held: &mut Held) {
        match std::mem::replace(&mut held.borrowed, Borrowed::Nothing) {
            Borrowed::Nothing => {}
            Borrowed::Registers(before) => {
                // The result stays; the arguments are what they were.
                if let Ok(mut after) = regs::get(tid) {
                    let mut before = *before;
                    for argument in 0..6 {
                        *regs::argument(&mut after, argument) = *regs::argument(&mut before, argument);
                    }
                    let _ = regs::set(tid, after);
                }
            }
            Borrowed::Blocking => self.set_blocking(index, held, true),
        }
    }
}
