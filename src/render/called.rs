//! What JSON lines say of calls, and of how a play ended.

use serde::Serialize;
use serde_json::{Value, json};

use crate::escape;
use crate::event::{Arg, Bytes, Caller, FlowId, Outcome};
use crate::verdict::{End, Verdict, Waiting};

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
            Outcome::Silence => Returned { error: Some("EAGAIN"), ..returned },
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
        Verdict::Resting { served } => json!({ "served": served }),
        Verdict::Deadlock { waiting, unread } => json!({
            "waiting": waiting.iter().map(waits).collect::<Vec<_>>(),
            "unread": unread
                .iter()
                .map(|unread| json!({ "side": unread.who.name(), "client": unread.client, "bytes": unread.bytes }))
                .collect::<Vec<_>>(),
        }),
        Verdict::Crashed { who, caller, end, failed } => {
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
            why
        }
    }
}

fn waits(waiting: &Waiting) -> Value {
    let mut line = json!({ "side": waiting.who.name(), "call": waiting.op.name(), "id": waiting.id });
    if let Some(caller) = waiting.caller {
        line["program"] = json!(caller.program);
        line["thread"] = json!(caller.thread);
    }
    if let Some((id, op, result)) = waiting.since {
        line["since"] = json!({ "id": id, "call": op.name(), "result": result });
    }
    line
}
