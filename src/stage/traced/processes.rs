//! Everybody who plays: the programs, their processes and their threads.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::net::SocketAddr;

use super::choice::ThreadKey;
use super::screen::Screen;
use super::thread::{Call, State, Thread, What};
use crate::event::errno::Errno;
use crate::event::op::Kind as OpKind;
use crate::event::{Nanos, Op, Who};
use crate::linux::tracee::descriptors::Descriptors;
use crate::linux::tracee::proc::{self, Look};
use crate::linux::tracee::ptrace::{self, Ending, Tid};
use crate::linux::tracee::spawn;
use crate::linux::tracee::vdso;
use crate::tcp::state::State as TcpState;

/// A program that was asked for.
#[derive(Debug)]
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
    pub terminal: File,
    /// What `/proc` calls its own end of that.
    pub terminal_name: String,
    /// Its lines.
    pub screen: Screen,
    /// How many of its threads have made a call on a socket.
    pub threads: u16,
    /// How many threads it has had.
    births: u32,
    /// Its last call that failed.
    pub last_failure: Option<Failure>,
}

/// A call that failed.
#[derive(Clone, Copy, Debug)]
pub struct Failure {
    /// The call.
    pub op: Op,
    /// The error.
    pub error: Errno,
    /// Its time limit, in nanoseconds, if it was over.
    pub limit: Option<Nanos>,
    /// The address that was asked for.
    pub address: Option<SocketAddr>,
    /// The state of its socket.
    pub state: Option<TcpState>,
    /// Who made it.
    pub key: ThreadKey,
}

impl Failure {
    /// Whether it says only that the call would have to wait, or will be done later: a reason to end
    /// only if nothing else came after it.
    fn is_soft(&self) -> bool {
        matches!(self.error, Errno::Again | Errno::InProgress | Errno::Already | Errno::Intr)
    }
}

impl Program {
    /// What a call leaves behind: how it failed, or that it did not.
    pub fn note(&mut self, key: ThreadKey, op: Op, failure: Option<Failure>) {
        match failure {
            // A question that has no answer is no reason to end.
            _ if matches!(op.kind(), OpKind::Asks | OpKind::Closes | OpKind::Waits) => {}
            Some(failure) => self.last_failure = Some(failure),
            None => drop(self.last_failure.take_if(|failure| failure.is_soft() && failure.key == key)),
        }
    }
}

/// A process.
#[derive(Debug)]
pub struct Process {
    /// The way to its descriptors.
    pub descriptors: Descriptors,
    /// Whether it, or a process that it comes from, has made a call on a socket.
    pub networks: bool,
    /// Whether it, or a process that it comes from, has made a descriptor of signals.
    pub signals: bool,
    /// Its clock, where the stage holds that.
    pub clock: Option<vdso::Clock>,
    /// Whether it has been given that, or cannot be.
    pub furnished: bool,
    /// Which of all processes it is, in the order of their births.
    pub birth: u64,
}

/// Everybody.
#[derive(Debug, Default)]
pub struct Processes {
    /// The programs, the server's first.
    pub programs: Vec<Program>,
    /// Their processes.
    pub processes: BTreeMap<Tid, Process>,
    /// Their threads, in the order of their birth.
    pub threads: Vec<Thread>,
    /// How many processes there have been.
    births: u64,
    /// Threads that have stopped for the first time before anybody told who made them.
    foundlings: BTreeSet<Tid>,
}

impl Processes {
    /// Takes a program in that has been started.
    pub fn enter(&mut self, who: Who, started: spawn::Program) -> ThreadKey {
        let number = self.programs.iter().filter(|program| program.who == who).count() as u16 + 1;
        let spawn::Program { pid, screen, screen_name } = started;
        self.programs.push(Program {
            who,
            number,
            pid,
            ending: None,
            killed: None,
            terminal: screen,
            terminal_name: screen_name,
            screen: Screen::default(),
            threads: 0,
            births: 0,
            last_failure: None,
        });
        self.add_process(pid, [false; 2], None);
        self.add_thread(pid, pid, self.programs.len() - 1, State::Running)
    }

    /// Where a thread is in the list.
    pub fn find(&self, tid: Tid) -> Option<usize> {
        self.threads.iter().position(|thread| thread.tid == tid)
    }

    /// Where a thread is in the list, by what it is in the play.
    pub fn find_key(&self, key: ThreadKey) -> Option<usize> {
        self.threads.iter().position(|thread| thread.key == key)
    }

    fn add_thread(&mut self, tid: Tid, process: Tid, program: usize, state: State) -> ThreadKey {
        let owner = &mut self.programs[program];
        let key = ThreadKey { who: owner.who, program: owner.number, birth: owner.births };
        owner.births += 1;
        let mut thread = Thread::new(key, tid, process, program, state);
        // A thread that is gone already will be told of by waitpid(2).
        thread.look = Look::open(tid).ok();
        self.threads.push(thread);
        key
    }

