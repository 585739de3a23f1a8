//! Everybody who plays: the programs, their processes and their threads.

use std::collections::{BTreeMap, BTreeSet};
use std::os::fd::OwnedFd;
use std::time::Instant;

use super::screen::Screen;
use super::task::{Held, State, Task, What};
use crate::errno::Errno;
use crate::event::{Op, Who};
use crate::tracee::descriptor::{Handle, Identity};
use crate::tracee::proc;
use crate::tracee::ptrace::{self, Ending, Entry, Tid};
use crate::tracee::spawn;

/// A program that was asked for.
pub struct Program {
    /// Whose it is.
    pub who: Who,
    /// Which of that side's, from 1.
    pub number: u16,
    /// Its first process.
    pub pid: Tid,
    /// How that ended, once it has.
    pub ending: Option<Ending>,
    /// The signal that ended one of its processes last.
    killed: Option<i32>,
    /// What it prints, unread: the calls that print have been seen.
    pub terminal: OwnedFd,
    /// What its end of that is.
    pub terminal_identity: Option<Identity>,
    /// Its lines.
    pub screen: Screen,
    /// How many of its threads have made a call on a socket.
    pub threads: u16,
    /// Its last call that failed.
    pub failed: Option<(Op, Errno)>,
}

/// A process.
pub struct Process {
    /// The way to its descriptors.
    pub handle: Handle,
    /// Whether it, or a process that it comes from, has made a call on a socket.
    pub networks: bool,
    /// When a signal will wake it.
    pub alarm: Option<Instant>,
}

/// No call: for what is no call's doing.
pub const NOTHING: Entry = Entry { number: -1, args: [0; 6] };

/// Everybody.
#[derive(Default)]
pub struct Company {
    /// The programs, the server's first.
    pub programs: Vec<Program>,
    /// Their processes.
    pub processes: BTreeMap<Tid, Process>,
    /// Their threads, in the order of their birth.
    pub tasks: Vec<Task>,
    /// Threads that have stopped for the first time before anybody told who made them.
    foundlings: BTreeSet<Tid>,
}

impl Company {
    /// Takes a program in that has been started.
    pub fn enter(&mut self, who: Who, started: spawn::Program) {
        let number = self.programs.iter().filter(|program| program.who == who).count() as u16 + 1;
        let spawn::Program { pid, screen, screen_identity } = started;
        self.programs.push(Program {
            who,
            number,
            pid,
            ending: None,
            killed: None,
            terminal: screen,
            terminal_identity: screen_identity,
            screen: Screen::default(),
            threads: 0,
            failed: None,
        });
        self.house(pid, false);
        self.tasks.push(Task::new(pid, pid, self.programs.len() - 1, State::Large));
    }

    /// Where a thread is in the list.
    pub fn find(&self, tid: Tid) -> Option<usize> {
        self.tasks.iter().position(|task| task.tid == tid)
    }

    /// Notes a process, unless that is done.
    fn house(&mut self, pid: Tid, networks: bool) {
        if let std::collections::btree_map::Entry::Vacant(place) = self.processes.entry(pid)
            && let Ok(handle) = Handle::open(pid)
        {
            place.insert(Process { handle, networks, alarm: None });
        }
    }

    /// A thread has stopped for the first time, or after a stop of its group.
    pub fn born(&mut self, tid: Tid) {
        match self.find(tid).map(|index| &mut self.tasks[index]) {
            Some(task) if matches!(task.state, State::Unborn) => {
                task.state = State::Held(Held::new(What::Birth, NOTHING));
            }
            Some(task) => {
                task.stands = false;
                ptrace::go_on(tid, 0);
            }
            None => drop(self.foundlings.insert(tid)),
        }
    }

    /// A thread has made another one, or a process.
    pub fn adopt(&mut self, parent: Tid, child: Tid) {
        let Some(parent) = self.find(parent).map(|index| &self.tasks[index]) else { return };
        let (program, networks) =
            (parent.program, self.processes.get(&parent.process).is_some_and(|process| process.networks));
        let state = match self.foundlings.remove(&child) {
            true => State::Held(Held::new(What::Birth, NOTHING)),
            false => State::Unborn,
        };
        let process = proc::process_of(child).unwrap_or(child);
        self.house(process, networks);
        self.tasks.push(Task::new(child, process, program, state));
    }

    /// A process runs another program now, in one thread, which was `former` before.
    pub fn became(&mut self, pid: Tid, former: Tid) {
        if former != pid {
            self.tasks.retain(|task| task.tid != pid);
            if let Some(index) = self.find(former) {
                self.tasks[index].tid = pid;
            }
        }
        self.tasks.retain(|task| task.process != pid || task.tid == pid);
    }

    /// Whether a thread is the last one of its process that has not been let go.
    pub fn is_last(&self, tid: Tid) -> bool {
        let Some(process) = self.find(tid).map(|index| self.tasks[index].process) else { return false };
        self.tasks.iter().all(|task| task.process != process || task.tid == tid || task.leaving)
    }

    /// Whether a thread that was let go for the last time will be heard of once more without anybody's
    /// doing: a process's first thread ends for good only after all its others.
    pub fn ends_soon(&self, task: &Task) -> bool {
        let mut others =
            self.tasks.iter().filter(|other| other.process == task.process && other.tid != task.tid);
        task.tid != task.process || others.all(|other| other.leaving)
    }

    /// A thread is no more. Returns what it was.
    pub fn left(&mut self, tid: Tid, ending: Ending) -> Option<Task> {
        self.foundlings.remove(&tid);
        let task = self.find(tid).map(|index| self.tasks.remove(index))?;
        let program = &mut self.programs[task.program];
        if let Ending::Signal(signal) = ending {
            program.killed = Some(signal);
        }
        if program.pid == tid {
            // A shell tells of a signal that ended its command as 128 and the signal's number.
            program.ending = Some(match (ending, program.killed) {
                (Ending::Exit(code), Some(signal)) if code == 128 + signal => Ending::Signal(signal),
                (ending, _) => ending,
            });
        }
        if self.tasks.iter().all(|other| other.process != task.process) {
            self.processes.remove(&task.process);
        }
        Some(task)
    }

    /// Whether somebody of a side is still there.
    pub fn has(&self, who: Who) -> bool {
        self.tasks.iter().any(|task| self.programs[task.program].who == who)
    }

    /// The process of a thread.
    pub fn process_of(&self, task: &Task) -> Option<&Process> {
        self.processes.get(&task.process)
    }
}

impl Drop for Company {
    /// Nobody outlives the play.
    fn drop(&mut self) {
        let processes: BTreeSet<Tid> = self.tasks.iter().map(|task| task.process).collect();
        for &pid in &processes {
            // SAFETY: kill(2) takes numbers. The process is traced by this one, which has not been
            // told of its end: nobody else can have its number.
            unsafe { libc::kill(pid, libc::SIGKILL) };
        }
        let begun = Instant::now();
        while ptrace::is_anybody_left() && begun.elapsed() < super::FAREWELL {
            match ptrace::next_stop() {
                Some((tid, ptrace::Stop::Ended(ending))) => drop(self.left(tid, ending)),
                // Those of whom nobody had told yet are killed as they come.
                Some((tid, _)) => {
                    // SAFETY: as above.
                    unsafe { libc::kill(tid, libc::SIGKILL) };
                    ptrace::go_on(tid, 0);
                }
                None => {
                    // A signal does not wake whoever stands in its last stop already.
                    self.tasks.iter().for_each(|task| ptrace::go_on(task.tid, 0));
                    std::thread::sleep(std::time::Duration::from_millis(1));
                }
            }
        }
    }
}
