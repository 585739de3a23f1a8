//! Every sentence about what happened, Korean and English side by side, chosen from a fact. No
//! match here has a wildcard arm: a new fact without a sentence does not compile.

use std::net::SocketAddr;

use crate::errno::Errno;
use crate::error::Error;
use crate::event::{Call, Op, Outcome, Reading, Role, Truth, Who, Wire};
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
            "끝난 연결 하나를 큐에서 꺼냈다. 악수는 그전에 커널이 마쳤다.",
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
            "이제부터 커널이 이 포트로 오는 연결과 악수한다.",
            "From now on the kernel shakes hands with whoever connects to this port.",
        ),
        Op::Connect => Text::fixed(
            "서버와 악수를 마치고 돌아왔다.",
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
        Op::Shutdown => Text::fixed("한쪽 방향을 닫았다.", "Closed one direction."),
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
        Errno::MsgSize => ("문장이 너무 길다.", "The sentence is too long."),
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
        Op::Socket | Op::Setsockopt | Op::Bind | Op::Listen | Op::Shutdown | Op::Close => {
            Text::fixed("기다린다.", "Waits.")
        }
    }
}

/// What a side does when it stands still on purpose.
pub fn pause() -> Text {
    Text::fixed(
        "상대가 읽을 때까지 멈춘다. 그래야 두 번 보낸 것이 붙지 않는다.",
        "Stands still until the peer has read, so that its two sends do not run together.",
    )
}

