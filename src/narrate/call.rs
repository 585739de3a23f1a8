//! What a call did, what it waits for, and what a system error means.

use super::bytes_en;
use crate::event::errno::Errno;
use crate::event::op::Kind;
use crate::event::{Arg, Call, Farewell, Nanos, Op, Outcome};
use crate::tcp::state::State;
use crate::text::lang::Text;

/// What a call did, in one sentence.
pub fn call(call: &Call) -> Text {
    match (&call.outcome, call.intent.op) {
        (Outcome::Failed(error), op) => failure(op, *error),
        (Outcome::Accepted(..), _) => Text::fixed(
            "완성된 연결 하나를 큐에서 꺼냈다. 핸드셰이크는 그전에 커널이 마쳤다.",
            "Took one finished connection out of the queue; the kernel had shaken hands before.",
        ),
        (Outcome::Received(bytes), _) if bytes.is_empty() => nothing_received(call),
        (Outcome::Received(bytes), _) => took(bytes.length as u64),
        (Outcome::Messages(_, bytes), op) if op.kind() == Kind::Receives => took(bytes.length as u64),
        (Outcome::Answered(Arg::Word(error)), _) => Text::made(
            format!("소켓에 남아 있던 오류를 알려 주었다: {error}."),
            format!("Told the error that the socket had kept: {error}."),
        ),
        (Outcome::Answered(Arg::Address(_) | Arg::Number(_) | Arg::Bytes(_)), _) => asked(),
        (Outcome::Killed(signal), _) => Text::made(
            format!("{signal} 신호로 끝났다. 열려 있던 소켓은 커널이 닫는다."),
            format!("Ended by {signal}; the kernel closes the sockets that were open."),
        ),
        (Outcome::Done(_) | Outcome::Messages(..), op) => done(op, call),
    }
}

/// Why a call received nothing: not always because the peer has closed.
fn nothing_received(call: &Call) -> Text {
    if call.intent.args.first() == Some(&Arg::Number(0)) {
        return Text::fixed(
            "0바이트를 달라고 했으므로 커널은 바로 0을 반환한다. 끝이라는 뜻이 아니다.",
            "It asked for 0 bytes, and the kernel returns 0 at once; that does not mean the end.",
        );
    }
    match call.state {
        Some(State::Established | State::FinWait1 | State::FinWait2) => Text::fixed(
            "0바이트: 이쪽에서 수신을 끝냈다(SHUT_RD). 상대가 닫은 것은 아니다.",
            "0 bytes: this end has shut down receiving (SHUT_RD); the peer has not closed.",
        ),
        Some(_) | None => Text::fixed(
            "0바이트: 상대가 닫았으므로 더 올 데이터가 없다.",
            "0 bytes: the peer has closed, and nothing more will come.",
        ),
    }
}

/// What a setting of a socket means.
fn set(args: &[Arg]) -> Text {
    let is = |name: &str| matches!(args, [Arg::Word(word), ..] if word == name);
    // No time is no limit (socket(7)).
    let limits = !matches!(args, [_, Arg::Word(time)] if time == "0s");
    if is("SO_REUSEADDR") {
        Text::fixed(
            "지난 연결이 TIME_WAIT로 남아 있어도 포트를 다시 쓸 수 있다.",
            "The port can be taken again although old connections linger in TIME_WAIT.",
        )
    } else if is("SO_RCVTIMEO") && limits {
        Text::fixed(
            "이제 recv는 이만큼만 기다리고, 그래도 오는 것이 없으면 EAGAIN으로 실패한다.",
            "From now on recv waits this long at most; with nothing there, it fails with EAGAIN.",
        )
    } else if is("SO_SNDTIMEO") && limits {
        Text::fixed(
            "이제 send는 송신 버퍼에 자리가 나기를 이만큼만 기다린다.",
            "From now on send waits this long at most for room in the send buffer.",
        )
    } else {
        Text::fixed("소켓의 설정을 바꾸었다.", "Changed a setting of the socket.")
    }
}

