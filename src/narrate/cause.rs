//! Why a play ended as it did, one fact a sentence.

use super::verdict::{capital, side};
use super::{bytes_en, span_en, span_ko, with_particle};
use crate::event::Who;
use crate::event::verdict::Cause;
use crate::tcp::state::State;
use crate::text::escape;
use crate::text::lang::Text;

/// Why, in one sentence.
pub fn cause(cause: &Cause) -> Text {
    match cause {
        Cause::LayTogether { who, op, sends } => together(*who, op.name(), sends),
        Cause::NobodyClosed => Text::fixed(
            "어느 방향으로도 FIN이 나가지 않았다. 기다리는 것이 연결의 끝이라면, 그것을 알려 줄 쪽이 없다.",
            "No FIN has gone in either direction: whoever waits for the end of the connection will not hear of one.",
        ),
        Cause::NotClosed { who } => {
            let ((ko, en), (other_ko, other_en)) = (side(*who), side(who.other()));
            Text::made(
                format!("{ko}는 {other_ko}가 더 보내지 않는다는 것(FIN)을 받았지만, 자기 쪽을 닫지 않았다."),
                format!(
                    "{} was told that {other_en} will send no more (FIN), and has not closed its own end.",
                    capital(en)
                ),
            )
        }
        Cause::NotAccepted { connection, client, bytes } => {
            let number = connection.map_or_else(|| client.to_string(), |number| format!("#{number}"));
            Text::made(
                format!(
                    "연결 {number}은 아직 아무도 accept하지 않았다. 서버의 대기열에 있고, 그 안에 {bytes}바이트가 와 있다."
                ),
                format!(
                    "Connection {number} has not been accepted by anybody: it lies in the server's queue, with {} in it.",
                    bytes_en((*bytes).into())
                ),
            )
        }
        Cause::QueueFull { server, waiting } => Text::made(
            format!(
                "{server}의 대기열이 가득 찼다(연결 {waiting}개). 커널은 새 SYN을 버리고, connect는 되풀이해 보낸다."
            ),
            format!(
                "The queue of {server} is full ({waiting} in it): the kernel drops every new SYN, and connect sends it again."
            ),
        ),
        Cause::EdgeTriggered { who, bytes } => {
            let (ko, en) = side(*who);
            Text::made(
                format!(
                    "{ko}의 epoll은 엣지 트리거(EPOLLET)라 도착할 때 한 번만 알린다. 남은 {bytes}바이트는 다시 알리지 않는다."
                ),
                format!(
                    "The epoll of {en} is edge-triggered (EPOLLET): it tells of bytes once, when they arrive, and not of the {} left over.",
                    bytes_en((*bytes).into())
                ),
            )
        }
        Cause::WantsMore { who, has, wants } => {
            let (ko, en) = side(*who);
            Text::made(
                format!("{ko}는 {wants}바이트를 모두 받아야 돌아오는데(MSG_WAITALL), 온 것은 {has}바이트다."),
                format!(
                    "{} has {has} of the {} that it waits for (MSG_WAITALL).",
                    capital(en),
                    bytes_en(*wants)
                ),
            )
        }
        Cause::BothSend => Text::fixed(
            "양쪽 모두 send에서 기다린다. 아무도 읽지 않아 두 수신 버퍼와 송신 버퍼가 가득 찼다.",
            "Both sides wait in a send: nobody reads, and the buffers of both directions are full.",
        ),
        Cause::AlsoHeld { who, name } => {
            let ((ko, en), name) = (side(*who), escape::line(name.as_bytes()));
            Text::made(
                format!("{ko}의 다른 프로세스({name})도 이 연결을 열어 두고 있다. 모두 닫아야 FIN이 나간다."),
                format!(
                    "Another process of {en} ({name}) has this connection open as well: a FIN goes out when all have closed it."
                ),
            )
        }
        Cause::SleepsInFutex { who, thread } => {
            let (ko, en) = side(*who);
            Text::made(
                format!(
                    "{ko}의 {thread}번 스레드는 잠금이나 조건 변수처럼 다른 스레드가 깨워 줄 때까지 futex에서 잔다."
                ),
                format!(
                    "Thread {thread} of {en} sleeps in futex until another thread wakes it, as with a lock or a condition."
                ),
            )
        }
        Cause::Stopped { who, signal } => {
            let (ko, en) = side(*who);
            Text::made(
                format!("{ko}는 {signal} 신호로 멈춰 있다. SIGCONT를 받아야 다시 움직인다."),
                format!("{} was stopped by {signal}: it goes on only with a SIGCONT.", capital(en)),
            )
        }
        Cause::EndIgnored { who } => {
            let ((ko, en), (other_ko, other_en)) = (side(*who), side(who.other()));
            Text::made(
                format!(
                    "{other_ko}는 이미 닫았다. recv가 반환한 0은 끝이라는 뜻인데, {ko}는 그것을 보지 않는다."
                ),
                format!(
                    "{} has closed: recv returns 0, which means the end, and {en} does not look at that.",
                    capital(other_en)
                ),
            )
        }
        Cause::TimeLimit { op, time } => {
            let op = op.name();
            Text::made(
                format!(
                    "{} 프로그램이 스스로 정한 {} 안에 아무것도 오지 않아 반환했다.",
                    with_particle(op, ["은", "는"]),
                    span_ko(*time)
                ),
                format!(
                    "{} gave up because nothing came within the {} that the program had set itself.",
                    op,
                    span_en(*time)
                ),
            )
        }
        Cause::AddressHeld { state } => held(*state),
        Cause::ListensAt { addresses, swapped } => {
            let list: Vec<_> = addresses.iter().map(ToString::to_string).collect();
            let list = list.join(", ");
            let (ko, en) = match swapped {
                true => (
                    " 요청한 포트는 그 포트의 두 바이트를 뒤바꾼 값이다(htons를 빠뜨렸다).",
                    " The port that was asked for is that one with its two bytes swapped: htons was left out.",
                ),
                false => ("", ""),
            };
            Text::made(
                format!("듣고 있는 곳은 {list}이다.{ko}"),
                format!("Somebody does listen, at {list}.{en}"),
            )
        }
        Cause::OwnShutdown => Text::fixed(
            "그 소켓은 프로그램이 스스로 shutdown으로 송신을 끝낸 것이다.",
            "The program itself had shut that socket down for sending.",
        ),
        Cause::OnListener => Text::fixed(
            "그 소켓은 listen하는 소켓이라 연결이 아니다. 데이터는 accept가 돌려준 소켓으로 주고받는다.",
            "That is the listening socket, and no connection: data goes over the socket that accept returns.",
        ),
        Cause::NotListening => Text::fixed(
            "그 소켓에는 listen을 부르지 않았다. accept는 듣고 있는 소켓에서만 된다.",
            "listen was not called on that socket, and accept works on a listening one alone.",
        ),
    }
}