/// What is worth saying after a segment, where something is.
pub fn segment(reading: &Reading) -> Option<Text> {
    match reading.role {
        Role::HandshakeAck => Some(Text::fixed(
            "세 방향 핸드셰이크가 끝났다. 서버는 아직 accept에서 돌아오지 않았다.",
            "The three-way handshake is over; the server has not returned from accept yet.",
        )),
        Role::Reset => Some(Text::fixed(
            "RST: 연결이 그 자리에서 끊어진다.",
            "RST: the connection is broken off on the spot.",
        )),
        Role::Again => {
            Some(Text::fixed("이미 보낸 것을 다시 보낸다.", "This was sent before, and is sent again."))
        }
        Role::Syn
        | Role::SynAck
        | Role::Data
        | Role::Ack
        | Role::Fin
        | Role::FinAck
        | Role::Window
        | Role::Other => None,
    }
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

/// How complete the trace is: the line that ends every trace.
pub fn truth(truth: &Truth, wire: Wire) -> Text {
    if wire == Wire::Off {
        return moved(truth);
    }
    let lanes = |names: [&str; 2], bytes: fn(u64) -> String| {
        let lane = |who: Who| {
            let (from, to) = (names[who as usize], names[who.other() as usize]);
            let wire = truth.wire[who as usize];
            let sent = truth.sent[who as usize].map(|sent| format!("send {sent}"));
            let received = truth.received[who.other() as usize].map(|received| format!("recv {received}"));
            let calls: Vec<_> = [sent, received].into_iter().flatten().collect();
            format!("{from}→{to} {} ({})", bytes(wire), calls.join(", "))
        };
        format!("{} · {}", lane(Who::Client), lane(Who::Server))
    };
    let (ko, en) = verdict(truth);
    Text::made(
        format!(
            "프레임 {} · 놓침 {} · 잘림 {} · {} — {ko}",
            truth.frames,
            truth.dropped,
            truth.truncated,
            lanes(["클라이언트", "서버"], |count| format!("{count}바이트"))
        ),
        format!(
            "{} frames · {} dropped · {} truncated · {} — {en}",
            truth.frames,
            truth.dropped,
            truth.truncated,
            lanes(["client", "server"], bytes_en)
        ),
    )
}

fn verdict(truth: &Truth) -> (String, String) {
    if !truth.is_complete() {
        let gap: Vec<_> = Who::BOTH
            .into_iter()
            .filter_map(|who| {
                let (wire, sent) = (truth.wire[who as usize], truth.sent[who as usize]?);
                (wire != sent).then(|| (who, sent.abs_diff(wire)))
            })
            .collect();
        let each = |names: [&str; 2]| {
            gap.iter()
                .map(|&(who, bytes)| format!("{} {bytes}", names[who as usize]))
                .collect::<Vec<_>>()
                .join(", ")
        };
        return match gap.is_empty() {
            true => {
                ("불완전: 와이어의 일부를 놓쳤다".into(), "incomplete: part of the wire was missed".into())
            }
            false => (
                format!("불완전: 소켓이 옮긴 것과 와이어의 바이트 차이: {}", each(["클라이언트", "서버"])),
                format!("incomplete: bytes by which sockets and wire differ: {}", each(["client", "server"])),
            ),
        };
    }
    let unread: Vec<_> =
        Who::BOTH.into_iter().map(|who| (who, truth.unread(who))).filter(|&(_, n)| n > 0).collect();
    let (mut ko, mut en) = ("완전".to_owned(), "complete".to_owned());
    for (who, count) in unread {
        let (name_ko, name_en) = match who {
            Who::Client => ("클라이언트", "client"),
            Who::Server => ("서버", "server"),
        };
        ko.push_str(&format!(", {name_ko}가 읽지 않은 {count}바이트"));
        en.push_str(&format!(", {} unread by the {name_en}", bytes_en(count)));
    }
    (ko, en)
}

/// The same without a wire: what the calls alone can tell.
fn moved(truth: &Truth) -> Text {
    let each = |names: [&str; 2]| {
        let parts = Who::BOTH.into_iter().filter_map(|who| {
            let (sent, received) = (truth.sent[who as usize]?, truth.received[who as usize]?);
            Some(format!("{}: send {sent}, recv {received}", names[who as usize]))
        });
        parts.collect::<Vec<_>>().join(" · ")
    };
    Text::made(
        format!("{} — 와이어 없음: 호출만 보았다", each(["클라이언트", "서버"])),
        format!("{} — no wire: calls alone were seen", each(["client", "server"])),
    )
}

/// What went wrong, what it means, and what to do. It begins with the call that failed.
pub fn error(error: &Error) -> Text {
    match error {
        Error::Call { op, address, source } => {
            let errno = Errno::of(source);
            let target = address.map_or(String::new(), |address| format!("({address})"));
            // What has no name of its own is at least told in the system's words.
            let detail = if errno == Errno::Io { format!(" {source}.") } else { String::new() };
            let ((ko, en), (advice_ko, advice_en)) = (reason(errno), advice(*op, errno));
            let call = format!("{}{target}: {}", op.name(), errno.name());
            Text::made(format!("{call}: {ko}{detail}{advice_ko}"), format!("{call}: {en}{detail}{advice_en}"))
        }
        Error::Silence { op, seconds } => Text::made(
            format!(
                "{}: {seconds}초 동안 기다렸으나 상대가 조용하다. 상대 프로그램이 멈춘 것은 아닌지 보라.",
                op.name()
            ),
            format!(
                "{}: waited {seconds} s and the peer stays silent. See whether its program hangs.",
                op.name()
            ),
        ),
        Error::Curtain => Text::fixed("막이 내렸다.", "The stage has ended."),
        Error::EmptySentence => Text::fixed(
            "send: 문장이 비어 있다. 0바이트를 보내면 와이어에는 아무것도 나가지 않고, 튜토리얼의 서버는 \
             영원히 기다린다. 한 글자 이상 입력하라.",
            "send: the sentence is empty. Sending 0 bytes puts nothing on the wire, and the tutorial's \
             server would wait for ever. Type at least one character.",
        ),
        Error::EndOfInput => Text::fixed(
            "read: 입력이 끝났다. 문장을 입력하거나 --sentence 와 --mode 로 주어라.",
            "read: the input has ended. Type a sentence, or give it with --sentence and --mode.",
        ),
        Error::Input(source) if Errno::of(source) == Errno::IlSeq => Text::fixed(
            "read: 입력이 UTF-8이 아니다. 터미널의 인코딩을 UTF-8로 바꾸어라.",
            "read: the input is not UTF-8. Set the terminal's encoding to UTF-8.",
        ),
        Error::Input(source) => Text::made(
            format!("read: 입력을 읽지 못했다: {source}"),
            format!("read: cannot read the input: {source}"),
        ),
        Error::NotText => Text::fixed(
            "recv: 받은 답이 UTF-8이 아니다. 위에 이스케이프해 보였다. 다른 프로그램이 이 포트를 쓰는지 보라.",
            "recv: the answer is not UTF-8; it is shown escaped above. See whether another program has this port.",
        ),
        Error::Output(source) => {
            Text::made(format!("write: 출력하지 못했다: {source}"), format!("write: cannot print: {source}"))
        }
        Error::Save { path, source } => Text::made(
            format!("open({}): 저장하지 못했다: {source}", path.display()),
            format!("open({}): cannot save: {source}", path.display()),
        ),
        Error::NoWire => Text::fixed(
            "socket(AF_PACKET): --wire require 인데 여기서는 와이어를 볼 수 없다. `socklab doctor`가 까닭과 할 일을 말해 준다.",
            "socket(AF_PACKET): --wire require, but the wire cannot be seen here. `socklab doctor` says why, and what to do.",
        ),
        Error::Deadlock => Text::fixed(
            "recv: 두 쪽이 서로를 기다려 아무도 나아갈 수 없다. 누가 무엇을 기다리는지 위에 있다.",
            "recv: both sides wait for each other, and neither can go on. Who waits for what stands above.",
        ),
    }
}

/// What to do about an error, with a space before it; nothing where nothing can be done.
fn advice(op: Op, error: Errno) -> (&'static str, &'static str) {
    if op == Op::Connect && error == Errno::ConnRefused {
        (
            " 다른 터미널에서 서버를 먼저 켜라: cargo run --bin 05_close -- server",
            " Start the server first, in another terminal: cargo run --bin 05_close -- server",
        )
    } else if error == Errno::AddrInUse {
        (
            " 그 프로그램을 끝내거나 다른 포트를 골라라: --port 12001",
            " End that program, or choose another port: --port 12001",
        )
    } else if op == Op::Bind && error == Errno::Acces {
        (" 1024 이상의 포트를 골라라: --port 12000", " Choose a port from 1024 up: --port 12000")
    } else {
        ("", "")
    }
}
