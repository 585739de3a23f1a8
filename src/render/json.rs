//! One JSON object a line, for programs. The README documents every field.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::net::SocketAddr;

use serde::{Serialize, Serializer};
use serde_json::{Value, json};

use super::words;
use super::{Look, Payload, Picture, Scene};
use crate::escape;
use crate::event::{Arg, Call, CallId, Event, FlowId, Nanos, Op, Outcome, Reading, Who};
use crate::oddity::Oddity;
use crate::segment::{self, Segment};
use crate::state::State;
use crate::summary::{Ending, Handshake, Summary};
use crate::truth::{Tally, Truth, Wire};

/// The picture, and where it goes.
pub struct Json<W> {
    out: W,
    look: Look,
    /// Whether others are watched, instead of a play.
    sniffs: bool,
}

/// A line: its type first, then its fields in this order.
#[derive(Serialize)]
#[serde(tag = "type", rename_all = "kebab-case")]
enum Line<'a> {
    Call {
        id: CallId,
        at: Nanos,
        side: &'static str,
        call: &'static str,
        args: Vec<Value>,
        #[serde(flatten)]
        outcome: Returned,
        state: Option<&'static str>,
    },
    Wait {
        id: CallId,
        at: Nanos,
        side: &'static str,
        call: &'static str,
        args: Vec<Value>,
    },
    Begin {
        source: &'a str,
        start: u64,
    },
    Segment {
        #[serde(skip_serializing_if = "Option::is_none")]
        frame: Option<u64>,
        #[serde(skip_serializing_if = "Option::is_none")]
        connection: Option<FlowId>,
        cause: Option<CallId>,
        at: Nanos,
        from: Sender,
        #[serde(skip_serializing_if = "Option::is_none")]
        to: Option<Sender>,
        src_port: u16,
        dst_port: u16,
        flags: Flags,
        seq: u32,
        ack: Option<u32>,
        len: usize,
        window: u16,
        payload: String,
        role: &'static str,
        #[serde(skip_serializing_if = "Vec::is_empty")]
        states: Vec<Stated>,
        #[serde(skip_serializing_if = "Option::is_none")]
        rtt: Option<Nanos>,
        #[serde(skip_serializing_if = "Vec::is_empty")]
        odd: Vec<&'static str>,
    },
    Malformed {
        frame: u64,
        at: Nanos,
        layer: &'static str,
        needed: usize,
        had: usize,
    },
    Connection {
        connection: FlowId,
        client: SocketAddr,
        server: SocketAddr,
        handshake: &'static str,
        rtt: Option<Nanos>,
        segments: Ends<u64>,
        bytes: Ends<u64>,
        unseen: Ends<u64>,
        ending: &'static str,
        by: Option<&'static str>,
        odd: BTreeMap<&'static str, u64>,
    },
    State {
        cause: Option<CallId>,
        at: Nanos,
        side: &'static str,
        state: &'static str,
    },
    Pause {
        at: Nanos,
        side: &'static str,
    },
    Output {
        at: Nanos,
        side: &'static str,
        text: String,
    },
    GivenUp {
        at: Nanos,
        peer: String,
        call: &'static str,
        error: &'static str,
    },
    Deadlock {
        at: Nanos,
        waiting: Vec<Waiting>,
    },
    End {
        wire: &'static str,
        frames: u64,
        dropped: u64,
        truncated: u64,
        wire_bytes: Ends<u64>,
        sent_bytes: Ends<Option<u64>>,
        received_bytes: Ends<Option<u64>>,
        #[serde(flatten)]
        tally: Option<Tally>,
        complete: bool,
    },
}

/// Who sent a segment: a side on the stage, an address off it.
#[derive(Serialize)]
#[serde(untagged)]
enum Sender {
    Side(&'static str),
    Address(SocketAddr),
}

/// A state that a segment brings an end into.
#[derive(Serialize)]
struct Stated {
    side: &'static str,
    state: &'static str,
}

/// The names of the flags, as a list.
struct Flags(segment::Flags);

impl Serialize for Flags {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.names())
    }
}

/// What a call returned, as POSIX has it.
#[derive(Default, Serialize)]
struct Returned {
    result: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    data: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    peer: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<&'static str>,
}

#[derive(Serialize)]
struct Waiting {
    side: &'static str,
    call: &'static str,
}

#[derive(Serialize)]
struct Ends<T> {
    client: T,
    server: T,
}

impl<T> From<[T; 2]> for Ends<T> {
    fn from([client, server]: [T; 2]) -> Ends<T> {
        Ends { client, server }
    }
}

impl From<&Outcome> for Returned {
    fn from(outcome: &Outcome) -> Returned {
        let failed = |error| Returned { result: -1, error: Some(error), ..Returned::default() };
        match outcome {
            Outcome::Done(number) => Returned { result: *number, ..Returned::default() },
            Outcome::Received(bytes) => Returned {
                result: bytes.len() as i64,
                data: Some(escape::text(bytes)),
                ..Returned::default()
            },
            Outcome::Accepted(descriptor, peer) => {
                Returned { result: *descriptor, peer: Some(peer.to_string()), ..Returned::default() }
            }
            Outcome::Silence => failed("EAGAIN"),
            Outcome::Failed(errno) => failed(errno.name()),
        }
    }
}

impl<W: Write + Send> Json<W> {
    /// JSON lines on a writer.
    pub fn new(look: Look, out: W) -> Json<W> {
        Json { out, look, sniffs: false }
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
            args: args(&call.intent.args),
            outcome: (&call.outcome).into(),
            state: call.state.map(State::name),
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
            connection: self.sniffs.then_some(reading.flow),
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

fn args(args: &[Arg]) -> Vec<Value> {
    args.iter()
        .map(|arg| match arg {
            Arg::Address(address) => json!(address.to_string()),
            Arg::Number(number) => json!(number),
            Arg::Bytes(bytes) => json!(escape::text(bytes)),
            Arg::Word(word) => json!(word),
        })
        .collect()
}

impl From<&(Who, Op)> for Waiting {
    fn from((who, op): &(Who, Op)) -> Waiting {
        Waiting { side: who.name(), call: op.name() }
    }
}

impl<W: Write + Send> Picture for Json<W> {
    fn begin(&mut self, scene: &Scene) -> io::Result<()> {
        self.sniffs = scene.cast.is_empty();
        match self.sniffs {
            true => self.line(&Line::Begin { source: &scene.title.en, start: scene.start }),
            false => Ok(()),
        }
    }

    fn event(&mut self, event: &Event) -> io::Result<()> {
        match event {
            Event::Call(call) => self.call(call)?,
            Event::Wait { id, at, intent } => {
                let (side, call, args) = (intent.who.name(), intent.op.name(), args(&intent.args));
                self.line(&Line::Wait { id: *id, at: *at, side, call, args })?;
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
            Event::Pause { at, who } => self.line(&Line::Pause { at: *at, side: who.name() })?,
            Event::Output { at, who, line } => {
                self.line(&Line::Output { at: *at, side: who.name(), text: escape::text(line) })?;
            }
            Event::GivenUp { at, peer, op, error } => {
                let (peer, call, error) = (peer.to_string(), op.name(), error.name());
                self.line(&Line::GivenUp { at: *at, peer, call, error })?;
            }
            Event::Deadlock { at, waiting } => {
                self.line(&Line::Deadlock { at: *at, waiting: waiting.iter().map(Waiting::from).collect() })?;
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
            tally: truth.tally,
            complete: wire != Wire::Off && truth.is_complete(),
        })?;
        self.out.flush()
    }
}
