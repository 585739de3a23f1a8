//! Every sentence about what happened, Korean and English side by side, chosen from a fact. No
//! match here has a wildcard arm: a new fact without a sentence does not compile.

mod call;
mod connection;
mod error;
mod odd;
mod segment;
mod truth;
mod verdict;

use std::net::SocketAddr;

pub use call::{call, wait};
pub use connection::{connection, gap, milliseconds, oddities};
pub use error::error;
pub use odd::{ambient, odd, reset};
pub use segment::{comment, malformed, segment};
pub use truth::truth;
pub use verdict::verdict;

use call::reason;

use crate::errno::Errno;
use crate::event::{Op, Who};
use crate::lang::Text;

/// What a side does when it stands still on purpose.
pub fn pause() -> Text {
    Text::fixed(
        "상대에게 먼저 읽을 틈을 준다. 그래야 두 번 보낸 것이 붙지 않는다.",
        "Gives the other side time to read first, so that two sends do not run together.",
    )
}

/// Over a segment that no call here caused: the kernel sent it of its own accord. About one from an
/// end that plays elsewhere nothing is known, and nothing is said.
pub fn uncaused(from: Who, cast: &[Who]) -> Option<Text> {
    cast.contains(&from).then(|| Text::fixed("커널이 스스로", "the kernel, by itself"))
}

/// That the server gave one client up.
pub fn given_up(peer: SocketAddr, op: Op, error: Errno) -> Text {
    let (ko, en) = reason(error);
    let (op, error) = (op.name(), error.name());
    Text::made(
        format!("{op}: {error}: {ko} 클라이언트 {peer}: 여기서 그만두고 다음으로 간다."),
        format!("{op}: {error}: {en} Client {peer} is given up; on to the next."),
    )
}

/// `3 bytes`, `1 byte`.
fn bytes_en(count: u64) -> String {
    if count == 1 { "1 byte".to_owned() } else { format!("{count} bytes") }
}
