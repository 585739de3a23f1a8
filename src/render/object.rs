//! The objects of JSON lines: their fields, in the order in which they are written.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use serde::{Serialize, Serializer};
use serde_json::Value;

use super::called::{Called, Returned};
use crate::event::truth::Tally;
use crate::event::{CallId, FlowId, Nanos, Who};
use crate::tcp::anomaly::{Oddities, Oddity};
use crate::tcp::segment;
use crate::tcp::state::State;

/// A line: its type first, then its fields in this order.
#[derive(Serialize)]
#[serde(tag = "type", rename_all = "kebab-case")]
pub enum Line<'a> {
    Call {
        id: CallId,
        at: Nanos,
        side: &'static str,
        call: &'static str,
        args: Vec<Value>,
        #[serde(flatten)]
        outcome: Returned,
        state: Option<&'static str>,
        #[serde(flatten)]
        caller: Option<Called>,
    },
    Wait {
        id: CallId,
        at: Nanos,
        side: &'static str,
        call: &'static str,
        args: Vec<Value>,
        #[serde(flatten)]
        caller: Option<Called>,
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
        from: &'a str,
        #[serde(skip_serializing_if = "Option::is_none")]
        to: Option<&'a str>,
        src_port: u16,
        dst_port: u16,
        flags: Flags,
        seq: u32,
        ack: Option<u32>,
        len: usize,
        window: u16,
        payload: &'a str,
        role: &'static str,
        #[serde(skip_serializing_if = "States::is_empty")]
        states: States<'a>,
        #[serde(skip_serializing_if = "Option::is_none")]
        rtt: Option<Nanos>,
        #[serde(skip_serializing_if = "Odd::is_empty")]
        odd: Odd,
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
    Sleep {
        at: Nanos,
        side: &'static str,
        time: Nanos,
        #[serde(flatten)]
        caller: Option<Called>,
    },
    Repeated {
        at: Nanos,
        side: &'static str,
        #[serde(skip_serializing_if = "Option::is_none")]
        program: Option<u16>,
        calls: u64,
        times: u64,
    },
    Output {
        at: Nanos,
        side: &'static str,
        #[serde(skip_serializing_if = "Option::is_none")]
        program: Option<u16>,
        text: String,
    },
    Cut {
        at: Nanos,
        side: &'static str,
        call: &'static str,
    },
    Healed {
        at: Nanos,
        side: &'static str,
        after: Nanos,
    },
    Verdict {
        at: Nanos,
        verdict: &'static str,
        #[serde(flatten)]
        why: Value,
    },
    End {
        wire: &'static str,
        frames: u64,
        dropped: u64,
        truncated: u64,
        wire_bytes: Ends<u64>,
        sent_bytes: Ends<Option<u64>>,
        received_bytes: Ends<Option<u64>>,
        #[serde(skip_serializing_if = "Option::is_none")]
        lost_bytes: Option<Ends<u64>>,
        #[serde(flatten)]
        tally: Option<Tally>,
        complete: bool,
    },
}

/// The states that a segment brings its ends into.
pub struct States<'a>(pub &'a [(Who, State)]);

impl States<'_> {
    fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl Serialize for States<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Stated {
            side: &'static str,
            state: &'static str,
        }
        let stated = |&(who, state): &(Who, State)| Stated { side: who.name(), state: state.name() };
        serializer.collect_seq(self.0.iter().map(stated))
    }
}

/// The names of what is odd, as a list.
pub struct Odd(pub Oddities);

impl Odd {
    fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl Serialize for Odd {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.iter().map(Oddity::name))
    }
}

/// The names of the flags, as a list.
pub struct Flags(pub segment::Flags);

impl Serialize for Flags {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.names())
    }
}

#[derive(Serialize)]
pub struct Ends<T> {
    pub client: T,
    pub server: T,
}

impl<T> From<[T; 2]> for Ends<T> {
    fn from([client, server]: [T; 2]) -> Ends<T> {
        Ends { client, server }
    }
}
