//! What the wire is like: what was asked for, and what becomes of it.

use super::{span_en, span_ko};
use crate::event::weather::{Cut, Misread, Weather};
use crate::event::{Nanos, Op, Who};
use crate::text::lang::Text;

fn side(who: Who) -> [&'static str; 2] {
    match who {
        Who::Client => ["클라이언트", "client"],
        Who::Server => ["서버", "server"],
    }
}

/// What was asked for, as it stands under the title; nothing where nothing was.
pub fn weather(weather: &Weather) -> Option<Text> {
    let Weather { cut, mtu, receive_buffer, send_buffer, delayed_ack, autotune } = weather;
    let made = |ko: String, en: String| Text::made(ko, en);
    let parts = [
        cut.as_ref().map(cut_to_come),
        mtu.map(|mtu| made(format!("MTU {mtu}바이트"), format!("an MTU of {mtu} bytes"))),
        receive_buffer.map(|bytes| {
            made(format!("수신 버퍼 {bytes}바이트"), format!("receive buffers of {bytes} bytes"))
        }),
        send_buffer
            .map(|bytes| made(format!("송신 버퍼 {bytes}바이트"), format!("send buffers of {bytes} bytes"))),
        delayed_ack.then(|| Text::fixed("지연 ACK", "delayed ACKs")),
        autotune.then(|| Text::fixed("자라는 수신 버퍼", "receive buffers that grow")),
    ];
    let parts: Vec<_> = parts.into_iter().flatten().collect();
    let joined = |part: fn(&Text) -> &str| parts.iter().map(part).collect::<Vec<_>>().join(", ");
    (!parts.is_empty()).then(|| {
        Text::made(
            format!("회선 상태: {}.", joined(|part| &part.ko)),
            format!("weather: {}.", joined(|part| &part.en)),
        )
    })
}

fn cut_to_come(cut: &Cut) -> Text {
    let ([ko, en], op, number) = (side(cut.who), cut.op.name(), cut.number);
    let heals = |span: fn(Nanos) -> String| cut.heals_after.map(span);
    Text::made(
        match heals(span_ko) {
            Some(time) => format!("{ko}의 {number}번째 {op}부터 끊기고 {time} 뒤 복구"),
            None => format!("{ko}의 {number}번째 {op}부터 끊김"),
        },
        match heals(span_en) {
            Some(time) => format!("cut from the {en}'s {op} number {number} on, healed {time} later"),
            None => format!("cut from the {en}'s {op} number {number} on"),
        },
    )
}

/// That the wire is cut.
pub fn cut(who: Who, op: Op, listens: bool) -> Text {
    let ([ko, en], op) = (side(who), op.name());
    match listens {
        true => Text::made(
            format!("✂ 회선이 끊긴다: 이제부터 {ko}의 {op} 소켓으로 오는 SYN은 버려진다."),
            format!("✂ The line is cut: SYNs to the {en}'s socket of {op} are dropped from now on."),
        ),
        false => Text::made(
            format!("✂ 회선이 끊긴다: 이제부터 {ko}의 {op} 소켓으로 오는 것은 모두 버려진다."),
            format!("✂ The line is cut: whatever comes to the {en}'s socket of {op} is dropped from now on."),
        ),
    }
}

/// That it is whole again.
pub fn healed(who: Who, after: Nanos) -> Text {
    let [ko, en] = side(who);
    Text::made(
        format!("✓ 회선이 복구되었다: {} 만에 다시 {ko}에 닿는다.", span_ko(after)),
        format!("✓ The line is whole again: after {} the {en} can be reached.", span_en(after)),
    )
}

/// What does not fit about a cut in words.
pub fn misread(misread: &Misread) -> Text {
    let calls = || Cut::CALLS.map(Op::name).join(", ");
    match misread {
        Misread::Shape => Text::fixed(
            "쪽@호출:번째, 이를테면 server@recv:1",
            "a side, a call and a number, such as server@recv:1",
        ),
        Misread::Side(side) => Text::made(
            format!("'{side}'은(는) client도 server도 아니다"),
            format!("'{side}' is neither client nor server"),
        ),
        Misread::Call(call) => Text::made(
            format!("'{call}' 앞에서는 끊을 수 없다. 되는 것: {}", calls()),
            format!("the line cannot be cut before '{call}', only before: {}", calls()),
        ),
        Misread::Number(number) => Text::made(
            format!("'{number}'은(는) 1부터 세는 번호가 아니다"),
            format!("'{number}' is no number from 1"),
        ),
    }
}

/// Why there is no weather where nobody wants a wire.
pub fn wire_is_off() -> Text {
    Text::fixed(
        "--wire off 로는 방도 없다. 빼고 다시 해 보라.",
        "with --wire off there is no room either; leave it out.",
    )
}
