//! What each thread is able to do, as far as that can be seen from outside.

use std::os::fd::RawFd;
use std::rc::Rc;

use super::Tracer;
use crate::event::{Nanos, Op};
use crate::lesson::poll::Interest;
use crate::linux::tracee::descriptor::{Descriptor, Kind, ready};
use crate::linux::tracee::memory;
use crate::linux::tracee::ptrace::Entry;
use crate::linux::tracee::waits::members;
use crate::stage::traced::schedule::Ability;
use crate::stage::traced::thread::{Call, State, Thread, What};
use crate::tcp::state::State as TcpState;

impl Tracer {
    /// What every thread is able to do, and when its own time limit is over.
    pub fn abilities(&mut self) -> Vec<(Ability, Option<Nanos>)> {
        // All that is held is asked for at once.
        let mut watched = Vec::new();
        let ranges: Vec<_> = self
            .processes
            .threads
            .iter()
            .map(|thread| {
                let from = watched.len();
                let missing = thread.held().is_some_and(|call| !self.watch(thread, call, &mut watched));
                (from..watched.len(), missing)
            })
            .collect();
        let answers = if watched.is_empty() { Vec::new() } else { ready(&watched) };
        let are_ready: Vec<_> =
            ranges.into_iter().map(|(range, missing)| missing || answers[range].contains(&true)).collect();
        for (index, _) in are_ready.iter().enumerate().filter(|(_, is_ready)| !**is_ready) {
            self.ask_socket(index);
        }
        let threads = self.processes.threads.iter().zip(are_ready);
        threads.map(|(thread, is_ready)| (self.ability(thread, is_ready), self.deadline(thread))).collect()
    }

    /// What has to be known of the socket of a call that has to wait: in which state it is, and how long
    /// its calls wait at most. Most calls find what they need, and nothing is asked.
    fn ask_socket(&mut self, index: usize) {
        let Some(Call { what: What::Network(network), asked: false, .. }) =
            self.processes.threads[index].held()
        else {
            return;
        };
        let (Some(needs), Some(number)) = (network.needs, network.descriptor) else { return };
        let (waits, accepts) = (network.waits, network.op == Op::Accept);
        let Some(socket) = self.tcp(index, number) else { return };
        // On a listener a `recv` fails at once, and so does an `accept` on anything else.
        let listens = socket.info().is_some_and(|info| info.state == TcpState::Listen);
        let limit = if waits { socket.time_limit(needs == Interest::Write) } else { None };
        let now = self.clock.now();
        let Some(call) = self.processes.threads[index].call_mut() else { return };
        call.asked = true;
        if let Some(limit) = limit
            && call.deadline.is_none()
        {
            call.set_limit(now, limit.as_nanos() as Nanos);
        }
        if let What::Network(network) = &mut call.what
            && listens != accepts
        {
            network.needs = None;
        }
    }

    /// Whether what a thread is held before could go on.
    pub(super) fn is_ready(&self, index: usize) -> bool {
        let thread = &self.processes.threads[index];
        let mut watched = Vec::new();
        thread
            .held()
            .is_none_or(|call| !self.watch(thread, call, &mut watched) || ready(&watched).contains(&true))
    }

    /// Adds what a call waits for. False if one of its descriptors is not open: the call will say so.
    fn watch(&self, thread: &Thread, call: &Call, watched: &mut Vec<(Rc<Descriptor>, i16)>) -> bool {
        let Some(descriptors) = self.processes.descriptors_of(thread) else { return true };
        let mut add = |number: RawFd, events: i16| match descriptors.get(number) {
            Some(found) => {
                watched.push((found, events));
                true
            }
            None => false,
        };
        match &call.what {
            What::Network(network) => match (network.needs, network.descriptor) {
                (Some(Interest::Read), Some(number)) => add(number, libc::POLLIN),
                (Some(Interest::Write), Some(number)) => add(number, libc::POLLOUT),
                _ => true,
            },
            What::Poll(poll) => {
                poll.watched.iter().fold(true, |all, &(number, events)| add(number, events) && all)
            }
            What::Take { descriptor, .. } => add(*descriptor, libc::POLLIN),
            What::Pass | What::Print(_) | What::Sleep { .. } | What::Wait(_) | What::Exit(_) => true,
        }
    }

