//! A call that has returned: what it sent, what it moved, and in which states its ends are since.

use super::Trace;
use crate::event::error::Result;
use crate::event::op::Kind;
use crate::event::{Call, CallId, Event, Farewell, Intent, Nanos, Op, Outcome, Reading, Reset, Who};
use crate::stage::attribution::Pending;
use crate::stage::moved;
use crate::tcp::segment::{Flags, Segment};
use crate::tcp::state::State;

impl Trace {
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

    pub(super) fn note_bytes(&mut self, end: Who, intent: &Intent, outcome: &Outcome) {
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

    /// Whether something that an end of the connection under way has sent is lost, and has not come
    /// since.
    pub(super) fn has_lost(&self, who: Who) -> bool {
        self.ends.current().is_some_and(|(client, server)| self.flows.has_lost(client, server, who))
    }
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
