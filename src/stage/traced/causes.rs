//! Why a play ended as it did: what the kernel and the record know of it.

use std::net::SocketAddr;

use super::processes::Program;
use super::scheduler::Scheduler;
use super::thread::{State, Thread, What};
use super::tracer::pair_of;
use crate::event::errno::Errno;
use crate::event::op::Kind;
use crate::event::verdict::{Cause, Waiting};
use crate::event::{Op, Who};
use crate::linux::tracee::constants;
use crate::linux::tracee::descriptor::Kind as DescriptorKind;
use crate::linux::tracee::ptrace::Entry;
use crate::linux::tracee::waits::members;
use crate::tcp::state::State as TcpState;

impl Scheduler {
    /// Why those wait who do.
    pub fn causes(&self, waiting: &[Waiting]) -> Vec<Cause> {
        let mut causes = Vec::new();
        let mut add = |cause: Cause| {
            if !causes.contains(&cause) {
                causes.push(cause);
            }
        };
        for thread in &self.tracer.processes.threads {
            self.causes_of(thread).into_iter().for_each(&mut add);
        }
        self.not_accepted().into_iter().for_each(&mut add);
        for (server, info) in self.tracer.full_queues() {
            if self.tracer.processes.threads.iter().any(|thread| connects_to(thread, server)) {
                add(Cause::QueueFull { server, waiting: info.unacknowledged });
            }
        }
        let sends =
            |who: Who| waiting.iter().any(|waiting| waiting.who == who && waiting.op.kind() == Kind::Sends);
        if sends(Who::Client) && sends(Who::Server) {
            add(Cause::BothSend);
        }
        causes
    }

    fn causes_of(&self, thread: &Thread) -> Vec<Cause> {
        let who = thread.who();
        let mut causes = Vec::new();
        if let Some(signal) = thread.stopped_by {
            causes.push(Cause::Stopped { who, signal: constants::signal(signal) });
        }
        let Some(call) = thread.call() else {
            // One with a time limit, the fourth argument, wakes up by itself.
            let for_ever = |call: Entry| call.number == libc::SYS_futex && call.args[3] == 0;
            if thread.number.is_some() && thread.sleeps_in.is_some_and(for_ever) {
                causes.push(Cause::SleepsInFutex { who, thread: thread.number.unwrap_or(1) });
            }
            return causes;
        };
        let vain = self.vain.get(&thread.key).copied().unwrap_or_default();
        if vain.spins && vain.ended {
            causes.push(Cause::EndIgnored { who });
        }
        for (_, socket) in self.tracer.sockets_of(thread, call) {
            let Some(pair) = pair_of(&socket, who) else { continue };
            if let Some(taken) = self.streams.taken(pair, who)
                && taken.from.len() > 1
            {
                let op = thread.last.filter(|(id, ..)| *id == taken.id).map_or(Op::Recv, |(_, op, _)| op);
                causes.push(Cause::LayTogether { who, op, sends: taken.from });
            }
            let receives = matches!(&call.what, What::Network(network) if network.op.kind() == Kind::Receives)
                || matches!(call.what, What::Poll(_));
            if !receives {
                continue;
            }
            let unread = socket.unread();
            if let What::Network(network) = &call.what
                && unread == 0
                && matches!(thread.state, State::Inside(_))
            {
                // MSG_WAITALL has taken what there was out of the buffer already.
                let wants: u64 =
                    network.buffers.iter().fold(0, |sum, buffer| sum.saturating_add(buffer.length));
                if let Some(has) = self.streams.untaken(pair, who).filter(|&has| has > 0 && has < wants) {
                    causes.push(Cause::WantsMore { who, has: has as u32, wants });
                }
            }
            if unread > 0 && self.is_edge_triggered(thread, &socket) {
                causes.push(Cause::EdgeTriggered { who, bytes: unread });
            }
            causes.extend(self.not_closed(pair, who));
            causes.extend(self.also_held(pair, who.other()));
        }
        causes
    }