fn took(bytes: u64) -> Text {
    Text::made(
        format!("수신 버퍼에서 {bytes}바이트를 꺼냈다."),
        format!("Took {} out of the receive buffer.", bytes_en(bytes)),
    )
}

/// That somebody sleeps.
pub fn sleep(time: Nanos) -> Text {
    let (ko, en) = (super::span_ko(time), super::span_en(time));
    Text::made(format!("({ko} 동안 잔다)"), format!("(sleeps {en})"))
}

/// That calls which came to nothing were made again and again.
pub fn repeated(calls: u64, times: u64) -> Text {
    let count = super::grouped(times);
    Text::made(
        match calls {
            1 => format!("… 같은 호출을 {count}번 더"),
            calls => format!("… 같은 호출 {calls}개를 {count}번 더"),
        },
        match (calls, times) {
            (1, 1) => "… the same call once more".to_owned(),
            (1, _) => format!("… the same call {count} times more"),
            (calls, 1) => format!("… the same {calls} calls once more"),
            (calls, _) => format!("… the same {calls} calls {count} times more"),
        },
    )
}

/// A call that asks and changes nothing.
fn asked() -> Text {
    Text::fixed("물었을 뿐, 바뀐 것은 없다.", "Asked; nothing has changed.")
}

fn done(op: Op, call: &Call) -> Text {
    match op {
        Op::Socket => Text::fixed(
            "통신의 끝점을 만들었다. 아직 아무 데도 이어지지 않았다.",
            "Made an endpoint; it is not connected to anything yet.",
        ),
        Op::Setsockopt => set(&call.intent.args),
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
        op if op.kind() == Kind::Sends && call.outcome == Outcome::Done(0) => Text::fixed(
            "0바이트를 보냈다: 와이어에는 아무것도 나가지 않는다.",
            "Sent 0 bytes: nothing at all goes on the wire.",
        ),
        Op::Send | Op::Sendmsg | Op::Sendmmsg | Op::Write | Op::Writev | Op::Sendfile | Op::Splice => {
            Text::fixed(
                "송신 버퍼에 복사했다. 상대가 읽었다는 뜻은 아니다.",
                "Copied into the send buffer; that does not mean that the peer has read it.",
            )
        }
        Op::Recv | Op::Recvmsg | Op::Recvmmsg | Op::Read | Op::Readv => Text::fixed("받았다.", "Received."),
        Op::Poll | Op::Select | Op::EpollWait
            if call.outcome == Outcome::Done(0) && call.intent.args.first() == Some(&Arg::Number(0)) =>
        {
            Text::fixed(
                "기다리지 않고 한 번 보기만 했다. 지금 준비된 것은 없다.",
                "It only looked, without waiting: nothing is ready now.",
            )
        }
        Op::Poll | Op::Select | Op::EpollWait if call.outcome == Outcome::Done(0) => Text::fixed(
            "정해 둔 시간이 지나도록 준비된 것이 없었다.",
            "The time set for it passed, and nothing was ready.",
        ),
        Op::Poll | Op::Select | Op::EpollWait => {
            Text::fixed("기다리지 않고 쓸 수 있는 것이 있다.", "Something can be used now without waiting.")
        }
        Op::Getsockopt | Op::Getsockname | Op::Getpeername => asked(),
        Op::Shutdown if call.intent.args.contains(&Arg::Word("SHUT_RD".into())) => {
            Text::fixed("이 방향으로는 더 받지 않는다.", "Nothing more will be received on it.")
        }
        Op::Shutdown if call.farewell == Some(Farewell::Queued) => fin_waits(),
        Op::Shutdown if call.farewell == Some(Farewell::Nothing) => Text::fixed(
            "더 보내지 않는다. FIN은 이미 나갔거나, 알릴 상대가 없다.",
            "Nothing more will be sent; the FIN has gone before, or there is nobody to tell.",
        ),
        Op::Shutdown => Text::fixed(
            "더 보내지 않는다고 FIN으로 알린다. 받는 것은 아직 된다.",
            "A FIN says that nothing more will be sent; receiving still works.",
        ),
        Op::Execve => Text::fixed(
            "다른 프로그램이 되었다. CLOEXEC가 아닌 소켓은 그대로 이어받는다.",
            "Became another program; sockets without CLOEXEC stay open in it.",
        ),
        Op::Exit => Text::fixed(
            "끝났다. 열려 있던 소켓은 커널이 닫는다.",
            "Ended; the kernel closes the sockets that were open.",
        ),
        Op::Close | Op::CloseRange | Op::Dup2 => closed(call),
        Op::Nanosleep
        | Op::Futex
        | Op::Sigtimedwait
        | Op::Semtimedop
        | Op::Wait4
        | Op::Flock
        | Op::Sigsuspend
        | Op::Other => Text::fixed("기다림이 끝났다.", "It has waited long enough."),
    }
}

