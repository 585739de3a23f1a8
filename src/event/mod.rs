//! What can happen, as plain values: calls and what became of them, errors, how a play ended, how complete
//! its record is. Everything above makes its pictures from these.

pub mod bytes;
pub mod call;
pub mod damage;
pub mod errno;
pub mod error;
pub mod op;
pub mod stream;
pub mod truth;
pub mod verdict;
pub mod weather;

pub use self::bytes::Bytes;
pub use self::call::{Arg, Call, CallId, Caller, Farewell, Intent, Outcome, has_flag, span};
pub use self::op::Op;
pub use self::stream::Event;
pub use crate::tcp::reading::{FlowId, Reading, Reset, Role};
pub use crate::tcp::who::{Nanos, Who};
