//! How a play ended, and who waits for what.

use super::schedule::End;
use super::scheduler::Scheduler;
use super::thread::{State, Thread, What};
use crate::event::verdict::{self, Verdict, Waiting, WaitsFor};
use crate::event::{Caller, Op, Who};
use crate::linux::tracee::constants;
use crate::linux::tracee::proc::{Doing, Look};
use crate::linux::tracee::ptrace::{Ending, Entry};

impl Scheduler {
    /// How the play ended.
    pub fn verdict(&mut self, end: End) -> Verdict {
        if let Some(crashed) = self.crashed() {
            return crashed;
        }
        let (waiting, unread) = (self.waiting(), self.trace.ends().unread());
        let because = self.causes(&waiting);
        match end {
            End::Gone => Verdict::Finished,
            End::Rest => self.resting(match self.keeps_time() {
                true => WaitsFor::ClientsOrTime,
                false => WaitsFor::Clients,
            }),
            End::Spins => {
                let spins = self.spinner();
                let Some((who, caller, op)) = spins else {
                    return Verdict::Deadlock { waiting, unread, because };
                };
                let others = |waiting: &Waiting| {
                    (waiting.who, waiting.caller.map(|caller| (caller.program, caller.thread)))
                };
                let own = (who, caller.map(|caller| (caller.program, caller.thread)));
                let waiting = waiting.into_iter().filter(|waiting| others(waiting) != own).collect();
                Verdict::Spinning { who, caller, op, waiting, unread, because }
            }
            // A server that wakes up now and then, and does nothing, rests as well.
            End::Still
                if !self.has(Who::Client) && (self.keeps_time() || self.tracer.next_timer().is_some()) =>
            {
                self.resting(WaitsFor::Time)
            }
            End::Still | End::Stuck if !self.has(Who::Client) && waiting.is_empty() => {
                self.resting(WaitsFor::Nothing)
            }
            End::Still if self.ticks_at_the_network() => Verdict::Still {
                time: self.tracer.clock.now().saturating_sub(self.still.since),
                lapses: self.still.lapses,
                waiting,
                unread,
                because,
            },
            End::Unknown => Verdict::Unknown { waiting, unread },
            End::Still | End::Stuck => Verdict::Deadlock { waiting, unread, because },
        }
    }

    fn resting(&self, waits_for: WaitsFor) -> Verdict {
        let timer = self.tracer.next_timer().map(|at| at.saturating_sub(self.tracer.clock.now()));
        Verdict::Resting { served: self.served, waits_for, timer }
    }

    /// Whether a program has a time limit that is still to come. Those that a runtime's own threads have
    /// are none of its program's, as long as others have made calls on sockets.
    fn keeps_time(&self) -> bool {
        let threads = &self.tracer.processes.threads;
        let limited = |thread: &Thread| self.tracer.deadline(thread).is_some();
        let networks = |thread: &Thread| thread.number.is_some();
        let is_own = |thread: &Thread| networks(thread) || thread.tid == thread.process;
        threads.iter().any(|thread| limited(thread) && is_own(thread))
            || !threads.iter().any(networks) && threads.iter().any(limited)
    }

    /// Whether somebody wakes up now and then who has made calls on sockets. What a runtime's own
    /// threads do beside those who wait is nothing that happens.
    fn ticks_at_the_network(&self) -> bool {
        let ticks = |thread: &Thread| {
            thread.number.is_some() && thread.call().is_some_and(|call| call.deadline.is_some())
        };
        self.tracer.processes.threads.iter().any(ticks)
    }

