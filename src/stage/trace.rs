//! The record of a play: it numbers the calls, takes the frames that each one caused off the wire,
//! asks the kernel for the states after it, and hands everything on to the pictures.

mod arrivals;
mod returned;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::event::error::Result;
use crate::event::op::Kind;
use crate::event::truth::{Truth, Wire};
use crate::event::{CallId, Event, FlowId, Intent, Nanos, Reading, Reset, Role, Who};
use crate::linux::capture::Capture;
use crate::render::pictures::Gallery;
use crate::render::{Picture, Scene};
use crate::stage::attribution::{Blame, Pending};
use crate::stage::ends::{Ends, Pair, own_and_peer};
use crate::stage::moved::Moved;
use crate::tcp::flow::Flows;
use crate::tcp::segment::Segment;
use crate::tcp::severed::Severed;
use crate::tcp::state::State;

pub use self::arrivals::Come;

/// A call that waits in the kernel, which sends for it meanwhile.
struct OpenCall {
    id: CallId,
    /// For which end: its own address, and its peer's, if there is one.
    own_and_peer: Option<(SocketAddr, SocketAddr)>,
    /// Which end that is, if the call sends bytes.
    sends: Option<Who>,
}

/// The record.
pub struct Trace {
    start: u64,
    /// The play's own time, where the machine's is not the record's.
    time: Option<Nanos>,
    /// Whether it has to be known when the kernel saw each frame all the same.
    stamps: bool,
    /// When it saw the last one, in nanoseconds since 1970; 0 where nobody asked.
    latest: u64,
    blame: Blame,
    capture: Option<Capture>,
    /// The calls that wait and for which the kernel sends meanwhile.
    open: Vec<OpenCall>,
    wire: Wire,
    /// The port of the connections that are captured, where those are not all.
    port: Option<u16>,
    flows: Flows,
    calls: CallId,
    ends: Ends,
    /// The connections whose states may have changed since the kernel was asked last.
    stirred: Vec<Pair>,
    /// Why the connections are broken off that the call under way closes: by the address of the end that
    /// is closed, and its peer's.
    aborts: BTreeMap<(SocketAddr, SocketAddr), Reset>,
    moved: Moved,
    truth: Truth,
    gallery: Gallery,
}

impl Trace {
    /// Begins a record.
    ///
    /// # Errors
    /// [`Error::Output`](crate::Error::Output) when a picture cannot be begun.
    pub fn begin(
        scene: &Scene,
        blame: Blame,
        capture: Option<Capture>,
        pictures: Vec<Box<dyn Picture>>,
    ) -> Result<Trace> {
        let mut truth = Truth::default();
        for who in &scene.cast {
            truth.sent[*who as usize] = Some(0);
            truth.received[*who as usize] = Some(0);
        }
        let mut trace = Trace {
            start: scene.start,
            time: None,
            stamps: false,
            latest: 0,
            open: Vec::new(),
            blame,
            wire: scene.wire,
            port: None,
            capture,
            flows: Flows::new(scene.server.map(|server| server.port()).as_slice()).of_a_play(),
            calls: 0,
            ends: Ends::none(),
            stirred: Vec::new(),
            aborts: BTreeMap::new(),
            moved: Moved::default(),
            truth,
            gallery: Gallery::new(pictures),
        };
        trace.gallery.begin(scene)?;
        Ok(trace)
    }

    /// The programs tell of their calls themselves.
    pub fn is_told(&mut self) {
        self.truth.told = true;
    }

    /// Has the record hold the calls on connections of this port alone against the wire.
    pub fn see_port(&mut self, port: Option<u16>) {
        self.port = port;
    }

    /// The time on the record's clock.
    pub fn now(&self) -> Nanos {
        self.time.unwrap_or_else(|| since_epoch().saturating_sub(self.start))
    }

    /// Has the record go by the play's own time, which is this now; or by the machine's.
    pub fn set_time(&mut self, time: Option<Nanos>) {
        if !self.stamps
            && let (Some(_), None, Some(capture)) = (time, self.time, &mut self.capture)
        {
            capture.leave_time_out();
        }
        self.time = time;
    }

    /// The waiting call for which the kernel has sent a segment.
    fn owner(&self, segment: &Segment, reading: &Reading) -> Option<CallId> {
        let own = |call: &&OpenCall| call.own_and_peer == Some((segment.source, segment.destination));
        let sends = matches!(reading.role, Role::Syn | Role::HandshakeAck | Role::Data | Role::Again);
        self.open.iter().find(own).filter(|_| sends).map(|call| call.id)
    }

    /// A call that waited will never return.
    pub fn abandon(&mut self, id: CallId) {
        self.open.retain(|call| call.id != id);
    }

    /// The call that was begun last came to nothing, and is not told.
    pub fn forget(&mut self, pending: Pending) {
        if pending.id == self.calls {
            self.calls -= 1;
        }
    }

