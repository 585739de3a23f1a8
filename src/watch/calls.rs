//! The calls of watched programs, at their entry and at their exit.

use std::os::fd::RawFd;
use std::time::Instant;

use super::company::NOTHING;
use super::director::Director;
use super::task::{Held, State, What};
use crate::ends::Pair;
use crate::errno::Errno;
use crate::error::Result;
use crate::event::{Op, Outcome, Who};
use crate::op::Kind;
use crate::tracee::call::{self, Asked, Network};
use crate::tracee::descriptor::{Handle, identity, patience};
use crate::tracee::ptrace::{self, Entry, Tid};
use crate::tracee::{memory, outcome};

impl Director {
    /// A thread stands at the entry of a call.
    pub fn enters(&mut self, tid: Tid) -> Result<()> {
        let Some(index) = self.company.find(tid) else {
            ptrace::go_on(tid, 0);
            return Ok(());
        };
        let task = &self.company.tasks[index];
        let (Ok(entry), Some(process)) = (ptrace::entry(tid), self.company.process_of(task)) else {
            ptrace::go_on(tid, 0);
            return Ok(());
        };
        let asked = call::read(tid, &process.handle, &entry);
        let program = &self.company.programs[task.program];
        let what = match asked {
            Asked::Nothing => None,
            Asked::Network(network) => Some(What::Network(network)),
            Asked::Poll(poll) if poll.timeout.is_some_and(|timeout| timeout.is_zero()) => None,
            Asked::Poll(poll) => Some(What::Poll(poll)),
            Asked::Sleep => Some(What::Sleep),
            Asked::Alarm(time) => {
                let alarm = time.and_then(|time| Instant::now().checked_add(time));
                let pid = task.process;
                self.company.processes.entry(pid).and_modify(|process| process.alarm = alarm);
                None
            }
            Asked::Write(descriptor) => {
                let target = process.handle.borrow(descriptor).ok().as_ref().and_then(identity);
                let printed = target.is_some() && target == program.terminal_identity;
                printed.then(|| What::Write(buffers(tid, &entry)))
            }
        };
        let Some(what) = what else {
            self.go_on(tid, 0);
            return Ok(());
        };
        let mut held = Held::new(what, entry);
        if let What::Network(network) = &held.what {
            self.networks(index);
            held.deadline = self.patience_of(index, network);
        }
        self.reuse_lapsed(index, &mut held)?;
        let task = &mut self.company.tasks[index];
        if self.free || matches!(held.what, What::Sleep) {
            task.fresh = true;
            if self.free && matches!(held.what, What::Network(_)) {
                return self.begin(index, held);
            }
            task.state = State::Inside(held);
            ptrace::go_to_exit(tid);
        } else {
            task.state = State::Held(held);
        }
        Ok(())
    }

    /// How long a call on a socket waits at most.
    fn patience_of(&self, index: usize, network: &Network) -> Option<Instant> {
        let process = self.company.process_of(&self.company.tasks[index])?;
        network.waits_for?;
        let socket = process.handle.tcp(network.descriptor?)?;
        let patience = patience(&socket, network.op.kind() == Kind::Sends)?;
        Instant::now().checked_add(patience)
    }

    /// A thread makes its first call on a socket, or another.
    fn networks(&mut self, index: usize) {
        let task = &mut self.company.tasks[index];
        let program = &mut self.company.programs[task.program];
        task.number.get_or_insert_with(|| {
            program.threads += 1;
            program.threads
        });
        self.company.processes.entry(task.process).and_modify(|process| process.networks = true);
    }

    /// A call that waited in vain and is made again, with nothing in between, is the same wait.
    fn reuse_lapsed(&mut self, index: usize, held: &mut Held) -> Result<()> {
        let task = &mut self.company.tasks[index];
        let op = held.what.op();
        if op.is_none() {
            return Ok(());
        }
        let Some(mut lapsed) = task.lapsed.take() else {
            task.idle = 0;
            return Ok(());
        };
        if lapsed.what.op() == op {
            task.idle += 1;
            held.pending = lapsed.pending.take();
            return Ok(());
        }
        task.idle = 0;
        self.record(index, lapsed, Outcome::Done(0), None)
    }

