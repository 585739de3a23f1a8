//! One JSON object a line, for programs. The README documents every field.

use std::io::{self, Write};

use super::addresses::Addresses;
use super::called::{self, Called};
use super::object::{Flags, Line, Odd, States};
use super::words;
use super::{Look, Payload, Picture, Scene};
use crate::event::truth::{Truth, Wire};
use crate::event::{Call, CallId, Event, Nanos, Reading, Who};
use crate::tcp::anomaly::Oddities;
use crate::tcp::segment::Segment;
use crate::tcp::state::State;
use crate::tcp::summary::{Ending, Handshake, Summary};
use crate::text::escape;

/// The picture, and where it goes.
pub struct Json<W> {
    out: W,
    look: Look,
    /// Whether others are watched, instead of a play.
    sniffs: bool,
    /// Whether connections are told apart: not in a lesson, which has one after another.
    counts: bool,
    addresses: Addresses,
    /// Sender, receiver and payload of the last segment, for their room.
    spare: String,
    /// The line that was written last: it goes out whole, and not in the pieces in which it is made.
    room: Vec<u8>,
}

impl<W: Write + Send> Json<W> {
    /// JSON lines on a writer.
    pub fn new(look: Look, out: W) -> Json<W> {
        Json {
            out,
            look,
            sniffs: false,
            counts: false,
            addresses: Addresses::default(),
            spare: String::new(),
            room: Vec::new(),
        }
    }

    fn line(&mut self, line: &Line) -> io::Result<()> {
        self.room.clear();
        serde_json::to_writer(&mut self.room, line)?;
        self.room.push(b'\n');
        self.out.write_all(&self.room)
    }

    fn call(&mut self, call: &Call) -> io::Result<()> {
        self.line(&Line::Call {
            id: call.id,
            at: call.at,
            side: call.intent.who.name(),
            call: call.intent.op.name(),
            args: called::args(&call.intent.args),
            outcome: (&call.outcome).into(),
            state: call.state.map(State::name),
            caller: call.intent.caller.map(Called::from),
        })?;
        call.changes.iter().try_for_each(|&(who, state)| {
            let (cause, side, state) = (Some(call.id), who.name(), state.name());
            self.line(&Line::State { cause, at: call.at, side, state })
        })
    }
}

impl<W: Write + Send> Json<W> {
    fn segment(
        &mut self,
        cause: Option<CallId>,
        at: Nanos,
        segment: &Segment,
        reading: &Reading,
    ) -> io::Result<()> {
        let (seq, ack) = words::sequence(segment, reading, self.look.absolute);
        let mut spare = std::mem::take(&mut self.spare);
        spare.clear();
        match self.sniffs {
            true => self.addresses.push(&mut spare, segment.source),
            false => spare.push_str(reading.from.name()),
        }
        let to = spare.len();
        if self.sniffs {
            self.addresses.push(&mut spare, segment.destination);
        }
        let payload = spare.len();
        match self.look.payload {
            Some(Payload::None) => {}
            Some(Payload::Hex) => escape::push_hex(&mut spare, segment.payload()),
            Some(Payload::Text) | None => escape::push_text(&mut spare, segment.payload()),
        }
        // On the stage the calls and the kernel tell the states, and loopback's own ways go without
        // saying.
        let mut odd = Oddities::default();
        let told = reading.odd.iter().filter(|odd| self.sniffs || !odd.is_ambient());
        told.for_each(|oddity| odd.add(oddity));
        let line = Line::Segment {
            frame: self.sniffs.then_some(segment.frame.number),
            connection: self.counts.then_some(reading.flow),
            cause,
            at,
            from: &spare[..to],
            to: self.sniffs.then_some(&spare[to..payload]),
            src_port: segment.source.port(),
            dst_port: segment.destination.port(),
            flags: Flags(segment.flags),
            seq,
            ack,
            len: segment.length,
            window: segment.window,
            payload: &spare[payload..],
            role: reading.role.name(),
            states: States(if self.sniffs { &reading.states } else { &[] }),
            rtt: reading.rtt.filter(|_| self.sniffs),
            odd: Odd(odd),
        };
        let written = self.line(&line);
        self.spare = spare;
        written
    }