fn together(who: Who, op: &str, sends: &[u64]) -> Text {
    let ((ko, en), count, total) = (side(who), sends.len(), sends.iter().sum::<u64>());
    let list = sends.iter().map(u64::to_string).collect::<Vec<_>>();
    let (other_ko, other_en) = side(who.other());
    let (list_ko, list_en) = match list.split_last() {
        Some((last, before)) if !before.is_empty() => {
            let before = before.join(", ");
            (format!("{} {last}", with_particle(&before, ["과", "와"])), format!("{before} and {last}"))
        }
        Some(_) | None => (list.join(", "), list.join(", ")),
    };
    Text::made(
        format!(
            "{ko}의 {} 한 번에 받은 {total}바이트는 {other_ko}의 send {count}번({list_ko}바이트)이 붙은 것이다.",
            with_particle(op, ["이", "가"])
        ),
        format!(
            "The {total} bytes that {op} of {en} took at once were {count} sends of {other_en}, of {list_en}, that lay together."
        ),
    )
}

/// That the kernel keeps a connection of before.
fn held(state: State) -> Text {
    Text::made(
        format!(
            "이 주소를 쥐고 있는 것은 다른 프로그램이 아니라 앞선 연결이다({state}). bind 전에 SO_REUSEADDR를 설정하면 된다."
        ),
        format!(
            "No other program has that address: a connection of before does, in {state}. Set SO_REUSEADDR before bind."
        ),
    )
}