    /// A thread stands at the exit of its call.
    pub fn returns(&mut self, tid: Tid) -> Result<()> {
        let Some(index) = self.company.find(tid) else {
            ptrace::go_on(tid, 0);
            return Ok(());
        };
        let state = std::mem::replace(&mut self.company.tasks[index].state, State::Large);
        let (State::Inside(mut held), Ok(result)) = (state, ptrace::result(tid)) else {
            self.go_on(tid, 0);
            return Ok(());
        };
        self.give_back(tid, index, &mut held);
        if is_restarted(result) && matches!(held.what, What::Network(_) | What::Poll(_)) {
            // A signal came in between: the kernel makes the same call again, or tells of it then.
            self.company.tasks[index].lapsed = Some(held);
            self.go_on(tid, 0);
            return Ok(());
        }
        match &held.what {
            What::Network(network) => {
                let network = network.clone();
                let Some(process) = self.company.process_of(&self.company.tasks[index]) else {
                    return Ok(());
                };
                let outcome = outcome::read(tid, &process.handle, &held.entry, &network, result);
                let who = self.company.programs[self.company.tasks[index].program].who;
                let pair = pair(&process.handle, &network, &outcome, who).or(held.pair);
                held.pair = pair;
                let keeps = network.op.kind() != Kind::Closes || matches!(outcome, Outcome::Failed(_));
                let socket = network.descriptor.filter(|_| keeps).and_then(|fd| process.handle.tcp(fd));
                self.trace.focus(pair);
                self.note(index, &network, &outcome);
                self.record(index, held, outcome, socket.as_ref())?;
            }
            What::Poll(_) if result == 0 => {
                self.company.tasks[index].lapsed = Some(held);
            }
            What::Poll(_) => {
                self.company.tasks[index].idle = 0;
                let outcome = match result {
                    0.. => Outcome::Done(result),
                    _ => Outcome::Failed(outcome::errno(result)),
                };
                self.record(index, held, outcome, None)?;
            }
            What::Write(buffers) => {
                let printed = memory::content(tid, buffers, u64::try_from(result).unwrap_or(0));
                let program = self.company.tasks[index].program;
                let lines = self.company.programs[program].screen.print(&printed.kept);
                self.show(program, lines)?;
            }
            What::Sleep if !self.free => {
                self.company.tasks[index].state = State::Held(Held::new(What::Awake, NOTHING));
                return Ok(());
            }
            What::Sleep | What::Birth | What::Awake | What::Exit(_) => {}
        }
        self.go_on(tid, 0);
        Ok(())
    }

    /// What a call leaves behind that the verdict will need.
    fn note(&mut self, index: usize, network: &Network, outcome: &Outcome) {
        let program = &mut self.company.programs[self.company.tasks[index].program];
        match (network.op, outcome) {
            // These say that it would have to wait, or will be ready later.
            (_, Outcome::Failed(Errno::Again | Errno::InProgress | Errno::Already | Errno::Intr)) => {}
            // A question that has no answer is no reason to end.
            (op, _) if op.kind() == Kind::Asks => {}
            (op, Outcome::Failed(error)) => program.failed = Some((op, *error)),
            (Op::Listen, _) => self.listens |= program.who == Who::Server,
            (Op::Accept, _) => self.served += u32::from(program.who == Who::Server),
            _ => {}
        }
    }
}

/// Where the bytes of a write(2) or writev(2) are.
fn buffers(tid: Tid, entry: &Entry) -> Vec<memory::Buffer> {
    match entry.number {
        libc::SYS_writev => memory::iovecs(tid, entry.args[1], entry.args[2]),
        _ => vec![memory::Buffer { address: entry.args[1], length: entry.args[2] }],
    }
}

/// The connection that a call is about: after it, where it makes one, or before.
pub fn pair(process: &Handle, network: &Network, outcome: &Outcome, who: Who) -> Option<Pair> {
    let descriptor = match (network.op, outcome) {
        (Op::Accept, Outcome::Accepted(number, _)) => *number as RawFd,
        _ => network.descriptor?,
    };
    let socket = process.tcp(descriptor)?;
    let canonical = |address: socket2::SockAddr| {
        let address = address.as_socket()?;
        Some(std::net::SocketAddr::new(address.ip().to_canonical(), address.port()))
    };
    let (own, peer) = (canonical(socket.local_addr().ok()?)?, canonical(socket.peer_addr().ok()?)?);
    Some(match who {
        Who::Client => (own, peer),
        Who::Server => (peer, own),
    })
}

/// Whether a call was broken off by a signal, and the kernel will decide whether it is made again:
/// its own errors, which no program ever sees (`linux/errno.h`).
fn is_restarted(result: i64) -> bool {
    (-516..=-512).contains(&result)
}
