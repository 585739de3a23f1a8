//! The record of a play: it numbers the calls, takes the frames that each one caused off the wire,
//! asks the kernel for the states after it, and hands everything on to the pictures.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use crate::event::error::Result;
use crate::event::op::Kind;
use crate::event::truth::{Truth, Wire};
use crate::event::{
    Call, CallId, Event, Farewell, FlowId, Intent, Nanos, Op, Outcome, Reading, Reset, Role, Who,
};
use crate::linux::capture::Capture;
use crate::render::pictures::Gallery;
use crate::render::{Picture, Scene};
use crate::stage::attribution::{Arrival, Blame, Pending};
use crate::stage::burst;
use crate::stage::ends::{Ends, Pair, own_and_peer};
use crate::stage::moved::{self, Moved};
#[cfg(feature = "wire")]
use crate::tcp::decode::{Decoded, decode};
use crate::tcp::flow::Flows;
use crate::tcp::segment::{Flags, Segment};
use crate::tcp::severed::Severed;
use crate::tcp::state::State;

/// How often it is looked for what comes in the same moment.
const GLANCE: Duration = Duration::from_millis(5);

/// A call that waits in the kernel, which sends for it meanwhile.
struct OpenCall {
    id: CallId,
    /// For which end: its own address, and its peer's, if there is one.
    own_and_peer: Option<(SocketAddr, SocketAddr)>,
    /// Which end that is, if the call sends bytes.
    sends: Option<Who>,
}

/// What has come by itself.
pub struct Come {
    /// When the first of it did.
    pub first: Instant,
    segments: Vec<Segment>,
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

    /// Shows what came over the wire by itself, and the states that changed with it. How many
    /// segments that were.
    ///
    /// # Errors
    /// [`Error::Output`](crate::Error::Output) when a picture cannot go on.
    pub fn arrivals(&mut self) -> Result<usize> {
        let segments = self.take();
        self.show_arrivals(segments)
    }

    /// Takes what has come by itself, where nobody can go on before it is shown; when something has,
    /// what comes within some time after it came in the same moment.
    pub fn gather(&mut self, moment: Duration) -> Option<Come> {
        let noticed = Instant::now();
        let mut segments = self.take();
        let stamp = segments.first().map(|segment| segment.frame.at)?;
        while noticed.elapsed() < moment {
            std::thread::sleep(GLANCE);
            segments.extend(self.take());
        }
        let segments = burst::put_in_order(segments, |segment| self.flows.has_seen(segment));
        Some(Come { first: moment_of(stamp).unwrap_or(noticed), segments })
    }

    /// Shows that, if there is anything, and the states that changed meanwhile.
    ///
    /// # Errors
    /// As for [`Trace::arrivals`].
    pub fn show_come(&mut self, come: Option<Come>) -> Result<()> {
        self.show_arrivals(come.map_or_else(Vec::new, |come| come.segments)).map(drop)
    }

    /// When the kernel saw the last frame, where that is known.
    pub fn latest(&self) -> Option<Instant> {
        moment_of(self.latest)
    }

    /// Has it be known when the kernel saw each frame, although the record goes by another time.
    pub fn keep_stamps(&mut self) {
        self.stamps = true;
    }

