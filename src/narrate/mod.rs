//! Every sentence about what happened, Korean and English side by side, chosen from a fact. No
//! match here has a wildcard arm: a new fact without a sentence does not compile.

mod connection;
mod error;
mod odd;
mod segment;
mod truth;

use std::net::SocketAddr;

pub use connection::{connection, gap, milliseconds, oddities};
pub use error::error;
pub use odd::{ambient, odd, reset};
pub use segment::{comment, malformed, segment};
pub use truth::truth;

use crate::errno::Errno;
use crate::event::{Call, Op, Outcome, Who};
use crate::lang::Text;
use crate::state::State;

/// What a call did, in one sentence.
pub fn call(call: &Call) -> Text {
    match (&call.outcome, call.intent.op) {
        (Outcome::Failed(error), op) => failure(op, *error),
        (Outcome::Silence, _) => Text::fixed(
            "기다리기로 한 시간이 지나도록 아무것도 오지 않았다(EAGAIN).",
            "The time set for waiting passed and nothing had come (EAGAIN).",
        ),
        (Outcome::Accepted(..), _) => Text::fixed(
            "완성된 연결 하나를 큐에서 꺼냈다. 핸드셰이크는 그전에 커널이 마쳤다.",
            "Took one finished connection out of the queue; the kernel had shaken hands before.",
        ),
        (Outcome::Received(bytes), _) if bytes.is_empty() => Text::fixed(
            "0바이트: 상대가 닫았고, 더 올 것이 없다.",
            "0 bytes: the peer has closed, and nothing more will come.",
        ),
        (Outcome::Received(bytes), _) => Text::made(
            format!("수신 버퍼에서 {}바이트를 꺼냈다.", bytes.len()),
            format!("Took {} out of the receive buffer.", bytes_en(bytes.len() as u64)),
        ),
        (Outcome::Done(_), op) => done(op, call),
    }
}

fn done(op: Op, call: &Call) -> Text {
    match op {
        Op::Socket => Text::fixed(
            "통신의 끝점을 만들었다. 아직 아무 데도 이어지지 않았다.",
            "Made an endpoint; it is not connected to anything yet.",
        ),
        Op::Setsockopt => Text::fixed(
            "지난 연결이 TIME_WAIT로 남아 있어도 포트를 다시 쓸 수 있다.",
            "The port can be taken again although old connections linger in TIME_WAIT.",
        ),
        Op::Bind => Text::fixed("소켓에 주소와 포트를 주었다.", "Gave the socket its address and port."),
        Op::Listen => Text::fixed(
            "이제부터 이 포트로 오는 연결의 핸드셰이크는 커널이 맡는다.",
            "From now on the kernel shakes hands with whoever connects to this port.",
        ),
        Op::Connect => Text::fixed(
            "서버와 핸드셰이크를 마치고 돌아왔다.",
            "Shook hands with the server, and returned when that was over.",
        ),
        Op::Accept => Text::fixed("연결을 꺼냈다.", "Took a connection."),
        Op::Send if call.outcome == Outcome::Done(0) => Text::fixed(
            "0바이트를 보냈다: 와이어에는 아무것도 나가지 않는다.",
            "Sent 0 bytes: nothing at all goes on the wire.",
        ),
        Op::Send => Text::fixed(
            "송신 버퍼에 복사했다. 상대가 읽었다는 뜻은 아니다.",
            "Copied into the send buffer; that does not mean that the peer has read it.",
        ),
        Op::Recv => Text::fixed("받았다.", "Received."),
        Op::Close => match call.state {
            Some(State::TimeWait) => Text::fixed(
                "소켓을 돌려주었다. 먼저 닫은 쪽이라 TIME_WAIT가 남는다.",
                "Gave the socket back; having closed first, this end keeps a TIME_WAIT.",
            ),
            Some(_) | None => Text::fixed(
                "소켓을 돌려주었다. 보낼 것을 다 보냈다는 FIN이 나간다.",
                "Gave the socket back; a FIN says that nothing more will be sent.",
            ),
        },
    }
}

