//! One JSON object a line, for programs. The README documents every field.

use std::io::{self, Write};

use serde::Serialize;
use serde_json::{Value, json};

use super::{Picture, Scene};
use crate::escape;
use crate::event::{Arg, Call, CallId, Event, Nanos, Op, Outcome, Who};
use crate::state::State;
use crate::truth::{Truth, Wire};

/// The picture, and where it goes.
pub struct Json<W> {
    out: W,
}

/// A line: its type first, then its fields in this order.
#[derive(Serialize)]
#[serde(tag = "type", rename_all = "kebab-case")]
enum Line {
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
    Segment {
        cause: Option<CallId>,
        at: Nanos,
        from: &'static str,
        src_port: u16,
        dst_port: u16,
        flags: Vec<&'static str>,
        seq: u32,
        ack: Option<u32>,
        len: usize,
        window: u16,
        payload: String,
        role: &'static str,
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
        complete: bool,
    },
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
    pub fn new(out: W) -> Json<W> {
        Json { out }
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
    fn begin(&mut self, _: &Scene) -> io::Result<()> {
        Ok(())
    }

    fn event(&mut self, event: &Event) -> io::Result<()> {
        match event {
            Event::Call(call) => self.call(call)?,
            Event::Wait { id, at, intent } => {
                let (side, call, args) = (intent.who.name(), intent.op.name(), args(&intent.args));
                self.line(&Line::Wait { id: *id, at: *at, side, call, args })?;
            }
            Event::Segment { cause, at, segment, reading } => self.line(&Line::Segment {
                cause: *cause,
                at: *at,
                from: reading.from.name(),
                src_port: segment.source.port(),
                dst_port: segment.destination.port(),
                flags: segment.flags.names().collect(),
                seq: reading.seq,
                ack: reading.ack,
                len: segment.length,
                window: segment.window,
                payload: escape::text(&segment.payload),
                role: reading.role.name(),
            })?,
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
            },
            frames: truth.frames,
            dropped: truth.dropped,
            truncated: truth.truncated,
            wire_bytes: truth.wire.into(),
            sent_bytes: truth.sent.into(),
            received_bytes: truth.received.into(),
            complete: wire != Wire::Off && truth.is_complete(),
        })?;
        self.out.flush()
    }
}
