//! The line between the two sides: cut before a call, by a filter on the call's socket that drops all
//! that comes (`SO_ATTACH_FILTER`, socket(7)), and whole again when that is taken away.

use std::net::SocketAddr;
use std::os::fd::RawFd;
use std::rc::Rc;

use socket2::SockFilter;

use super::Tracer;
use crate::event::weather::Cut;
use crate::event::{Arg, Nanos, Op, Who};
use crate::linux::tracee::call::Network;
use crate::linux::tracee::descriptor::Descriptor;
use crate::linux::tracee::ptrace::Tid;
use crate::tcp::severed::Severed;

/// The line.
#[derive(Debug, Default)]
pub struct Line {
    /// Where it is to be cut.
    cut: Option<Cut>,
    /// How many of the calls that it is about have been made.
    calls: u32,
    /// Whose call it is before which it has to be cut now, and its descriptor.
    due: Option<(Tid, RawFd)>,
    /// Where that call goes, if it connects.
    peer: Option<SocketAddr>,
    /// What `/proc` calls the socket that nothing reaches, and since when.
    severed: Option<(String, Nanos)>,
    /// Whether that is in the record.
    is_told: bool,
}

impl Line {
    /// A line that will be cut, or none will.
    pub fn new(cut: Option<Cut>) -> Line {
        Line { cut, ..Line::default() }
    }

    /// A side is about to make a call on a TCP socket.
    pub fn sees(&mut self, who: Who, tid: Tid, network: &Network) {
        let Some(cut) = self.cut.filter(|cut| (cut.who, cut.op) == (who, network.op)) else { return };
        self.calls += 1;
        if self.calls == cut.number {
            self.due = network.descriptor.map(|number| (tid, number));
            self.peer = network.args.iter().find_map(|arg| match arg {
                Arg::Address(address) => Some(*address),
                _ => None,
            });
        }
    }

    /// Whether it has to be cut now.
    pub fn is_due(&self) -> bool {
        self.due.is_some()
    }

    /// When it heals; none while it is whole, or if it never does.
    pub fn heals_at(&self) -> Option<Nanos> {
        let (_, since) = self.severed.as_ref()?;
        Some(since.saturating_add(self.cut?.heals_after?))
    }

    /// Whether it was to be cut, and the call was never made.
    pub fn was_never_cut(&self) -> bool {
        self.cut.is_some_and(|cut| self.calls < cut.number)
    }

    /// Whether what was dropped can still arrive.
    pub(super) fn may_heal(&self) -> bool {
        self.cut.is_some_and(|cut| cut.heals_after.is_some() && self.calls >= cut.number)
    }
}

impl Tracer {
    /// Cuts the line where that is due.
    pub fn cut_line(&mut self) {
        let Some((tid, number)) = self.line.due.take() else { return };
        let socket = self.processes.find(tid).and_then(|index| self.tcp(index, number));
        // Of every packet, no byte is kept.
        let nothing = [SockFilter::new((libc::BPF_RET | libc::BPF_K) as u16, 0, 0, 0)];
        if let Some(socket) = socket.filter(|socket| socket.socket().attach_filter(&nothing).is_ok()) {
            self.line.severed = Some((socket.name.clone(), self.clock.now()));
        }
    }

    /// Where it was cut, once, as soon as that is known: the socket of a `connect` gets its address in
    /// that call.
    pub fn fresh_cut(&mut self) -> Option<(Who, Op, Severed)> {
        let (Some(cut), false) = (self.line.cut, self.line.is_told) else { return None };
        let socket = self.severed_socket()?;
        let to = socket.own_address().filter(|address| address.port() != 0)?;
        let from = match cut.op {
            Op::Accept => None,
            Op::Connect => Some(canonical(self.line.peer?)),
            _ => Some(socket.addresses()?.1),
        };
        self.line.is_told = true;
        Some((cut.who, cut.op, Severed { to: canonical(to), from }))
    }

    /// Mends the line, if the socket is still there; how long it was cut.
    pub fn mend_line(&mut self) -> Option<(Who, Nanos)> {
        let socket = self.severed_socket();
        self.line.severed = None;
        socket?.socket().detach_filter().ok()?;
        let cut = self.line.cut?;
        Some((cut.who, cut.heals_after?))
    }

    /// The socket that nothing reaches, as long as anybody has it.
    fn severed_socket(&self) -> Option<Rc<Descriptor>> {
        let (name, _) = self.line.severed.as_ref()?;
        let processes = self.processes.processes.values();
        let mut sockets = processes.flat_map(|process| process.descriptors.sockets());
        sockets.find_map(|(_, socket)| (socket.name == *name).then_some(socket))
    }
}

/// An address as it is on the wire.
fn canonical(address: SocketAddr) -> SocketAddr {
    SocketAddr::new(address.ip().to_canonical(), address.port())
}