fn failure(op: Op, error: Errno) -> Text {
    let (ko, en) = reason(error);
    Text::made(format!("{}: {ko}", op.name()), format!("{}: {en}", op.name()))
}

/// What a system error means, in words.
fn reason(error: Errno) -> (&'static str, &'static str) {
    match error {
        Errno::Acces => ("권한이 없다.", "There is no permission for it."),
        Errno::AddrInUse => ("다른 소켓이 이 포트를 쓰고 있다.", "Another socket has this port."),
        Errno::AddrNotAvail => ("이 컴퓨터의 주소가 아니다.", "That is no address of this machine."),
        Errno::Again => ("기다려도 아무것도 오지 않았다.", "Nothing came in the time set for waiting."),
        Errno::BadF => ("이미 닫은 소켓이다.", "The socket has been closed already."),
        Errno::ConnAborted => ("꺼내기 전에 연결이 끊어졌다.", "The connection broke before it was taken."),
        Errno::ConnRefused => {
            ("거부되었다. 그 포트에서 듣는 프로그램이 없다.", "Refused: no program listens on that port.")
        }
        Errno::ConnReset => ("상대가 연결을 끊었다(RST).", "The peer broke the connection off (RST)."),
        Errno::IlSeq => ("UTF-8이 아닌 바이트가 왔다.", "Bytes came that are not UTF-8."),
        Errno::Inval => ("호출의 인수가 맞지 않는다.", "The call's arguments do not fit."),
        Errno::MFile => ("남은 디스크립터가 없다.", "No descriptor is left."),
        Errno::NetDown => ("네트워크가 꺼져 있다.", "The network is switched off."),
        Errno::NetUnreach => ("그리로 가는 길이 없다.", "There is no way to get there."),
        Errno::NoMem => ("메모리가 모자란다.", "There is not enough memory."),
        Errno::NotConn => ("연결되어 있지 않다.", "It is not connected."),
        Errno::Pipe => ("상대가 이미 연결을 끊었다.", "The peer has already broken the connection off."),
        Errno::TimedOut => ("아무도 답하지 않았다.", "Nobody answered."),
        Errno::Io => ("실패했다.", "It failed."),
    }
}

/// What a call waits for.
pub fn wait(op: Op) -> Text {
    match op {
        Op::Accept => Text::fixed("연결해 오는 클라이언트를 기다린다.", "Waits for a client to connect."),
        Op::Recv => Text::fixed("수신 버퍼가 비어 있어 기다린다.", "The receive buffer is empty: it waits."),
        Op::Send => Text::fixed("송신 버퍼가 가득 차서 기다린다.", "The send buffer is full: it waits."),
        Op::Connect => Text::fixed("서버의 답을 기다린다.", "Waits for the server's answer."),
        Op::Socket | Op::Setsockopt | Op::Bind | Op::Listen | Op::Close => Text::fixed("기다린다.", "Waits."),
    }
}

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

/// That both sides wait for each other.
pub fn deadlock(waiting: &[(Who, Op)]) -> Text {
    let list = |names: [&str; 2], verb: &str| {
        let each = waiting.iter().map(|&(who, op)| format!("{} {verb}{}", names[who as usize], op.name()));
        each.collect::<Vec<_>>().join(", ")
    };
    Text::made(
        format!(
            "교착 상태: {}에서 기다리고, 와이어에는 오는 중인 것이 없다.",
            list(["클라이언트는", "서버는"], "")
        ),
        format!("Deadlock: {}, and nothing is on its way.", list(["the client", "the server"], "waits in ")),
    )
}

/// `3 bytes`, `1 byte`.
fn bytes_en(count: u64) -> String {
    if count == 1 { "1 byte".to_owned() } else { format!("{count} bytes") }
}
