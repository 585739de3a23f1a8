//! A thread at the entry of a call: held if the stage has to know about it, or else let into the
//! kernel at once.

use std::ops::RangeInclusive;
use std::os::fd::RawFd;

use super::{Heard, Tracer};
use crate::event::Op;
use crate::linux::tracee::call::{self, Asked, Network};
use crate::linux::tracee::descriptor::Kind;
use crate::linux::tracee::memory::{self, Buffer};
use crate::linux::tracee::ptrace::{self, Entry, Tid};
use crate::linux::tracee::waits::{Poll, members};
use crate::linux::tracee::{regs, timers};
use crate::stage::traced::thread::{Call, State, What};

impl Tracer {
    /// A thread stands at the entry of a call.
    pub(super) fn enters(&mut self, tid: Tid) -> Heard {
        let Some(index) = self.processes.find(tid) else {
            ptrace::go_on(tid, 0);
            return Heard::Nothing;
        };
        self.furnish_copy(self.processes.threads[index].process);
        let thread = &self.processes.threads[index];
        let (Ok(entry), Some(descriptors)) = (ptrace::entry(tid), self.processes.descriptors_of(thread))
        else {
            self.go_on(tid, 0);
            return Heard::Nothing;
        };
        let asked = call::read(tid, descriptors, &entry);
        let call = match asked {
            Asked::Nothing => return self.pass(tid),
            Asked::Signal => {
                self.signals = true;
                // It goes on when the signal has reached whom it is for.
                self.go_to_exit(index, Call::new(What::Pass, entry, None));
                return Heard::Nothing;
            }
            Asked::Signals => {
                let pid = thread.process;
                self.processes.processes.entry(pid).and_modify(|process| process.signals = true);
                return self.pass(tid);
            }
            Asked::Timing(timing) => return self.times(index, timing),
            Asked::Random(buffers) => return self.draws(index, &buffers),
            Asked::Close(range) => return self.closes(index, entry, range),
            Asked::Wait { op, limit, argument } => return self.waits(index, entry, op, limit, argument),
            Asked::Take { op, descriptor } => return self.takes(index, entry, op, descriptor),
            Asked::Limited { op, descriptor, sends } => {
                return self.waits_on_socket(index, entry, op, descriptor, sends);
            }
            Asked::Print(name, _) if name != self.processes.programs[thread.program].terminal_name => {
                return self.pass(tid);
            }
            Asked::Print(_, buffers) => Call::new(What::Print(buffers), entry, None),
            Asked::Sleep { limit, rest } => {
                let deadline = self.clock.deadline(limit);
                let time = deadline.map_or(0, |deadline| deadline.saturating_sub(self.clock.now()));
                let call = self.resume_broken(index, Call::new(What::Sleep { time, rest }, entry, deadline));
                if !self.clock.is_held() {
                    self.go_to_exit(index, call);
                    return Heard::Nothing;
                }
                call
            }
            Asked::Poll(poll) => {
                let deadline = self.clock.deadline(poll.limit);
                let unseen = !poll.is_look() && self.must_see_itself(index, &entry, &poll);
                let call = self.resume_broken(index, Call::new(What::Poll(poll), entry, deadline));
                if unseen && !self.free {
                    self.let_in(index, call);
                    return Heard::Nothing;
                }
                call
            }
            Asked::Network(network) => {
                self.networks(index);
                self.make_way(index, &network);
                let thread = &self.processes.threads[index];
                if thread.broken.as_ref().is_none_or(|broken| broken.entry != entry) {
                    self.line.sees(thread.who(), tid, &network);
                }
                self.resume_broken(index, Call::new(What::Network(network), entry, None))
            }
        };
        let mut call = call;
        call.limit = call.deadline.map(|deadline| deadline.saturating_sub(self.clock.now()));
        let thread = &self.processes.threads[index];
        let polls = thread.number.is_none() && matches!(call.what, What::Poll(_));
        if polls && !self.sockets_of(thread, &call).is_empty() {
            self.networks(index);
        }
        let is_network = matches!(call.what, What::Network(_));
        let thread = &mut self.processes.threads[index];
        thread.state = State::Held(call);
        if !self.free {
            return Heard::Nothing;
        }
        if is_network {
            return Heard::Calls(index);
        }
        if let State::Held(call) = std::mem::replace(&mut thread.state, State::Running) {
            self.go_to_exit(index, call);
        }
        Heard::Nothing
    }

    /// Lets a thread make a call that the stage has nothing to do with.
    pub(super) fn pass(&mut self, tid: Tid) -> Heard {
        self.go_on(tid, 0);
        Heard::Nothing
    }

    /// A thread makes its first call on a socket, or another.
    fn networks(&mut self, index: usize) {
        let thread = &mut self.processes.threads[index];
        let program = &mut self.processes.programs[thread.program];
        thread.number.get_or_insert_with(|| {
            program.threads += 1;
            program.threads
        });
        if let Some(process) = self.processes.processes.get_mut(&thread.process) {
            process.networks = true;
        }
    }