    /// Which end of a connection a side is on the wire: a program of the client's can have a server of
    /// its own.
    fn end_of(&self, pair: Option<Pair>, who: Who) -> Who {
        let end = pair.map(|pair| own_and_peer(pair, who));
        end.and_then(|(own, peer)| self.flows.end(own, peer)).unwrap_or(who)
    }

    /// Turns to the connection that the next call is about, if it is about one.
    pub fn focus(&mut self, pair: Option<Pair>) {
        self.ends.focus(pair);
    }

    /// The number of a connection on the wire.
    pub fn connection(&self, (client, server): Pair) -> Option<FlowId> {
        self.flows.number(client, server)
    }

    /// What the kernel says of connections that it did not say before. Where the wire is seen, it is
    /// asked only about those on which something else than bytes went over it.
    fn changes(&mut self) -> Vec<(Who, State)> {
        let stirred = std::mem::take(&mut self.stirred);
        if self.capture.is_none() {
            return self.ends.changes();
        }
        let current = self.ends.current();
        let mut changes = Vec::new();
        for pair in stirred {
            self.ends.focus(Some(pair));
            changes.extend(self.ends.changes());
        }
        self.ends.focus(current);
        changes
    }

    /// A call is about to be made.
    ///
    /// # Errors
    /// As for [`Trace::arrivals`].
    pub fn call(&mut self) -> Result<Pending> {
        self.arrivals()?;
        self.calls += 1;
        Ok(Pending { id: self.calls, at: self.now(), waited: false, segments: Vec::new(), fetched: false })
    }

    /// The call that is let go now closes connections; these of them by breaking them off, and why.
    pub fn closes(&mut self, aborts: impl IntoIterator<Item = ((SocketAddr, SocketAddr), Reset)>) {
        self.aborts = aborts.into_iter().collect();
    }

    /// The call has got part of its work done; its frames are taken before they are too many.
    pub fn progress(&mut self, pending: &mut Pending) {
        let arrived = self.drain();
        pending.segments.extend(arrived);
    }

    /// The call has returned, and nobody has gone on since: all of its frames are there.
    pub fn fetch(&mut self, pending: &mut Pending) {
        self.progress(pending);
        pending.fetched = true;
    }

    /// The call cannot go on yet. `pair` is the connection for which the kernel sends meanwhile, if
    /// it does.
    ///
    /// # Errors
    /// [`Error::Output`](crate::Error::Output) when a picture cannot go on.
    pub fn waits(&mut self, pending: &mut Pending, intent: &Intent, pair: Option<Pair>) -> Result<()> {
        if !pending.waited {
            pending.waited = true;
            let sends = (intent.op.kind() == Kind::Sends).then(|| self.end_of(pair, intent.who));
            let own_and_peer = pair.map(|pair| own_and_peer(pair, intent.who));
            self.open.push(OpenCall { id: pending.id, own_and_peer, sends });
            self.show(&Event::Wait { id: pending.id, at: pending.at, intent: intent.clone() })?;
        }
        for (at, segment, reading) in std::mem::take(&mut pending.segments) {
            self.show(&Event::Segment { cause: Some(pending.id), at, segment, reading })?;
        }
        Ok(())
    }

    /// The wire is cut, or whole again, for all that arrives from now on.
    ///
    /// # Errors
    /// As for [`Trace::arrivals`].
    pub fn sever(&mut self, severed: Option<Severed>, event: impl FnOnce(Nanos) -> Event) -> Result<()> {
        self.flows.sever(severed);
        self.tell(event)
    }

    /// The wire was to be cut, and never was.
    pub fn was_never_cut(&mut self) {
        self.truth.uncut = true;
    }

    /// Something else happens now.
    ///
    /// # Errors
    /// [`Error::Output`](crate::Error::Output) when a picture cannot go on.
    pub fn tell(&mut self, event: impl FnOnce(Nanos) -> Event) -> Result<()> {
        let event = event(self.now());
        self.show(&event)
    }

    /// Both ends of the connection that is under way.
    pub fn ends(&self) -> &Ends {
        &self.ends
    }

    /// Ends the record with what can be said about its completeness.
    ///
    /// # Errors
    /// [`Error::Output`](crate::Error::Output) when a picture cannot be ended.
    pub fn end(&mut self) -> Result<()> {
        self.arrivals()?;
        if let Some(count) = self.capture.as_mut().and_then(|capture| capture.count().ok()) {
            self.truth.dropped = count.dropped;
            self.truth.truncated = count.truncated;
        }
        self.truth.wire = self.flows.bytes();
        self.truth.lost = self.flows.lost();
        self.truth.queued = self.ends.queued();
        for end in self.open.iter().filter_map(|call| call.sends) {
            self.truth.unfinished[end as usize] = true;
        }
        self.truth.discarded = self.moved.discarded(&self.flows.finish());
        self.gallery.end(&self.truth, self.wire)
    }

    fn show(&mut self, event: &Event) -> Result<()> {
        self.gallery.event(event)
    }
}

/// The time, in nanoseconds since 1970.
pub fn since_epoch() -> u64 {
    // A clock before 1970 has no time to tell: everything happens at 0 then.
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO).as_nanos() as u64
}