    /// Whether a thread watches a socket by an epoll descriptor that tells of bytes only once.
    pub fn is_edge_triggered(
        &self,
        thread: &Thread,
        socket: &std::rc::Rc<crate::linux::tracee::descriptor::Descriptor>,
    ) -> bool {
        let (Some(call), Some(descriptors)) = (thread.call(), self.tracer.processes.descriptors_of(thread))
        else {
            return false;
        };
        let What::Poll(poll) = &call.what else { return false };
        let Some(epoll) = poll.descriptor() else { return false };
        members(descriptors.pid(), epoll).into_iter().any(|(number, events)| {
            events & libc::EPOLLET as u32 != 0
                && descriptors.tcp(number).is_some_and(|found| found.name == socket.name)
        })
    }

    /// Who has not closed a connection on which somebody waits for bytes, or for their end.
    fn not_closed(&self, pair: (SocketAddr, SocketAddr), who: Who) -> Option<Cause> {
        let state = |who: Who| self.trace.ends().ask(pair, who).map(|end| end.state);
        match (state(who)?, state(who.other())?) {
            // This end has closed for sending, and the other was told so.
            (TcpState::FinWait2, TcpState::CloseWait) => Some(Cause::NotClosed { who: who.other() }),
            (TcpState::Established, TcpState::Established) if self.both_wait_on(pair) => {
                Some(Cause::NobodyClosed)
            }
            _ => None,
        }
    }

    /// Whether both sides wait to receive on a connection.
    fn both_wait_on(&self, pair: (SocketAddr, SocketAddr)) -> bool {
        Who::BOTH.iter().all(|&who| {
            self.tracer.processes.threads.iter().filter(|thread| thread.who() == who).any(|thread| {
                thread.call().is_some_and(|call| {
                    call.what.op().is_some_and(|op| matches!(op.kind(), Kind::Receives | Kind::Polls))
                        && self
                            .tracer
                            .sockets_of(thread, call)
                            .iter()
                            .any(|(_, socket)| pair_of(socket, who) == Some(pair))
                })
            })
        })
    }

    /// The processes of a side that have a connection beside the one that used it.
    fn also_held(&self, pair: (SocketAddr, SocketAddr), who: Who) -> Vec<Cause> {
        let processes = &self.tracer.processes;
        let holders: Vec<_> = processes
            .processes
            .iter()
            .filter(|(pid, _)| {
                processes.threads.iter().any(|thread| thread.process == **pid && thread.who() == who)
            })
            .filter(|(_, process)| {
                process.descriptors.sockets().iter().any(|(_, socket)| pair_of(socket, who) == Some(pair))
            })
            .map(|(pid, _)| *pid)
            .collect();
        let uses =
            |pid| processes.threads.iter().any(|thread| thread.process == pid && thread.number.is_some());
        // One that has it alone is another where it uses no socket: whoever did has closed it.
        if matches!(holders[..], [] | [_]) && holders.iter().all(|&pid| uses(pid)) {
            return Vec::new();
        }
        // Whoever waits on it itself is named already.
        let idle = holders.iter().filter(|pid| {
            !processes.threads.iter().any(|thread| {
                thread.process == **pid && thread.call().is_some_and(|call| call.pair == Some(pair))
            })
        });
        idle.map(|pid| Cause::AlsoHeld { who, name: command(*pid) }).collect()
    }

    /// Connections that the kernel has made and nobody has accepted: a client's end without a
    /// server's that anybody has.
    fn not_accepted(&self) -> Vec<Cause> {
        let processes = &self.tracer.processes;
        let ends = |who: Who| {
            let owned = processes.threads.iter().filter(move |thread| thread.who() == who);
            let mut pairs: Vec<_> = owned
                .filter_map(|thread| processes.descriptors_of(thread))
                .flat_map(|descriptors| descriptors.sockets())
                .filter_map(|(_, socket)| pair_of(&socket, who))
                .collect();
            pairs.sort();
            pairs.dedup();
            pairs
        };
        let servers = ends(Who::Server);
        let mut causes = Vec::new();
        for pair in ends(Who::Client) {
            if servers.contains(&pair) {
                continue;
            }
            let Some(end) = self.trace.ends().ask(pair, Who::Server) else { continue };
            if matches!(end.state, TcpState::Established | TcpState::CloseWait) {
                causes.push(Cause::NotAccepted {
                    connection: self.trace.connection(pair),
                    client: pair.0,
                    bytes: end.unread,
                });
            }
        }
        causes
    }

