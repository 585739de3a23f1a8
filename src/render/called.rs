//! What JSON lines say of calls, and of how a play ended.

use serde::Serialize;
use serde_json::{Value, json};

use crate::event::verdict::{Cause, End, Unread, Verdict, Waiting};
use crate::event::{Arg, Bytes, Caller, FlowId, Outcome};
use crate::text::escape;

/// Who exactly called.
#[derive(Serialize)]
pub struct Called {
    program: u16,
    thread: u16,
    #[serde(skip_serializing_if = "Option::is_none")]
    fd: Option<i32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    connection: Option<FlowId>,
}

impl From<Caller> for Called {
    fn from(caller: Caller) -> Called {
        let Caller { program, thread, descriptor: fd, connection } = caller;
        Called { program, thread, fd, connection }
    }
}

/// What a call returned, as POSIX has it.
#[derive(Default, Serialize)]
pub struct Returned {
    result: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    data: Option<String>,
    /// How many bytes there were, where not all of them are in `data`.
    #[serde(skip_serializing_if = "Option::is_none")]
    bytes: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    value: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    peer: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    signal: Option<String>,
}

impl From<&Outcome> for Returned {
    fn from(outcome: &Outcome) -> Returned {
        let returned = Returned { result: outcome.number(), ..Returned::default() };
        let cut = |bytes: &Bytes| (bytes.length > bytes.kept.len()).then_some(bytes.length);
        match outcome {
            Outcome::Done(_) => returned,
            Outcome::Received(bytes) => {
                Returned { data: Some(escape::text(&bytes.kept)), bytes: cut(bytes), ..returned }
            }
            Outcome::Messages(_, bytes) => Returned { bytes: Some(bytes.length), ..returned },
            Outcome::Answered(answer) => Returned { value: Some(arg(answer)), ..returned },
            Outcome::Accepted(_, peer) => Returned { peer: Some(peer.to_string()), ..returned },
            Outcome::Failed(errno) => Returned { error: Some(errno.name()), ..returned },
            Outcome::Killed(signal) => Returned { signal: Some(signal.to_string()), ..returned },
        }
    }
}

/// The arguments of a call, without its descriptor.
pub fn args(args: &[Arg]) -> Vec<Value> {
    args.iter().map(arg).collect()
}

fn arg(arg: &Arg) -> Value {
    match arg {
        Arg::Address(address) => json!(address.to_string()),
        Arg::Number(number) => json!(number),
        Arg::Bytes(bytes) => json!(escape::text(&bytes.kept)),
        Arg::Word(word) => json!(word),
    }
}

/// What a verdict rests on.
pub fn why(verdict: &Verdict) -> Value {
    match verdict {
        Verdict::Finished | Verdict::TimeUp | Verdict::Interrupted => json!({}),
        Verdict::Resting { served, waits_for, timer } => {
            json!({ "served": served, "waits_for": waits_for, "timer": timer })
        }
        Verdict::Deadlock { waiting, unread, because } => stuck(waiting, unread, because),
        Verdict::Unknown { waiting, unread } => stuck(waiting, unread, &[]),
        Verdict::TimeOver { waiting } => json!({ "waiting": list(waiting) }),
        Verdict::Still { time, lapses, waiting, unread, because } => {
            let mut why = stuck(waiting, unread, because);
            why["time"] = json!(time);
            why["lapses"] = json!(lapses);
            why
        }
        Verdict::Spinning { who, caller, op, waiting, unread, because } => {
            let mut why = stuck(waiting, unread, because);
            why["side"] = json!(who.name());
            why["call"] = json!(op.map(crate::event::Op::name));
            if let Some(caller) = caller {
                why["program"] = json!(caller.program);
                why["thread"] = json!(caller.thread);
            }
            why
        }
        Verdict::Crashed { who, caller, end, failed, because } => {
            let mut why = json!({ "side": who.name() });
            if let Some(caller) = caller {
                why["program"] = json!(caller.program);
            }
            match end {
                End::Code(code) => why["exit"] = json!(code),
                End::Signal(signal) => why["signal"] = json!(signal),
            }
            if let Some((op, error)) = failed {
                why["failed"] = json!({ "call": op.name(), "error": error.name() });
            }
            if !because.is_empty() {
                why["because"] = json!(because.iter().map(cause).collect::<Vec<_>>());
            }
            why
        }
    }
}

/// Who waits, what lies unread, and why.
fn stuck(waiting: &[Waiting], unread: &[Unread], because: &[Cause]) -> Value {
    let unread: Vec<_> = unread
        .iter()
        .map(|unread| json!({ "side": unread.who.name(), "client": unread.client, "bytes": unread.bytes }))
        .collect();
    let because: Vec<_> = because.iter().map(cause).collect();
    json!({ "waiting": list(waiting), "unread": unread, "because": because })
}

fn list(waiting: &[Waiting]) -> Vec<Value> {
    waiting.iter().map(waits).collect()
}

/// A cause as it is stored, with the names that the other lines have.
fn cause(cause: &Cause) -> Value {
    let mut value = serde_json::to_value(cause).unwrap_or_default();
    if let Some(fields) = value.as_object_mut() {
        if let Some(who) = fields.remove("who").and_then(|who| who.as_str().map(str::to_lowercase)) {
            fields.insert("side".to_owned(), json!(who));
        }
        for (field, name) in names(cause) {
            fields.insert(field.to_owned(), json!(name));
        }
    }
    value
}

/// What a cause names: its calls and states, as the field has them.
fn names(cause: &Cause) -> Vec<(&'static str, String)> {
    match cause {
        Cause::LayTogether { op, .. } | Cause::TimeLimit { op, .. } => vec![("op", op.name().to_owned())],
        Cause::AddressHeld { state } => vec![("state", state.name().to_owned())],
        Cause::AlsoHeld { name, .. } => vec![("name", escape::line(name.as_bytes()))],
        _ => Vec::new(),
    }
}

fn waits(waiting: &Waiting) -> Value {
    let mut line = json!({ "side": waiting.who.name(), "call": waiting.op.name() });
    // A call that is no TCP socket's is not in the record.
    if waiting.id > 0 {
        line["id"] = json!(waiting.id);
    }
    if let Some(caller) = waiting.caller {
        line["program"] = json!(caller.program);
        line["thread"] = json!(caller.thread);
    }
    if let Some((id, op, result)) = waiting.since {
        line["since"] = json!({ "id": id, "call": op.name(), "result": result });
    }
    line
}
