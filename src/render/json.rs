//! One JSON object a line, for programs. The README documents every field.

use std::io::{self, Write};

use super::called::{self, Called};
use super::object::{Flags, Line, Sender, Stated};
use super::words;
use super::{Look, Payload, Picture, Scene};
use crate::escape;
use crate::event::{Call, CallId, Event, Nanos, Reading, Who};
use crate::oddity::Oddity;
use crate::segment::Segment;
use crate::state::State;
use crate::summary::{Ending, Handshake, Summary};
use crate::truth::{Truth, Wire};

/// The picture, and where it goes.
pub struct Json<W> {
    out: W,
    look: Look,
    /// Whether others are watched, instead of a play.
    sniffs: bool,
    /// Whether connections are told apart: not in a lesson, which has one after another.
    counts: bool,
}

impl<W: Write + Send> Json<W> {
    /// JSON lines on a writer.
    pub fn new(look: Look, out: W) -> Json<W> {
        Json { out, look, sniffs: false, counts: false }
    }

    fn line(&mut self, line: &Line) -> io::Result<()> {
        serde_json::to_writer(&mut self.out, line)?;
        self.out.write_all(b"\n")
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
        let payload = match self.look.payload {
            Some(Payload::None) => String::new(),
            Some(Payload::Hex) => escape::hex(segment.payload()),
            Some(Payload::Text) | None => escape::text(segment.payload()),
        };
        let from = match self.sniffs {
            true => Sender::Address(segment.source),
            false => Sender::Side(reading.from.name()),
        };
        let stated = |&(who, state): &(Who, State)| Stated { side: who.name(), state: state.name() };
        // On the stage the calls and the kernel tell the states, and loopback's own ways go without
        // saying.
        let told = reading.odd.iter().filter(|odd| self.sniffs || !odd.is_ambient());
        let line = Line::Segment {
            frame: self.sniffs.then_some(segment.frame.number),
            connection: self.counts.then_some(reading.flow),
            cause,
            at,
            from,
            to: self.sniffs.then_some(Sender::Address(segment.destination)),
            src_port: segment.source.port(),
            dst_port: segment.destination.port(),
            flags: Flags(segment.flags),
            seq,
            ack,
            len: segment.length,
            window: segment.window,
            payload,
            role: reading.role.name(),
            states: if self.sniffs { reading.states.iter().map(stated).collect() } else { Vec::new() },
            rtt: reading.rtt.filter(|_| self.sniffs),
            odd: told.map(Oddity::name).collect(),
        };
        self.line(&line)
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