/// What closing a descriptor did, as the wire bears it out.
fn closed(call: &Call) -> Text {
    match (call.farewell, call.state) {
        (Some(Farewell::RstUnread), _) => Text::fixed(
            "읽지 않은 데이터를 남긴 채 닫았다. FIN 대신 RST가 나가고, 연결은 끊어진다.",
            "Closed with data unread: not a FIN but an RST goes out, and the connection is broken off.",
        ),
        (Some(Farewell::RstLinger), _) => Text::fixed(
            "SO_LINGER를 0으로 두고 닫았다. FIN 대신 RST가 나가고, 연결은 끊어진다.",
            "Closed with SO_LINGER at 0: not a FIN but an RST goes out, and the connection is broken off.",
        ),
        (Some(Farewell::Queued), _) => fin_waits(),
        (Some(Farewell::Rst), _) => Text::fixed(
            "읽지 않은 데이터를 남긴 채, 또는 SO_LINGER를 0으로 두고 닫았다. FIN 대신 RST가 나가고, 연결은 끊어진다.",
            "Closed with data unread, or with SO_LINGER at 0: not a FIN but an RST goes out, and the connection is broken off.",
        ),
        (Some(Farewell::Fin), Some(State::TimeWait)) => Text::fixed(
            "소켓을 닫았다. 먼저 닫은 쪽이라 TIME_WAIT가 남는다.",
            "Closed the socket; having closed first, this end keeps a TIME_WAIT.",
        ),
        (Some(Farewell::Fin), _) => Text::fixed(
            "소켓을 닫았다. 보낼 것을 다 보냈다는 FIN이 나간다.",
            "Closed the socket; a FIN says that nothing more will be sent.",
        ),
        (_, Some(State::Established | State::CloseWait)) => Text::fixed(
            "이 디스크립터를 닫았다. 같은 연결을 가리키는 디스크립터가 남아 있거나 다른 스레드가 쓰고 있어 FIN은 나가지 않는다.",
            "Closed this descriptor; another one has the same connection, or a call on it goes on: no FIN is sent.",
        ),
        (None, Some(State::TimeWait)) => Text::fixed(
            "소켓을 닫았다. 먼저 닫은 쪽이라 TIME_WAIT가 남는다.",
            "Closed the socket; having closed first, this end keeps a TIME_WAIT.",
        ),
        (Some(Farewell::Nothing) | None, _) => Text::fixed("소켓을 닫았다.", "Closed the socket."),
    }
}

fn fin_waits() -> Text {
    Text::fixed(
        "FIN은 앞서 사라진 바이트가 닿은 다음에 나간다.",
        "The FIN goes out when the bytes have arrived that were lost before.",
    )
}

fn failure(op: Op, error: Errno) -> Text {
    let (ko, en) = reason(error);
    Text::made(format!("{}: {ko}", op.name()), format!("{}: {en}", op.name()))
}