    /// Notes a process, unless that is done.
    fn add_process(&mut self, pid: Tid, [networks, signals]: [bool; 2], clock: Option<vdso::Clock>) {
        if let std::collections::btree_map::Entry::Vacant(place) = self.processes.entry(pid)
            && let Ok(descriptors) = Descriptors::open(pid)
        {
            let furnished = clock.is_some();
            self.births += 1;
            place.insert(Process { descriptors, networks, signals, clock, furnished, birth: self.births });
        }
    }

    /// A thread has stopped for the first time.
    pub fn stopped_first(&mut self, tid: Tid) {
        match self.find(tid).map(|index| &mut self.threads[index]) {
            Some(thread) => thread.state = State::Held(Call::none(What::Pass)),
            None => drop(self.foundlings.insert(tid)),
        }
    }

    /// A thread has made another one, or a process.
    pub fn forked(&mut self, parent: Tid, child: Tid) {
        let Some(parent) = self.find(parent).map(|index| &self.threads[index]) else { return };
        let (program, family) = (parent.program, self.processes.get(&parent.process));
        let traits = family.map_or([false; 2], |process| [process.networks, process.signals]);
        let process = proc::process_of(child).unwrap_or(child);
        let clock = match process == parent.process {
            true => None,
            false => family.and_then(|process| process.clock.as_ref()?.of_child(child).ok()),
        };
        let state = match self.foundlings.remove(&child) {
            true => State::Held(Call::none(What::Pass)),
            false => State::Unborn,
        };
        self.add_process(process, traits, clock);
        self.add_thread(child, process, program, state);
    }

    /// A process runs another program now, in one thread, which was `former` before.
    pub fn execed(&mut self, pid: Tid, former: Tid) {
        if former != pid {
            self.threads.retain(|thread| thread.tid != pid);
            if let Some(index) = self.find(former) {
                self.threads[index].tid = pid;
            }
        }
        self.threads.retain(|thread| thread.process != pid || thread.tid == pid);
        if let Some(index) = self.find(pid) {
            self.threads[index].look = Look::open(pid).ok();
        }
        if let Some(process) = self.processes.get_mut(&pid) {
            process.descriptors.give_back(..);
            (process.clock, process.furnished) = (None, false);
        }
    }

    /// Whether a thread is the last one of its process that has not been let go.
    pub fn is_last(&self, tid: Tid) -> bool {
        let Some(process) = self.find(tid).map(|index| self.threads[index].process) else { return false };
        self.threads.iter().all(|thread| thread.process != process || thread.tid == tid || thread.leaving)
    }

    /// Whether a thread that was let go for the last time will be heard of once more without anybody's
    /// doing: a process's first thread ends for good only after all its others.
    pub fn ends_soon(&self, thread: &Thread) -> bool {
        let mut others =
            self.threads.iter().filter(|other| other.process == thread.process && other.tid != thread.tid);
        thread.tid != thread.process || others.all(|other| other.leaving)
    }

    /// A thread is no more. Returns what it was.
    pub fn exited(&mut self, tid: Tid, ending: Ending) -> Option<Thread> {
        self.foundlings.remove(&tid);
        let thread = self.find(tid).map(|index| self.threads.remove(index))?;
        let program = &mut self.programs[thread.program];
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
        if self.threads.iter().all(|other| other.process != thread.process) {
            self.processes.remove(&thread.process);
        }
        Some(thread)
    }

    /// Whether a program has come to a bad end.
    pub fn has_failed(&self) -> bool {
        let mut endings = self.programs.iter().filter_map(|program| program.ending);
        endings.any(|ending| ending != Ending::Exit(0))
    }

    /// Takes what the programs' terminals hold, which was read from the calls that printed it already:
    /// or else whoever prints would wait for room.
    pub fn drain_terminals(&self) {
        let mut gone = [0; 65_536];
        for program in &self.programs {
            while matches!(std::io::Read::read(&mut &program.terminal, &mut gone), Ok(1..)) {}
        }
    }

    /// The process of a thread.
    pub fn process_of(&self, thread: &Thread) -> Option<&Process> {
        self.processes.get(&thread.process)
    }

    /// What is behind a number of a thread's.
    pub fn descriptors_of(&self, thread: &Thread) -> Option<&Descriptors> {
        self.process_of(thread).map(|process| &process.descriptors)
    }
}

impl Drop for Processes {
    /// Nobody outlives the play.
    fn drop(&mut self) {
        let processes: BTreeSet<Tid> = self.threads.iter().map(|thread| thread.process).collect();
        for &pid in &processes {
            ptrace::kill(pid, libc::SIGKILL);
        }
        let begun = std::time::Instant::now();
        while ptrace::is_anybody_left() && begun.elapsed() < super::FAREWELL {
            match ptrace::next_stop() {
                Some((tid, ptrace::Stop::Ended(ending))) => drop(self.exited(tid, ending)),
                // Those of whom nobody had told yet are killed as they come.
                Some((tid, _)) => {
                    ptrace::kill(tid, libc::SIGKILL);
                    ptrace::go_on(tid, 0);
                }
                None => {
                    // A signal does not wake whoever stands in its last stop already.
                    self.threads.iter().for_each(|thread| ptrace::go_on(thread.tid, 0));
                    std::thread::sleep(std::time::Duration::from_millis(1));
                }
            }
        }
    }
}