    /// The first program that came to a bad end.
    fn crashed(&self) -> Option<Verdict> {
        let ended = |ending: Option<Ending>| match ending {
            Some(Ending::Exit(code)) if code != 0 => Some(verdict::End::Code(code)),
            Some(Ending::Signal(signal)) => Some(verdict::End::Signal(constants::signal(signal))),
            Some(Ending::Exit(_)) | None => None,
        };
        let programs = &self.tracer.processes.programs;
        let (program, end) = programs.iter().find_map(|program| Some((program, ended(program.ending)?)))?;
        let several = self.cast.has_several(program.who);
        let caller = several.then_some(Caller {
            program: program.number,
            thread: 1,
            descriptor: None,
            connection: None,
        });
        let failed = program.last_failure.map(|failure| (failure.op, failure.error));
        let because = self.causes_of_failure(program);
        Some(Verdict::Crashed { who: program.who, caller, end, failed, because })
    }

    /// Who waits, and in which call.
    pub fn waiting(&self) -> Vec<Waiting> {
        let threads = &self.tracer.processes.threads;
        let mut waiting: Vec<_> = threads.iter().filter_map(|thread| self.waits_in(thread)).collect();
        let is_of = |program: usize, thread: &&Thread| thread.program == program;
        for program in 0..self.tracer.processes.programs.len() {
            let own = || threads.iter().filter(|thread| is_of(program, thread));
            if own().any(|thread| self.waits_in(thread).is_some()) {
                continue;
            }
            // Nobody of it has made a call on a TCP socket: whoever is there waits for something else. A
            // shell that waits for its command explains nothing.
            let asleep: Vec<_> = own().filter_map(|thread| self.sleeps_in(thread)).collect();
            let is_told = asleep.iter().any(|waiting| waiting.op != Op::Wait4);
            waiting.extend(asleep.into_iter().filter(|waiting| !is_told || waiting.op != Op::Wait4));
        }
        // Beside those who wait for the network, a thread that idles explains nothing.
        let tells = |waiting: &Waiting| !matches!(waiting.op, Op::Futex | Op::Sigtimedwait | Op::Nanosleep);
        if waiting.iter().any(tells) && waiting.len() > MOST {
            waiting.retain(tells);
        }
        waiting.sort_by_key(|waiting| waiting.who as usize);
        waiting
    }

    /// Who waits in which call: one that was told, or any other of somebody who has made calls on
    /// sockets.
    fn waits_in(&self, thread: &Thread) -> Option<Waiting> {
        match thread.call() {
            Some(call) if matches!(thread.state, State::Held(_) | State::Inside(_)) => {
                let shown = call.pending.as_ref().is_some_and(|pending| pending.waited);
                let looks = thread.number.is_some() && !matches!(call.what, What::Exit(_) | What::Pass);
                if !shown && !looks {
                    return None;
                }
                self.waiting_in(thread, call.what.op()?)
            }
            _ if thread.number.is_some() => self.sleeps_in(thread),
            _ => None,
        }
    }

    /// In which call a thread sleeps that is not held.
    fn sleeps_in(&self, thread: &Thread) -> Option<Waiting> {
        if let Some(op) = thread.call().and_then(|call| call.what.op()) {
            return self.waiting_in(thread, op);
        }
        match (thread.stopped_by, thread.sleeps_in) {
            (Some(_), _) => self.waiting_in(thread, Op::Other),
            (None, Some(entry)) => self.waiting_in(thread, name(entry)),
            (None, None) => None,
        }
    }

    fn waiting_in(&self, thread: &Thread, op: Op) -> Option<Waiting> {
        let call = thread.call();
        let caller = self.caller(thread);
        let id = call.and_then(|call| call.pending.as_ref()).map_or(0, |pending| pending.id);
        Some(Waiting { who: thread.who(), caller: Some(caller), op, id, since: thread.last })
    }

    /// Who a thread is.
    pub fn caller(&self, thread: &Thread) -> Caller {
        let program = &self.tracer.processes.programs[thread.program];
        let call = thread.call();
        Caller {
            program: program.number,
            thread: thread.number.unwrap_or(1),
            descriptor: call.and_then(|call| call.descriptor()),
            connection: call.and_then(|call| call.pair).and_then(|pair| self.trace.connection(pair)),
        }
    }