    fn ability(&self, thread: &Thread, is_ready: bool) -> Ability {
        match &thread.state {
            State::Back(_) => Ability::Ready,
            State::Held(call) => match &call.what {
                What::Pass | What::Print(_) => Ability::Ready,
                What::Exit(_) => Ability::Exits,
                What::Sleep { .. } | What::Wait(_) => Ability::Waits,
                What::Network(network) => match network.needs {
                    None => Ability::Ready,
                    Some(_) if is_ready => Ability::Ready,
                    Some(_) if network.waits => Ability::Waits,
                    Some(_) => Ability::Looks,
                },
                What::Poll(_) | What::Take { .. } if is_ready => Ability::Ready,
                What::Poll(poll) if poll.is_look() => Ability::Looks,
                What::Poll(_) | What::Take { .. } => Ability::Waits,
            },
            State::Unborn => Ability::Waits,
            State::Running | State::Inside(_) if thread.stands => Ability::Waits,
            State::Running | State::Inside(_) => match thread.call() {
                Some(call) if call.deadline.is_some() && self.clock.is_held() => Ability::Waits,
                _ if self.wakes_by_itself(thread) => Ability::Sleeps,
                _ => Ability::Waits,
            },
        }
    }

    /// When the time limit of what a thread does is over.
    pub fn deadline(&self, thread: &Thread) -> Option<Nanos> {
        thread.call().and_then(|call| call.deadline)
    }

    /// Whether a thread that is not held sleeps for a time that it has chosen itself, and that nobody
    /// but the kernel knows of.
    fn wakes_by_itself(&self, thread: &Thread) -> bool {
        let Some(Entry { number, args }) = thread.sleeps_in else { return false };
        let limited = |at: usize| args[at] != 0 && memory::timespec(thread.tid, args[at]).is_some();
        match number {
            libc::SYS_nanosleep | libc::SYS_clock_nanosleep | libc::SYS_restart_syscall => true,
            libc::SYS_rt_sigtimedwait => !self.clock.is_held() && limited(2),
            libc::SYS_semtimedop => !self.clock.is_held() && limited(3),
            libc::SYS_futex => {
                let waits = matches!(
                    args[1] as i32 & libc::FUTEX_CMD_MASK,
                    libc::FUTEX_WAIT | libc::FUTEX_WAIT_BITSET
                );
                !self.clock.is_held() && waits && limited(3)
            }
            libc::SYS_futex_waitv => limited(3),
            _ => false,
        }
    }

    /// The listening sockets on which a call waits for clients: it accepts, or it watches them.
    pub fn listeners_of(&self, thread: &Thread) -> Vec<Rc<Descriptor>> {
        let Some(call) = thread.call() else { return Vec::new() };
        // Whoever asks a listening socket for its address does not wait on it.
        let waits = match &call.what {
            What::Network(network) => network.op == Op::Accept,
            What::Poll(_) => true,
            _ => false,
        };
        let sockets = if waits { self.sockets_of(thread, call) } else { Vec::new() };
        let listens =
            |socket: &Rc<Descriptor>| socket.info().is_some_and(|info| info.state == TcpState::Listen);
        sockets.into_iter().map(|(_, socket)| socket).filter(listens).collect()
    }

    /// The TCP sockets that a call waits for.
    pub fn sockets_of(&self, thread: &Thread, call: &Call) -> Vec<(RawFd, Rc<Descriptor>)> {
        let Some(descriptors) = self.processes.descriptors_of(thread) else { return Vec::new() };
        let mut numbers: Vec<RawFd> = match &call.what {
            What::Network(network) => network.descriptor.into_iter().collect(),
            What::Poll(poll) => poll.watched.iter().map(|&(number, _)| number).collect(),
            _ => Vec::new(),
        };
        if let What::Poll(poll) = &call.what {
            let sets = poll.watched.iter().filter(|(number, _)| {
                descriptors.get(*number).is_some_and(|found| found.kind == Kind::Epoll)
            });
            let inside: Vec<_> = sets.flat_map(|&(epoll, _)| members(descriptors.pid(), epoll)).collect();
            numbers.extend(inside.into_iter().map(|(number, _)| number));
        }
        numbers.into_iter().filter_map(|number| Some((number, descriptors.tcp(number)?))).collect()
    }

    /// A TCP socket of a thread's.
    pub fn tcp(&self, index: usize, number: RawFd) -> Option<Rc<Descriptor>> {
        self.processes.descriptors_of(&self.processes.threads[index])?.tcp(number)
    }
}
