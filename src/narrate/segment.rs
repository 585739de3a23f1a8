//! What a segment is for, in one sentence.

use crate::event::{Reading, Role, Who};
use crate::tcp::anomaly::Oddity;
use crate::tcp::malformed::Malformed;
use crate::tcp::segment::Segment;
use crate::text::lang::{Lang, Text};

/// What is worth saying after a segment, where something is: what is odd about it, or else what it
/// means where that is not plain.
pub fn segment(reading: &Reading) -> Vec<Text> {
    let told = reading.odd.iter().filter(|oddity| !oddity.is_ambient());
    let mut notes: Vec<_> = told.map(|oddity| super::odd(oddity, reading.ack, reading.repeats)).collect();
    match reading.role {
        Role::HandshakeAck if reading.odd.has(Oddity::Lost) => {}
        Role::HandshakeAck => notes.push(Text::fixed(
            "세 방향 핸드셰이크가 끝났다. 커널끼리 한 일이고, accept는 그 뒤에 꺼내기만 한다.",
            "The three-way handshake is over, between kernels; accept only fetches what they made.",
        )),
        Role::Reset => notes.extend(reading.reset.map(|reset| super::reset(reset, reading.from))),
        Role::Again if notes.is_empty() => {
            notes.push(Text::fixed("이미 보낸 것을 다시 보낸다.", "This was sent before, and is sent again."))
        }
        Role::Syn
        | Role::SynAck
        | Role::Data
        | Role::Ack
        | Role::Fin
        | Role::FinAck
        | Role::Window
        | Role::Again
        | Role::Other => {}
    }
    notes
}

/// What a segment is for, said of every one: the comment that a file keeps beside it.
pub fn comment(segment: &Segment, reading: &Reading, lang: Lang) -> String {
    let who = |who: Who| match who {
        Who::Client => ("클라이언트", "client"),
        Who::Server => ("서버", "server"),
    };
    let ((from_ko, from), (to_ko, to)) = (who(reading.from), who(reading.from.other()));
    let ack = reading.ack.unwrap_or(0);
    let first = reading.seq;
    let last = first.wrapping_add(segment.length as u32).wrapping_sub(1);
    let mut text = match reading.role {
        Role::Syn => lang.say(
            format_args!("핸드셰이크 1/3: 클라이언트가 자기 첫 번호를 알리며 연결을 청한다."),
            format_args!("Handshake 1/3: the client asks for a connection and tells its first number."),
        ),
        Role::SynAck => lang.say(
            format_args!("핸드셰이크 2/3: 서버가 그 번호를 확인하고 자기 첫 번호를 알린다."),
            format_args!("Handshake 2/3: the server acknowledges that number and tells its own."),
        ),
        Role::HandshakeAck => lang.say(
            format_args!("핸드셰이크 3/3: 클라이언트가 서버의 번호를 확인한다. 연결되었다."),
            format_args!("Handshake 3/3: the client acknowledges the server's number. They are connected."),
        ),
        Role::Data => lang.say(
            format_args!("{from_ko}의 바이트 {first}~{last}: {}바이트.", segment.length),
            format_args!("Bytes {first} to {last} from the {from}: {} in all.", segment.length),
        ),
        Role::Ack => lang.say(
            format_args!("{from_ko}의 확인: {to_ko}의 {ack}번 앞까지 받았다."),
            format_args!("The {from} has everything from the {to} before number {ack}."),
        ),
        Role::Fin => lang.say(
            format_args!("FIN: {from_ko}는 더 보낼 것이 없다."),
            format_args!("FIN: the {from} will send no more."),
        ),
        Role::FinAck => lang.say(
            format_args!("{from_ko}가 {to_ko}의 FIN을 확인한다."),
            format_args!("The {from} acknowledges the {to}'s FIN."),
        ),
        Role::Reset => {
            lang.say(format_args!("RST: 연결을 끊는다."), format_args!("RST: the connection is broken off."))
        }
        Role::Window => lang.say(
            format_args!("{from_ko}의 같은 확인 번호: 새로운 것은 윈도({}바이트)뿐이다.", reading.window),
            format_args!(
                "The same acknowledgment from the {from}; only its window ({} bytes) is new.",
                reading.window
            ),
        ),
        Role::Again => lang.say(
            format_args!("{from_ko}가 이미 보낸 것이다."),
            format_args!("The {from} has sent this before."),
        ),
        Role::Other => lang.say(
            format_args!("{from_ko}의 세그먼트: 이 연결에서 할 일이 없다."),
            format_args!("A segment from the {from} with no place in this connection."),
        ),
    };
    let notes = reading.odd.iter().filter(|oddity| !oddity.is_ambient());
    let notes = notes.map(|oddity| super::odd(oddity, reading.ack, reading.repeats));
    for note in notes.chain(reading.reset.map(|reset| super::reset(reset, reading.from))) {
        text.push(' ');
        text.push_str(note.get(lang));
    }
    text
}

/// That a frame could not be read, and why.
pub fn malformed(malformed: &Malformed, number: u64) -> Text {
    let (layer, needed, had) = (malformed.layer.name(), malformed.needed, malformed.had);
    Text::made(
        format!(
            "프레임 {number}: 읽을 수 없다. {layer} 헤더에 {needed}바이트가 있어야 하는데 {had}바이트뿐이다."
        ),
        format!("frame {number} cannot be read: its {layer} header needs {needed} bytes and has {had}."),
    )
}