    fn show_arrivals(&mut self, segments: Vec<Segment>) -> Result<usize> {
        let arrived = self.read(segments);
        let count = arrived.len();
        for (at, segment, reading) in arrived {
            let cause = self.owner(&segment, &reading);
            self.show(&Event::Segment { cause, at, segment, reading })?;
        }
        for (who, state) in self.changes() {
            self.tell(|at| Event::State { at, who, state })?;
        }
        Ok(count)
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

    /// The call has returned. `own_state` asks for the state of the socket that it was about, if that is
    /// still open.
    ///
    /// # Errors
    /// [`Error::Output`](crate::Error::Output) when a picture cannot go on.
    pub fn returned(
        &mut self,
        mut pending: Pending,
        intent: Intent,
        outcome: Outcome,
        own_state: Option<&dyn Fn() -> Option<State>>,
    ) -> Result<()> {
        let end = self.now();
        if !pending.fetched {
            self.progress(&mut pending);
        }
        self.abandon(pending.id);
        self.aborts.clear();
        let from = self.end_of(self.ends.current(), intent.who);
        self.note_bytes(from, &intent, &outcome);
        let mut changes = self.changes();
        let state = match own_state {
            // Where the wire is seen, bytes that come and go change no state.
            Some(_)
                if moves_bytes_alone(&intent, &outcome)
                    && self.capture.is_some()
                    && self.ends.state(intent.who).is_some() =>
            {
                self.ends.state(intent.who)
            }
            // A socket whose connection lingers says that it is closed; the connection is not.
            Some(own_state) => own_state().map(|state| match (state, self.ends.state(intent.who)) {
                (State::Closed, Some(State::TimeWait)) => State::TimeWait,
                (state, _) => state,
            }),
            // The descriptor is gone; what became of the connection is known from its ends.
            None => self.ends.state(intent.who),
        };
        if intent.op == Op::Listen && state == Some(State::Listen) {
            changes.push((intent.who, State::Listen));
        }

        let Pending { id, at, waited, .. } = pending;
        let [before, during, after] = self.blame.sort(pending, end, from);
        for (at, segment, reading) in before {
            self.show(&Event::Segment { cause: None, at, segment, reading })?;
        }
        let during: Vec<_> = during
            .into_iter()
            .map(|(at, segment, reading)| {
                (self.owner(&segment, &reading).unwrap_or(id), at, segment, reading)
            })
            .collect();
        let segments = during.iter().filter(|(cause, ..)| *cause == id).count();
        let farewell = self.capture.is_some().then(|| farewell(&during, &intent, from, id)).flatten();
        let queued = farewell == Some(Farewell::Nothing) && self.has_lost(intent.who);
        let farewell = if queued { Some(Farewell::Queued) } else { farewell };
        self.show(&Event::Call(Call {
            id,
            at,
            intent,
            outcome,
            waited,
            state,
            changes,
            segments,
            farewell,
        }))?;
        for (cause, at, segment, reading) in during {
            self.show(&Event::Segment { cause: Some(cause), at, segment, reading })?;
        }
        for (at, segment, reading) in after {
            self.show(&Event::Segment { cause: None, at, segment, reading })?;
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

    /// Whether something that an end of the connection under way has sent is lost, and has not come
    /// since.
    fn has_lost(&self, who: Who) -> bool {
        self.ends.current().is_some_and(|(client, server)| self.flows.has_lost(client, server, who))
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

    /// Takes everything that has arrived, and reads it.
    fn drain(&mut self) -> Vec<Arrival> {
        let segments = self.take();
        self.read(segments)
    }

    /// Takes everything that has arrived.
    #[cfg(feature = "wire")]
    fn take(&mut self) -> Vec<Segment> {
        let mut found = Vec::new();
        let Some(capture) = &mut self.capture else { return found };
        // An interface that broke down shows nothing more; the truth line will not agree then.
        while let Ok(Some(frame)) = capture.next(Duration::ZERO) {
            self.truth.frames += 1;
            self.latest = frame.at;
            if let Decoded::Segment(segment) = decode(frame) {
                found.push(segment);
            }
        }
        found
    }

    /// There is no wire to take anything from.
    #[cfg(not(feature = "wire"))]
    fn take(&mut self) -> Vec<Segment> {
        Vec::new()
    }

    /// Says what segments mean, in their order.
    fn read(&mut self, segments: Vec<Segment>) -> Vec<Arrival> {
        let mut found = Vec::new();
        for mut segment in segments {
            let at = self.time.unwrap_or_else(|| segment.frame.at.saturating_sub(self.start));
            segment.frame.at = self.start.saturating_add(at);
            // A server has all of its port's connections, a client only its own.
            let serves = self.truth.sent[Who::Server as usize].is_some();
            let ends = [segment.source, segment.destination];
            if serves || self.ends.client().is_none_or(|client| ends.contains(&client)) {
                let mut reading = self.flows.observe(&segment, at);
                if reading.reset.is_some() {
                    let why = self.aborts.get(&(segment.source, segment.destination)).copied();
                    reading.reset = why.or(reading.reset);
                }
                if !matches!(reading.role, Role::Data | Role::Ack | Role::Window) {
                    let pair = match reading.from {
                        Who::Client => (segment.source, segment.destination),
                        Who::Server => (segment.destination, segment.source),
                    };
                    if !self.stirred.contains(&pair) {
                        self.stirred.push(pair);
                    }
                }
                found.push((at, segment, reading));
            }
        }
        found
    }

    fn note_bytes(&mut self, end: Who, intent: &Intent, outcome: &Outcome) {
        let ports = self.ends.current().map(|(one, other)| [one.port(), other.port()]);
        if self.port.zip(ports).is_some_and(|(port, ports)| !ports.contains(&port)) {
            return;
        }
        let (sent, received) = moved::by_call(intent, outcome);
        *self.truth.sent[end as usize].get_or_insert(0) += sent;
        *self.truth.received[end as usize].get_or_insert(0) += received;
        if sent > 0
            && let Some(flow) = self.ends.current().and_then(|(one, other)| self.flows.number(one, other))
        {
            self.moved.sent(flow, end, sent);
        }
    }

    fn show(&mut self, event: &Event) -> Result<()> {
        self.gallery.event(event)
    }
}

/// A time of the kernel's on this process's clock; none for one that nobody asked for.
fn moment_of(stamp: u64) -> Option<Instant> {
    let ago = since_epoch().saturating_sub(stamp);
    Instant::now().checked_sub(Duration::from_nanos(ago)).filter(|_| stamp > 0)
}

/// Whether a call has moved bytes, and nothing else.
fn moves_bytes_alone(intent: &Intent, outcome: &Outcome) -> bool {
    match (intent.op.kind(), outcome) {
        (Kind::Sends, Outcome::Done(1..)) => true,
        (Kind::Receives, Outcome::Received(bytes)) => !bytes.is_empty(),
        _ => false,
    }
}

/// What a call that closes has sent to say so.
fn farewell(
    during: &[(CallId, Nanos, Segment, Reading)],
    intent: &Intent,
    end: Who,
    id: CallId,
) -> Option<Farewell> {
    if intent.op.kind() != Kind::Closes && intent.op != Op::Shutdown {
        return None;
    }
    let own = during.iter().filter(|(cause, .., reading)| *cause == id && reading.from == end);
    let found = own.map(|(_, _, segment, reading)| {
        match (segment.flags.has(Flags::RST), segment.flags.has(Flags::FIN)) {
            (true, _) => match reading.reset {
                Some(Reset::Unread) => Farewell::RstUnread,
                Some(Reset::Linger) => Farewell::RstLinger,
                Some(Reset::Refused | Reset::Unexpected | Reset::AfterClose | Reset::Abort) | None => {
                    Farewell::Rst
                }
            },
            (false, true) => Farewell::Fin,
            (false, false) => Farewell::Nothing,
        }
    });
    found.into_iter().find(|farewell| *farewell != Farewell::Nothing).or(Some(Farewell::Nothing))
}

/// The time, in nanoseconds since 1970.
pub fn since_epoch() -> u64 {
    // A clock before 1970 has no time to tell: everything happens at 0 then.
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO).as_nanos() as u64
}
