//! How a play ended, and why.

use super::{bytes_en, call::reason};
use crate::errno::Errno;
use crate::event::{Caller, Op, Who};
use crate::lang::Text;
use crate::verdict::{End, Unread, Verdict, Waiting};

/// How a play ended, and why: one sentence after another.
pub fn verdict(verdict: &Verdict) -> Vec<Text> {
    match verdict {
        Verdict::Finished => vec![Text::fixed(
            "끝: 모두 자기 할 일을 마쳤다.",
            "Finished: everybody came to the end of their part.",
        )],
        Verdict::Resting { served } => vec![Text::made(
            format!("쉼: 서버는 연결 {served}개를 받았고, 다음 클라이언트를 기다린다."),
            format!("At rest: the server has served {} and waits for the next.", clients_en(*served)),
        )],
        Verdict::Deadlock { waiting, unread } => deadlock(waiting, unread),
        Verdict::Crashed { who, caller, end, failed } => vec![crashed(*who, *caller, end, *failed)],
        Verdict::TimeUp => vec![Text::fixed("시간이 다 되었다.", "The time set for it is over.")],
        Verdict::Interrupted => {
            vec![Text::fixed("Ctrl-C로 그만두었다.", "Interrupted with Ctrl-C.")]
        }
    }
}

fn clients_en(count: u32) -> String {
    if count == 1 { "1 client".to_owned() } else { format!("{count} clients") }
}

/// A side, and which of its programs and threads, where it has several.
fn name(who: Who, caller: Option<Caller>) -> (String, String) {
    let (ko, en) = match who {
        Who::Client => ("클라이언트", "the client"),
        Who::Server => ("서버", "the server"),
    };
    let number = |number: u16| if number > 1 { format!(" {number}") } else { String::new() };
    let program = number(caller.map_or(1, |caller| caller.program));
    let (mut ko, mut en) = (format!("{ko}{program}"), format!("{en}{program}"));
    if let Some(caller) = caller.filter(|caller| caller.thread > 1) {
        ko.push_str(&format!("({}번 스레드)", caller.thread));
        en.push_str(&format!(" (thread {})", caller.thread));
    }
    (ko, en)
}

/// That everybody waits: for whom, since when, and what lies where.
fn deadlock(waiting: &[Waiting], unread: &[Unread]) -> Vec<Text> {
    let mut notes = vec![Text::fixed(
        "교착 상태: 모두가 기다리고, 와이어에는 오는 중인 것이 없다.",
        "Deadlock: everybody waits, and nothing is on its way.",
    )];
    for Waiting { who, caller, op, since, .. } in waiting {
        let ((ko, en), op) = (name(*who, *caller), op.name());
        // It stands at the beginning of its sentence.
        let en = en.replacen("the ", "The ", 1);
        notes.push(match since {
            Some((_, before, result)) => Text::made(
                format!("{ko}: {op}에서 기다린다. 그 앞의 호출은 {} → {result}.", before.name()),
                format!("{en} waits in {op}, ever since {} returned {result}.", before.name()),
            ),
            None => Text::made(format!("{ko}: {op}에서 기다린다."), format!("{en} waits in {op}.")),
        });
    }
    for Unread { who, bytes, .. } in unread {
        let (ko, en) = name(*who, None);
        notes.push(Text::made(
            format!("{ko}의 수신 버퍼에 {bytes}바이트가 읽히지 않은 채 있다."),
            format!("{} lie unread in the receive buffer of {en}.", bytes_en((*bytes).into())),
        ));
    }
    if unread.is_empty() {
        notes.push(Text::fixed(
            "읽히지 않은 바이트는 어디에도 없다. 보낸 것은 모두 읽혔다.",
            "No byte lies unread anywhere: all that was sent has been read.",
        ));
    }
    notes
}

fn crashed(who: Who, caller: Option<Caller>, end: &End, failed: Option<(Op, Errno)>) -> Text {
    let (ko, en) = name(who, caller);
    let (mut ko, mut en) = match end {
        End::Code(code) => (
            format!("실패: {ko}의 프로그램이 종료 코드 {code}로 끝났다."),
            format!("Failed: the program of {en} ended with exit code {code}."),
        ),
        End::Signal(signal) => (
            format!("실패: {ko}의 프로그램이 {signal} 신호로 죽었다."),
            format!("Failed: the program of {en} was killed by {signal}."),
        ),
    };
    if let Some((op, error)) = failed {
        let (op, name, (reason_ko, reason_en)) = (op.name(), error.name(), reason(error));
        ko.push_str(&format!(" 실패한 마지막 호출: {op}: {name}: {reason_ko}"));
        en.push_str(&format!(" The last call that failed was {op}: {name}: {reason_en}"));
    }
    Text::made(ko, en)
}
