//! One JSON object a line, for programs. The README documents every field.

use std::io::{self, Write};

use serde::Serialize;
use serde_json::{Value, json};

use super::{Picture, Scene};
use crate::escape;
use crate::event::{Arg, Call, CallId, Event, Nanos, Outcome, Truth, Wire};

/// The picture, and where it goes.
pub struct Json<W> {
    out: W,
}

#[derive(Serialize)]
struct CallLine<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    id: CallId,
    at: Nanos,
    side: &'static str,
    call: &'static str,
    args: Vec<Value>,
    result: Value,
    #[serde(skip_serializing_if = "Option::is_none")]
    data: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    peer: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<&'static str>,
    state: Option<&'a str>,
}

#[derive(Serialize)]
struct SegmentLine {
    #[serde(rename = "type")]
    kind: &'static str,
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
}

#[derive(Serialize)]
struct StateLine {
    #[serde(rename = "type")]
    kind: &'static str,
    cause: Option<CallId>,
    at: Nanos,
    side: &'static str,
    state: &'static str,
}

#[derive(Serialize)]
struct EndLine {
    #[serde(rename = "type")]
    kind: &'static str,
    wire: &'static str,
    frames: u64,
    dropped: u64,
    truncated: u64,
    wire_bytes: Ends<u64>,
    sent_bytes: Ends<Option<u64>>,
    received_bytes: Ends<Option<u64>>,
    complete: bool,
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

impl<W: Write + Send> Json<W> {
    /// JSON lines on a writer.
    pub fn new(out: W) -> Json<W> {
        Json { out }
    }

    fn line(&mut self, line: &impl Serialize) -> io::Result<()> {
        serde_json::to_writer(&mut self.out, line)?;
        self.out.write_all(b"\n")
    }

    fn call(&mut self, call: &Call) -> io::Result<()> {
        let (mut data, mut peer, mut error) = (None, None, None);
        let result = match &call.outcome {
            Outcome::Done(number) => json!(number),
            Outcome::Received(bytes) => {
                data = Some(escape::text(bytes));
                json!(bytes.len())
            }
            Outcome::Accepted(descriptor, from) => {
                peer = Some(from.to_string());
                json!(descriptor)
            }
            Outcome::Silence => {
                error = Some("EAGAIN");
                json!(-1)
            }
            Outcome::Failed(errno) => {
                error = Some(errno.name());
                json!(-1)
            }
        };
        self.line(&CallLine {
            kind: "call",
            id: call.id,
            at: call.at,
            side: call.intent.who.name(),
            call: call.intent.op.name(),
            args: call.intent.args.iter().map(argument).collect(),
            result,
            data,
            peer,
            error,
            state: call.state.map(|state| state.name()),
        })?;
        for (who, state) in &call.changes {
            let (cause, at, side, state) = (Some(call.id), call.at, who.name(), state.name());
            self.line(&StateLine { kind: "state", cause, at, side, state })?;
        }
        Ok(())
    }
}

fn argument(arg: &Arg) -> Value {
    match arg {
        Arg::Address(address) => json!(address.to_string()),
        Arg::Number(number) => json!(number),
        Arg::Bytes(bytes) => json!(escape::text(bytes)),
        Arg::Word(word) => json!(word),
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
                let args: Vec<_> = intent.args.iter().map(argument).collect();
                let (side, call) = (intent.who.name(), intent.op.name());
                self.line(
                    &json!({"type": "wait", "id": id, "at": at, "side": side, "call": call, "args": args}),
                )?;
            }
            Event::Segment { cause, at, segment, reading } => self.line(&SegmentLine {
                kind: "segment",
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
                let (side, state) = (who.name(), state.name());
                self.line(&StateLine { kind: "state", cause: None, at: *at, side, state })?;
            }
            Event::Pause { at, who } => self.line(&json!({"type": "pause", "at": at, "side": who.name()}))?,
            Event::Output { at, who, line } => {
                self.line(
                    &json!({"type": "output", "at": at, "side": who.name(), "text": escape::text(line)}),
                )?;
            }
            Event::GivenUp { at, peer, op, error } => {
                let (peer, call, error) = (peer.to_string(), op.name(), error.name());
                self.line(
                    &json!({"type": "given-up", "at": at, "peer": peer, "call": call, "error": error}),
                )?;
            }
            Event::Deadlock { at, waiting } => {
                let waiting: Vec<_> =
                    waiting.iter().map(|(who, op)| json!({"side": who.name(), "call": op.name()})).collect();
                self.line(&json!({"type": "deadlock", "at": at, "waiting": waiting}))?;
            }
        }
        self.out.flush()
    }

    fn end(&mut self, truth: &Truth, wire: Wire) -> io::Result<()> {
        let wire = match wire {
            Wire::Room => "room",
            Wire::Host => "host",
            Wire::Off => "off",
        };
        self.line(&EndLine {
            kind: "end",
            wire,
            frames: truth.frames,
            dropped: truth.dropped,
            truncated: truth.truncated,
            wire_bytes: truth.wire.into(),
            sent_bytes: truth.sent.into(),
            received_bytes: truth.received.into(),
            complete: wire != "off" && truth.is_complete(),
        })?;
        self.out.flush()
    }
}
