//! Signals: they reach whoever is held as they would reach it in the kernel.

use super::{Heard, Tracer};
use crate::linux::tracee::ptrace::{self, Tid};
use crate::linux::tracee::timers::write_words;
use crate::linux::tracee::{proc, regs};
use crate::stage::traced::thread::{Call, Restore, State, What};

/// The kernel's own errors for a call that a signal has broken off (`linux/errno.h`): it is made again
/// unless the signal has a handler, and then only if that was asked for (`SA_RESTART`); or never with
/// a handler.
const ERESTARTSYS: i64 = -512;
const ERESTARTNOHAND: i64 = -514;

impl Tracer {
    /// A signal is about to reach a thread.
    pub(super) fn signalled(&mut self, tid: Tid, signal: i32) {
        // Ctrl-C reaches everybody at the terminal; here it ends the play, and no program is to be
        // blamed for how it takes it.
        let ours = signal == libc::SIGINT && ptrace::is_from_kernel(tid);
        let Some(index) = self.processes.find(tid) else {
            return ptrace::go_on(tid, if ours { 0 } else { signal });
        };
        let thread = &mut self.processes.threads[index];
        if thread.broken.is_some() && !ours {
            // With the next step it is known whether its call failed over it.
            (thread.steps, thread.fresh) = (true, true);
            ptrace::step(tid, signal);
        } else {
            self.go_on(tid, if ours { 0 } else { signal });
        }
    }

    /// A thread stands at the first instruction of a signal's handler.
    pub(super) fn handles(&mut self, tid: Tid) -> Heard {
        let result = regs::result_after_handler(tid);
        let failed = result == Some(-i64::from(libc::EINTR));
        let broken = self
            .processes
            .find(tid)
            .and_then(|index| Some((index, self.processes.threads[index].broken.take_if(|_| failed)?)));
        match broken {
            Some((index, call)) => self.tells(index, call, -i64::from(libc::EINTR)),
            None => {
                self.go_on(tid, 0);
                Heard::Nothing
            }
        }
    }

    /// Lets signals come through to those who are held before a call in which they would wait. Whether
    /// there was one.
    pub fn let_signals_through(&mut self, ask_all: bool) -> bool {
        if self.free || !(std::mem::take(&mut self.signals) || ask_all) {
            return false;
        }
        let mut found = false;
        for index in 0..self.processes.threads.len() {
            let thread = &self.processes.threads[index];
            let waits = thread.held().is_some_and(|call| match &call.what {
                What::Network(network) => network.waits,
                What::Poll(poll) => !poll.is_look(),
                What::Take { .. } | What::Sleep { .. } => true,
                What::Pass | What::Print(_) | What::Wait(_) | What::Exit(_) => false,
            });
            if waits && proc::has_signal(thread.tid) && !self.is_ready(index) {
                self.break_off(index);
                found = true;
            }
        }
        found
    }

    /// The call that a thread is held before is broken off, as the kernel breaks it off where somebody
    /// sleeps in it.
    fn break_off(&mut self, index: usize) {
        let thread = &mut self.processes.threads[index];
        let State::Held(mut call) = std::mem::replace(&mut thread.state, State::Running) else { return };
        if regs::skip(thread.tid, 0).is_ok() {
            call.restore = Restore::Number;
        }
        self.go_to_exit(index, call);
    }

    /// A thread stands at the exit of a call that was skipped so that a signal comes through.
    pub(super) fn breaks_off(&mut self, index: usize, mut call: Call) {
        call.restore = Restore::Nothing;
        let tid = self.processes.threads[index].tid;
        let limited = call.deadline.is_some();
        let result = match &call.what {
            // With a time limit of its own a call is not made again (signal(7)).
            What::Network(_) if limited => -i64::from(libc::EINTR),
            What::Network(_) | What::Take { .. } => ERESTARTSYS,
            _ => ERESTARTNOHAND,
        };
        if let (What::Sleep { rest, .. }, Some(deadline)) = (&call.what, call.deadline) {
            let left = deadline.saturating_sub(self.clock.now());
            write_words(tid, *rest, &[left / 1_000_000_000, left % 1_000_000_000]);
        }
        self.write_left(tid, &call);
        if let Ok(mut registers) = regs::get(tid) {
            regs::set_result(&mut registers, result);
            let _ = regs::restore_number(tid, &mut registers, call.entry.number);
            let _ = regs::set(tid, registers);
        }
        self.processes.threads[index].broken = Some(call);
        // It must pass the place where the kernel looks for signals, or it would see that result.
        ptrace::interrupt(tid);
        self.go_on(tid, 0);
    }
}