    /// Who does the same again and again, and what; or computes without end.
    fn spinner(&self) -> Option<(Who, Option<Caller>, Option<Op>)> {
        let threads = &self.tracer.processes.threads;
        let looks = threads.iter().find(|thread| {
            self.vain.get(&thread.key).is_some_and(|vain| vain.spins) && thread.held().is_some()
        });
        if let Some(thread) = looks {
            let op = self.vain.get(&thread.key).and_then(|vain| vain.told_op());
            let op = op.or(thread.held().and_then(|call| call.what.op()));
            return Some((thread.who(), Some(self.caller(thread)), op));
        }
        let runs = |thread: &&Thread| {
            matches!(thread.state, State::Running)
                && thread.look.as_ref().and_then(Look::doing) == Some(Doing::Runs)
        };
        let thread = threads.iter().find(runs)?;
        Some((thread.who(), Some(self.caller(thread)), None))
    }

    /// Whether a thread waits for what a person types.
    pub fn waits_for_person(&self, thread: &Thread) -> bool {
        if !self.cast.has_person() || thread.who() == Who::Server {
            return false;
        }
        let Some(descriptors) = self.tracer.processes.descriptors_of(thread) else { return false };
        let keyboard = self.cast.keyboard_name();
        let is_keyboard =
            |number: i32| descriptors.get(number).is_some_and(|found| Some(found.name.as_str()) == keyboard);
        match &thread.state {
            State::Held(call) | State::Inside(call) => match &call.what {
                What::Poll(poll) => poll.watched.iter().any(|&(number, _)| is_keyboard(number)),
                What::Take { descriptor, .. } => is_keyboard(*descriptor),
                _ => false,
            },
            State::Running => thread.sleeps_in.is_some_and(|Entry { number, args }| {
                matches!(number, libc::SYS_read | libc::SYS_readv) && is_keyboard(args[0] as i32)
            }),
            State::Unborn | State::Back(_) => false,
        }
    }
}

/// How many are named who wait, before those are left out who only idle.
const MOST: usize = 4;

/// The call that a thread sleeps in.
fn name(entry: Entry) -> Op {
    match entry.number {
        libc::SYS_futex | libc::SYS_futex_waitv => Op::Futex,
        libc::SYS_wait4 | libc::SYS_waitid => Op::Wait4,
        libc::SYS_nanosleep | libc::SYS_clock_nanosleep => Op::Nanosleep,
        libc::SYS_rt_sigtimedwait => Op::Sigtimedwait,
        libc::SYS_rt_sigsuspend => Op::Sigsuspend,
        #[cfg(target_arch = "x86_64")]
        libc::SYS_pause => Op::Sigsuspend,
        libc::SYS_flock | libc::SYS_fcntl => Op::Flock,
        libc::SYS_semtimedop => Op::Semtimedop,
        libc::SYS_recvfrom => Op::Recv,
        libc::SYS_recvmsg => Op::Recvmsg,
        libc::SYS_recvmmsg => Op::Recvmmsg,
        libc::SYS_read => Op::Read,
        libc::SYS_readv => Op::Readv,
        libc::SYS_write => Op::Write,
        libc::SYS_writev => Op::Writev,
        libc::SYS_sendto => Op::Send,
        libc::SYS_sendmsg => Op::Sendmsg,
        libc::SYS_connect => Op::Connect,
        libc::SYS_accept | libc::SYS_accept4 => Op::Accept,
        libc::SYS_ppoll => Op::Poll,
        libc::SYS_pselect6 => Op::Select,
        libc::SYS_epoll_pwait | libc::SYS_epoll_pwait2 => Op::EpollWait,
        #[cfg(target_arch = "x86_64")]
        libc::SYS_poll => Op::Poll,
        #[cfg(target_arch = "x86_64")]
        libc::SYS_select => Op::Select,
        #[cfg(target_arch = "x86_64")]
        libc::SYS_epoll_wait => Op::EpollWait,
        _ => Op::Other,
    }
}
