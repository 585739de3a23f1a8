//! The descriptors of a traced process: each borrowed once (pidfd_getfd(2)) and kept, so that it can be
//! asked at any time, and given back before the program closes it, so that its `close` is the last one.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::io;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd, RawFd};
use std::rc::Rc;

use super::descriptor::{Descriptor, Kind};
use super::ptrace::Tid;

thread_local! {
    /// How many more descriptors may be kept. (ptrace(2) is one thread's business.)
    static ROOM: Cell<usize> = const { Cell::new(0) };
}

/// Says how many descriptors may be kept in all; beyond that they are borrowed anew each time.
pub fn keep_at_most(count: usize) {
    ROOM.set(count);
}

/// The descriptors of one process.
#[derive(Debug)]
pub struct Descriptors {
    pid: Tid,
    pidfd: OwnedFd,
    kept: RefCell<BTreeMap<RawFd, Rc<Descriptor>>>,
}

impl Descriptors {
    /// The way to a process's descriptors.
    ///
    /// # Errors
    /// What pidfd_open(2) reports: `ESRCH` when it is no more.
    pub fn open(pid: Tid) -> io::Result<Descriptors> {
        // SAFETY: pidfd_open(2) takes numbers alone.
        match unsafe { libc::syscall(libc::SYS_pidfd_open, pid, 0) } {
            -1 => Err(io::Error::last_os_error()),
            number => Ok(Descriptors {
                pid,
                // SAFETY: the descriptor is new, and nobody else has it.
                pidfd: unsafe { OwnedFd::from_raw_fd(number as RawFd) },
                kept: RefCell::default(),
            }),
        }
    }

    /// The process's number.
    pub fn pid(&self) -> Tid {
        self.pid
    }

    /// What is behind a number; none if nothing is.
    pub fn get(&self, number: RawFd) -> Option<Rc<Descriptor>> {
        if let Some(known) = self.kept.borrow().get(&number) {
            return Some(Rc::clone(known));
        }
        let found = Rc::new(self.borrow(number)?);
        if ROOM.get() > 0 {
            ROOM.set(ROOM.get() - 1);
            self.kept.borrow_mut().insert(number, Rc::clone(&found));
        }
        Some(found)
    }

    /// What is behind a number, if that is a TCP socket.
    pub fn tcp(&self, number: RawFd) -> Option<Rc<Descriptor>> {
        self.get(number).filter(|found| found.kind == Kind::Tcp)
    }

    /// The numbers of all its descriptors, in order.
    pub fn numbers(&self) -> Vec<RawFd> {
        let Ok(folder) = std::fs::read_dir(format!("/proc/{}/fd", self.pid)) else { return Vec::new() };
        let mut numbers: Vec<_> =
            folder.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok()).collect();
        numbers.sort_unstable();
        numbers
    }

    /// All its TCP sockets, by their numbers.
    pub fn sockets(&self) -> Vec<(RawFd, Rc<Descriptor>)> {
        self.numbers().into_iter().filter_map(|number| Some((number, self.tcp(number)?))).collect()
    }

    /// Whether one of its descriptors is of the same open file as a timer.
    pub fn has_timer(&self, timer: &Descriptor) -> bool {
        let is_timer = |number: &RawFd| {
            std::fs::read_link(format!("/proc/{}/fd/{number}", self.pid))
                .is_ok_and(|name| name == *timer.name)
        };
        let mut timers = self.numbers().into_iter().filter(is_timer);
        timers.any(|number| self.get(number).is_some_and(|found| found.is_same_file(timer)))
    }

    /// Gives back what was kept of some numbers: the process is about to close them.
    pub fn give_back(&self, numbers: impl std::ops::RangeBounds<RawFd>) {
        self.kept.borrow_mut().retain(|number, _| {
            let stays = !numbers.contains(number);
            ROOM.set(ROOM.get() + usize::from(!stays));
            stays
        });
    }

    fn borrow(&self, number: RawFd) -> Option<Descriptor> {
        // SAFETY: pidfd_getfd(2) takes numbers alone.
        let descriptor =
            match unsafe { libc::syscall(libc::SYS_pidfd_getfd, self.pidfd.as_raw_fd(), number, 0) } {
                -1 => return None,
                // SAFETY: the descriptor is new, and nobody else has it.
                number => unsafe { OwnedFd::from_raw_fd(number as RawFd) },
            };
        let name = std::fs::read_link(format!("/proc/{}/fd/{number}", self.pid)).unwrap_or_default();
        let name = name.to_string_lossy().into_owned();
        Some(Descriptor::new(descriptor, name))
    }
}

impl Drop for Descriptors {
    fn drop(&mut self) {
        self.give_back(..);
    }
}