    /// Whether a call looks at what only its own process can see: signals as a descriptor, or with a
    /// mask of signals that holds for the call alone.
    fn must_see_itself(&self, index: usize, entry: &Entry, poll: &Poll) -> bool {
        let masked = match entry.number {
            libc::SYS_ppoll => entry.args[3] != 0,
            // The address of the mask and its length.
            libc::SYS_pselect6 => {
                entry.args[5] != 0
                    && memory::bytes(self.processes.threads[index].tid, entry.args[5], 8) != [0; 8]
            }
            libc::SYS_epoll_pwait | libc::SYS_epoll_pwait2 => entry.args[4] != 0,
            _ => false,
        };
        let thread = &self.processes.threads[index];
        let Some(process) = self.processes.process_of(thread).filter(|process| process.signals) else {
            return masked;
        };
        let descriptors = &process.descriptors;
        let is_signals =
            |number: RawFd| descriptors.get(number).is_some_and(|found| found.kind == Kind::Signals);
        masked
            || match poll.descriptor() {
                Some(epoll) => {
                    members(descriptors.pid(), epoll).into_iter().any(|(number, _)| is_signals(number))
                }
                None => poll.watched.iter().any(|&(number, _)| is_signals(number)),
            }
    }

    /// A call that a signal broke off and that is made again is the same wait: it keeps its place in
    /// the record, and its deadline.
    pub(super) fn resume_broken(&mut self, index: usize, mut call: Call) -> Call {
        if let Some(broken) = self.processes.threads[index].broken.take()
            && broken.entry == call.entry
        {
            call.pending = broken.pending;
            call.pair = broken.pair;
            call.deadline = broken.deadline;
        }
        call
    }

    /// Descriptors are about to be closed that are no TCP sockets.
    fn closes(&mut self, index: usize, entry: Entry, range: RangeInclusive<RawFd>) -> Heard {
        let others = self.others_at(index, &range);
        let thread = &self.processes.threads[index];
        let (tid, execs) = (thread.tid, matches!(entry.number, libc::SYS_execve | libc::SYS_execveat));
        if let Some(descriptors) = self.processes.descriptors_of(thread) {
            descriptors.give_back(range);
        }
        if others.is_empty() || execs || self.free {
            return self.pass(tid);
        }
        // They are in the kernel before it is closed, as they would be without the stage.
        self.let_all_in(others);
        self.processes.threads[index].state = State::Held(Call::new(What::Pass, entry, None));
        Heard::Nothing
    }

    /// Before a socket is closed, those who wait on it are let into the kernel: whoever waits there
    /// goes on waiting, and who comes later finds no such descriptor.
    fn make_way(&mut self, index: usize, network: &Network) {
        let Some(range) = &network.closes else { return };
        if !self.free && network.op != Op::Execve {
            let others = self.others_at(index, range);
            self.let_all_in(others);
        }
    }

    /// The other threads of a process that are held before a call on one of these descriptors.
    fn others_at(&self, index: usize, range: &RangeInclusive<RawFd>) -> Vec<usize> {
        let own = &self.processes.threads[index];
        let at = |call: &Call| match &call.what {
            What::Network(network) => {
                network.waits && network.descriptor.is_some_and(|number| range.contains(&number))
            }
            What::Poll(poll) => poll.watched.iter().any(|(number, _)| range.contains(number)),
            What::Take { descriptor, .. } => range.contains(descriptor),
            _ => false,
        };
        let threads = self.processes.threads.iter().enumerate();
        threads
            .filter(|(_, thread)| thread.process == own.process && thread.tid != own.tid)
            .filter(|(_, thread)| thread.held().is_some_and(at))
            .map(|(index, _)| index)
            .collect()
    }

    fn let_all_in(&mut self, threads: Vec<usize>) {
        for index in threads {
            let thread = &mut self.processes.threads[index];
            if let State::Held(call) = std::mem::replace(&mut thread.state, State::Running) {
                self.let_in(index, call);
            }
        }
    }

    /// A thread draws random numbers.
    fn draws(&mut self, index: usize, buffers: &[Buffer]) -> Heard {
        let thread = &self.processes.threads[index];
        let (tid, process) = (thread.tid, self.processes.process_of(thread));
        let birth = process.map_or(0, |process| process.birth);
        if let Some(random) = self.world.random(birth) {
            let mut drawn = 0i64;
            for buffer in buffers {
                let mut bytes = vec![0; buffer.length.min(MOST_RANDOM) as usize];
                random.fill(&mut bytes);
                match memory::write(tid, buffer.address, &bytes) {
                    Ok(()) => drawn += bytes.len() as i64,
                    Err(_) if drawn == 0 => drawn = -i64::from(libc::EFAULT),
                    Err(_) => break,
                }
            }
            let _ = regs::skip(tid, drawn);
        }
        self.pass(tid)
    }

    /// A thread sets a timer, or asks one or a clock.
    fn times(&mut self, index: usize, timing: timers::Timing) -> Heard {
        let tid = self.processes.threads[index].tid;
        if let Some(result) = self.answer_timing(index, timing) {
            let _ = regs::skip(tid, result);
        }
        self.pass(tid)
    }
}

/// How many random bytes one call gets at most; it returns how many there were (getrandom(2)).
const MOST_RANDOM: u64 = 32 << 20;

/// What a call returns when its time limit is over.
pub(super) fn lapse(call: &Call) -> i64 {
    let error = match (call.what.op(), call.entry.number) {
        (Some(Op::Futex), _) | (_, libc::SYS_mq_timedreceive | libc::SYS_mq_timedsend) => libc::ETIMEDOUT,
        (Some(Op::Connect), _) => libc::EINPROGRESS,
        (None | Some(Op::Poll | Op::Select | Op::EpollWait | Op::Nanosleep), _) => return 0,
        _ => libc::EAGAIN,
    };
    -i64::from(error)
}