    /// Why a program's last call failed.
    pub fn causes_of_failure(&self, program: &Program) -> Vec<Cause> {
        let Some(failure) = &program.last_failure else { return Vec::new() };
        let mut causes = Vec::new();
        match (failure.op, failure.error) {
            (op, Errno::Again | Errno::TimedOut | Errno::InProgress) => {
                if let Some(time) = failure.limit {
                    causes.push(Cause::TimeLimit { op, time });
                }
            }
            (Op::Bind | Op::Listen, Errno::AddrInUse) => {
                if let Some(address) = failure.address
                    && let Some(state) = self.held_by(address)
                {
                    causes.push(Cause::AddressHeld { state });
                }
            }
            (Op::Connect, Errno::ConnRefused) => {
                if let Some(address) = failure.address {
                    causes.extend(self.listens_elsewhere(address));
                }
            }
            (_, Errno::Pipe | Errno::NotConn) if failure.state == Some(TcpState::Listen) => {
                causes.push(Cause::OnListener);
            }
            (_, Errno::Pipe) if failure.state.is_some_and(has_sent_its_end) => {
                causes.push(Cause::OwnShutdown);
            }
            (Op::Accept, Errno::Inval) if failure.state != Some(TcpState::Listen) => {
                causes.push(Cause::NotListening);
            }
            _ => {}
        }
        causes
    }

    /// In which state the kernel keeps a connection of before that has a listener's address.
    fn held_by(&self, address: SocketAddr) -> Option<TcpState> {
        let listens = self.listeners().iter().any(|found| found.port() == address.port());
        if listens { None } else { self.trace.ends().lingering(address.port()) }
    }

    /// Where servers listen, if that is not where a client has tried.
    fn listens_elsewhere(&self, address: SocketAddr) -> Option<Cause> {
        let addresses = self.listeners();
        let reaches = |found: &&SocketAddr| {
            found.port() == address.port() && (found.ip() == address.ip() || found.ip().is_unspecified())
        };
        if addresses.is_empty() || addresses.iter().any(|found| reaches(&found)) {
            return None;
        }
        let swapped = addresses.iter().any(|found| found.port() == address.port().swap_bytes());
        Some(Cause::ListensAt { addresses, swapped })
    }

    /// Where anybody listens.
    fn listeners(&self) -> Vec<SocketAddr> {
        let processes = self.tracer.processes.processes.values();
        let mut found: Vec<_> = processes
            .flat_map(|process| process.descriptors.sockets())
            .filter(|(_, socket)| socket.kind == DescriptorKind::Tcp)
            .filter(|(_, socket)| socket.info().is_some_and(|info| info.state == TcpState::Listen))
            .filter_map(|(_, socket)| socket.own_address())
            .collect();
        found.sort();
        found.dedup();
        found
    }
}

/// Whether an end has said that it will send no more, so that its own program did so.
fn has_sent_its_end(state: TcpState) -> bool {
    use TcpState::{Closing, FinWait1, FinWait2, LastAck, TimeWait};
    matches!(state, FinWait1 | FinWait2 | Closing | LastAck | TimeWait)
}

fn connects_to(thread: &Thread, server: SocketAddr) -> bool {
    use crate::event::Arg;
    thread.call().is_some_and(|call| {
        matches!(&call.what, What::Network(network) if network.op == Op::Connect
            && network.args.iter().any(|arg| matches!(arg, Arg::Address(address) if address.port() == server.port())))
    })
}

/// The command of a process (`/proc/PID/cmdline`, proc(5)), as far as it has one.
fn command(pid: i32) -> String {
    let line = std::fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
    let words: Vec<_> = line.split(|&byte| byte == 0).map(crate::text::escape::line).collect();
    words.join(" ").trim_end().to_owned()
}