/// What a system error means, in words.
pub fn reason(error: Errno) -> (&'static str, &'static str) {
    match error {
        Errno::AfNoSupport => ("이 주소 체계는 쓸 수 없다.", "That family of addresses is not supported."),
        Errno::Already => {
            ("앞서 청한 연결이 아직 맺어지는 중이다.", "The connection asked for before is still being made.")
        }
        Errno::Fault => (
            "넘긴 주소가 프로그램의 메모리가 아니다.",
            "An address that was passed is not in the program's memory.",
        ),
        Errno::HostUnreach => ("그 컴퓨터로 가는 길이 없다.", "There is no way to that machine."),
        Errno::InProgress => (
            "기다리지 않는 소켓이라 먼저 돌아왔다. 핸드셰이크는 커널이 이어 간다.",
            "The socket does not wait: the call came back, and the kernel goes on with the handshake.",
        ),
        Errno::Intr => ("신호가 와서 도중에 돌아왔다.", "A signal came in between."),
        Errno::IsConn => ("이미 연결되어 있다.", "It is connected already."),
        Errno::NoBufs => ("커널에 버퍼가 모자란다.", "The kernel has no buffer left."),
        Errno::NoProtoOpt => ("그런 소켓 옵션은 없다.", "There is no such option of a socket."),
        Errno::NotSock => ("그 디스크립터는 소켓이 아니다.", "That descriptor is no socket."),
        Errno::OpNotSupp => ("이 소켓으로는 할 수 없는 일이다.", "This socket cannot do that."),
        Errno::Perm => ("허락되지 않는다.", "It is not permitted."),
        Errno::Acces => ("권한이 없다.", "There is no permission for it."),
        Errno::AddrInUse => ("다른 소켓이 이 포트를 쓰고 있다.", "Another socket has this port."),
        Errno::AddrNotAvail => ("이 컴퓨터의 주소가 아니다.", "That is no address of this machine."),
        Errno::Again => ("기다리지 않고는 할 수 있는 것이 없다.", "Nothing can be done without waiting."),
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
        Errno::Pipe => (
            "그 소켓으로는 보낼 수 없다. 연결이 끊어졌거나, 송신을 shutdown했거나, 연결된 적이 없다.",
            "Nothing can be sent on it: it was broken off, or shut down for sending, or never connected.",
        ),
        Errno::TimedOut => ("아무도 답하지 않았다.", "Nobody answered."),
        Errno::Other(_) | Errno::Io => ("실패했다.", "It failed."),
    }
}

/// What a call waits for.
pub fn wait(op: Op) -> Text {
    match op {
        Op::Accept => Text::fixed("연결해 오는 클라이언트를 기다린다.", "Waits for a client to connect."),
        Op::Recv | Op::Recvmsg | Op::Recvmmsg | Op::Read | Op::Readv => {
            Text::fixed("수신 버퍼가 비어 있어 기다린다.", "The receive buffer is empty: it waits.")
        }
        Op::Send | Op::Sendmsg | Op::Sendmmsg | Op::Write | Op::Writev | Op::Sendfile | Op::Splice => {
            Text::fixed("송신 버퍼가 가득 차서 기다린다.", "The send buffer is full: it waits.")
        }
        Op::Connect => Text::fixed("서버의 답을 기다린다.", "Waits for the server's answer."),
        Op::Poll | Op::Select | Op::EpollWait => Text::fixed(
            "지켜보는 소켓 가운데 준비된 것이 생기기를 기다린다.",
            "Waits until one of the sockets it watches is ready.",
        ),
        Op::Futex => Text::fixed(
            "다른 스레드가 깨우거나 정한 시간이 지날 때까지 잔다.",
            "Sleeps until another thread wakes it, or its time is over.",
        ),
        Op::Wait4 => Text::fixed("자식 프로세스가 끝나기를 기다린다.", "Waits for a child to end."),
        Op::Nanosleep
        | Op::Sigtimedwait
        | Op::Semtimedop
        | Op::Flock
        | Op::Sigsuspend
        | Op::Other
        | Op::Socket
        | Op::Setsockopt
        | Op::Getsockopt
        | Op::Getsockname
        | Op::Getpeername
        | Op::Bind
        | Op::Listen
        | Op::Shutdown
        | Op::Close
        | Op::CloseRange
        | Op::Dup2
        | Op::Execve
        | Op::Exit => Text::fixed("기다린다.", "Waits."),
    }
}