    fn connection(&mut self, summary: &Summary) -> io::Result<()> {
        let (ending, by) = match summary.ending {
            Ending::Open => ("open", None),
            Ending::HalfClosed(who) => ("half closed", Some(who)),
            Ending::Closed => ("closed", None),
            Ending::Reset(who) => ("reset", Some(who)),
            Ending::Refused => ("refused", Some(Who::Server)),
            Ending::Unanswered => ("unanswered", None),
        };
        self.line(&Line::Connection {
            connection: summary.flow,
            client: summary.client,
            server: summary.server,
            handshake: match summary.handshake {
                Handshake::Unseen => "unseen",
                Handshake::Unfinished => "unfinished",
                Handshake::Complete => "complete",
            },
            rtt: summary.rtt,
            segments: summary.segments.into(),
            bytes: summary.bytes.into(),
            unseen: summary.unseen.into(),
            ending,
            by: by.map(Who::name),
            odd: summary.odd.iter().map(|&(oddity, count)| (oddity.name(), count)).collect(),
        })
    }
}

impl<W: Write + Send> Picture for Json<W> {
    fn begin(&mut self, scene: &Scene) -> io::Result<()> {
        self.sniffs = scene.cast.is_empty();
        self.counts = scene.server.is_none();
        match self.sniffs {
            true => self.line(&Line::Begin { source: &scene.title.en, start: scene.start }),
            false => Ok(()),
        }
    }

    fn event(&mut self, event: &Event) -> io::Result<()> {
        match event {
            Event::Call(call) => self.call(call)?,
            Event::Wait { id, at, intent } => {
                let (side, call) = (intent.who.name(), intent.op.name());
                let (args, caller) = (called::args(&intent.args), intent.caller.map(Called::from));
                self.line(&Line::Wait { id: *id, at: *at, side, call, args, caller })?;
            }
            Event::Segment { cause, at, segment, reading } => self.segment(*cause, *at, segment, reading)?,
            Event::Malformed { at, malformed, frame } => self.line(&Line::Malformed {
                frame: frame.number,
                at: *at,
                layer: malformed.layer.name(),
                needed: malformed.needed,
                had: malformed.had,
            })?,
            Event::Connection(summary) => self.connection(summary)?,
            Event::State { at, who, state } => {
                self.line(&Line::State { cause: None, at: *at, side: who.name(), state: state.name() })?;
            }
            Event::Sleep { at, who, caller, time } => {
                let (side, caller) = (who.name(), caller.map(Called::from));
                self.line(&Line::Sleep { at: *at, side, time: *time, caller })?;
            }
            Event::Repeated { at, who, program, calls, times } => {
                let (at, side, program, calls, times) = (*at, who.name(), *program, *calls, *times);
                self.line(&Line::Repeated { at, side, program, calls, times })?;
            }
            Event::Output { at, who, program, line } => {
                let (side, text) = (who.name(), escape::text(line));
                self.line(&Line::Output { at: *at, side, program: *program, text })?;
            }
            Event::Cut { at, who, op, .. } => {
                self.line(&Line::Cut { at: *at, side: who.name(), call: op.name() })?;
            }
            Event::Healed { at, who, after } => {
                self.line(&Line::Healed { at: *at, side: who.name(), after: *after })?;
            }
            Event::Verdict { at, verdict } => {
                let why = called::why(verdict);
                self.line(&Line::Verdict { at: *at, verdict: verdict.name(), why })?;
            }
        }
        self.out.flush()
    }

    fn end(&mut self, truth: &Truth, wire: Wire) -> io::Result<()> {
        self.line(&Line::End {
            wire: match wire {
                Wire::Room => "room",
                Wire::Host => "host",
                Wire::Off => "off",
                Wire::File => "file",
            },
            frames: truth.frames,
            dropped: truth.dropped,
            truncated: truth.truncated,
            wire_bytes: truth.wire.into(),
            sent_bytes: truth.sent.into(),
            received_bytes: truth.received.into(),
            lost_bytes: (truth.lost != [0; 2]).then(|| truth.lost.into()),
            tally: truth.tally,
            complete: wire != Wire::Off && truth.is_complete(),
        })?;
        self.out.flush()
    }
}
