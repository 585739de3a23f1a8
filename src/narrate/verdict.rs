//! How a play ended, and why.

use super::{bytes_en, call::reason, cause::cause, grouped, span_en, span_ko, with_particle};
use crate::event::errno::Errno;
use crate::event::op::Kind;
use crate::event::verdict::{Cause, End, Unread, Verdict, Waiting, WaitsFor};
use crate::event::{Caller, Nanos, Op, Who};
use crate::text::lang::Text;

/// How a play ended, and why: one sentence after another.
pub fn verdict(verdict: &Verdict) -> Vec<Text> {
    match verdict {
        Verdict::Finished => vec![Text::fixed(
            "끝: 모두 자기 할 일을 마쳤다.",
            "Finished: everybody came to the end of their part.",
        )],
        Verdict::Resting { served, waits_for, timer } => {
            std::iter::once(resting(*served, *waits_for)).chain(timer.map(timer_left)).collect()
        }
        Verdict::Deadlock { waiting, unread, because } => {
            let mut texts = vec![heading(because)];
            texts.extend(details(waiting, unread, because));
            texts
        }
        Verdict::Spinning { who, caller, op, waiting, unread, because } => {
            let mut texts = vec![spinning(*who, *caller, *op)];
            texts.extend(details(waiting, unread, because));
            texts
        }
        Verdict::Still { time, lapses, waiting, unread, because } => {
            let (ko, en) = (span_ko(*time), span_en(*time));
            let count = grouped((*lapses).into());
            let mut texts = vec![Text::made(
                format!("정지: 프로그램들의 시계로 {ko} 동안 {count}번 깨어났지만 아무 일도 없었다."),
                format!(
                    "Still: for {en} of the programs' own time, in which they woke up {count} times, nothing has happened."
                ),
            )];
            texts.extend(details(waiting, unread, because));
            texts
        }
        Verdict::Unknown { waiting, unread } => {
            let mut texts = vec![Text::fixed(
                "알 수 없음: 모두 기다린다. 전송 중인 데이터가 있는지는 커널이 알려 주지 않았다.",
                "Not known: everybody waits; whether anything is on its way the kernel did not say.",
            )];
            texts.extend(details(waiting, unread, &[]));
            texts
        }
        Verdict::Crashed { who, caller, end, failed, because } => {
            let mut texts = vec![crashed(*who, *caller, end, *failed)];
            texts.extend(because.iter().map(cause));
            texts
        }
        Verdict::TimeUp => vec![Text::fixed("정한 시간이 지나 끝냈다.", "The time set for it is over.")],
        Verdict::TimeOver { waiting } => {
            let mut texts = vec![Text::fixed("정한 시간이 지나 끝냈다.", "The time set for it is over.")];
            texts.extend(waits_all(waiting, &[]));
            texts
        }
        Verdict::Interrupted => {
            vec![Text::fixed("Ctrl-C나 신호를 받아 그만두었다.", "Interrupted, with Ctrl-C or by a signal.")]
        }
    }
}

/// What the server has done, and what it waits for.
fn resting(served: u32, waits_for: WaitsFor) -> Text {
    let (mut ko, mut en) = ("서버는 아직 연결을 받지 못했고".to_owned(), "has served nobody yet,".to_owned());
    if served > 0 {
        (ko, en) = (format!("서버는 연결 {served}개를 받았고"), format!("has served {}", clients_en(served)));
    }
    let (next_ko, next_en) = if served == 0 { ("", "clients") } else { ("다음 ", "the next") };
    let (waits_ko, waits_en) = match waits_for {
        WaitsFor::Clients => (format!("{next_ko}클라이언트를 기다린다"), format!("waits for {next_en}")),
        WaitsFor::ClientsOrTime => (
            format!("{next_ko}클라이언트나 스스로 정한 시간을 기다린다"),
            format!("waits for {next_en}, or for a time limit of its own"),
        ),
        WaitsFor::Time => (
            "스스로 정한 시간만 되풀이해 기다린다".to_owned(),
            "waits for a time limit of its own, again and again".to_owned(),
        ),
        WaitsFor::Nothing => {
            ("소켓에서 기다리는 것은 없다".to_owned(), "waits for nothing on a socket".to_owned())
        }
    };
    Text::made(format!("대기: {ko}, {waits_ko}."), format!("At rest: the server {en} and {waits_en}."))
}

/// That a timer of the server's would expire.
fn timer_left(time: Nanos) -> Text {
    Text::made(
        format!(
            "서버가 맞춰 둔 타이머는 {} 뒤에 끝난다. 클라이언트가 없으므로 그때까지 기다리지 않는다.",
            span_ko(time)
        ),
        format!(
            "A timer that the server has set would expire in {}; with no client left, the play does not wait for that.",
            span_en(time)
        ),
    )
}

fn clients_en(count: u32) -> String {
    if count == 1 { "1 client".to_owned() } else { format!("{count} clients") }
}

/// A side, and which of its programs and threads, where it has several, as the ladder marks them.
fn name(who: Who, caller: Option<Caller>, several: bool) -> (String, String) {
    let (ko, en) = side(who);
    let (mut ko, mut en) = (ko.to_owned(), en.to_owned());
    let Some(caller) = caller else { return (ko, en) };
    if several || caller.program > 1 {
        let mark = format!("[{}]", caller.program);
        (ko, en) = (format!("{ko} {mark}"), format!("{} {mark}", en.trim_start_matches("the ")));
    }
    if caller.thread > 1 {
        ko.push_str(&format!("({}번 스레드)", caller.thread));
        en.push_str(&format!(" (thread {})", caller.thread));
    }
    (ko, en)
}

/// Whether a side has several programs among those who wait.
fn is_several(waiting: &[Waiting], who: Who) -> bool {
    waiting
        .iter()
        .any(|waiting| waiting.who == who && waiting.caller.is_some_and(|caller| caller.program > 1))
}

/// A side in both languages.
pub fn side(who: Who) -> (&'static str, &'static str) {
    match who {
        Who::Client => ("클라이언트", "the client"),
        Who::Server => ("서버", "the server"),
    }
}

/// The first letter of a sentence.
pub fn capital(sentence: &str) -> String {
    let mut letters = sentence.chars();
    letters.next().map_or(String::new(), |first| first.to_uppercase().chain(letters).collect())
}

/// That everybody waits.
fn heading(because: &[Cause]) -> Text {
    // A SYN that is sent again and again is on its way, and will be dropped again.
    if because.iter().any(|cause| matches!(cause, Cause::QueueFull { .. })) {
        return Text::fixed(
            "교착 상태: 모두 기다리기만 하고, 되풀이되는 SYN에는 아무도 답하지 않는다.",
            "Deadlock: everybody waits, and nobody will answer the SYN that is sent again and again.",
        );
    }
    Text::fixed(
        "교착 상태: 모두 기다리기만 하고, 오가는 데이터도 없다.",
        "Deadlock: everybody waits, and nothing is on its way.",
    )
}

/// Who waits for what, since when, what lies where, and why.
fn details(waiting: &[Waiting], unread: &[Unread], because: &[Cause]) -> Vec<Text> {
    let mut notes = waits_all(waiting, because);
    // What lies in a queue of connections is told of with that queue.
    let queued = |client| {
        because
            .iter()
            .any(|cause| matches!(cause, Cause::NotAccepted { client: found, .. } if *found == client))
    };
    for Unread { who, client, bytes } in unread {
        if queued(*client) && *who == Who::Server {
            continue;
        }
        let (ko, en) = side(*who);
        let lies = if *bytes == 1 { "lies" } else { "lie" };
        notes.push(Text::made(
            format!("{ko}의 수신 버퍼에 읽지 않은 {bytes}바이트가 남아 있다."),
            format!("{} {lies} unread in the receive buffer of {en}.", bytes_en((*bytes).into())),
        ));
    }
    notes.extend(because.iter().map(cause));
    notes
}

/// Who waits in which call; whoever was stopped is told of with that.
fn waits_all(waiting: &[Waiting], because: &[Cause]) -> Vec<Text> {
    let stopped =
        |who| because.iter().any(|cause| matches!(cause, Cause::Stopped { who: found, .. } if *found == who));
    waiting
        .iter()
        .filter(|one| !(one.op == Op::Other && stopped(one.who)))
        .map(|one| waits(one, is_several(waiting, one.who)))
        .collect()
}

/// Who waits in which call, and since when.
fn waits(waiting: &Waiting, several: bool) -> Text {
    let Waiting { who, caller, op, since, .. } = waiting;
    let ((ko, en), op) = (name(*who, *caller, several), op.name());
    let en = capital(&en);
    match since {
        Some((_, before, result)) => Text::made(
            format!(
                "{ko}: {op}에서 기다린다. 직전의 호출은 {}였고 {} 반환했다.",
                before.name(),
                with_particle(&result.to_string(), ["을", "를"])
            ),
            format!("{en} waits in {op}, ever since {} returned {result}.", before.name()),
        ),
        None => Text::made(format!("{ko}: {op}에서 기다린다."), format!("{en} waits in {op}.")),
    }
}

/// That somebody does the same again and again.
fn spinning(who: Who, caller: Option<Caller>, op: Option<Op>) -> Text {
    let (ko, en) = name(who, caller, false);
    match op {
        None => Text::made(
            format!(
                "공회전: {ko}의 프로그램이 소켓 호출 없이 몇 초째 계산만 하고, 나머지는 기다린다. --for로 시간을 정하면 그때까지 계산하게 둔다."
            ),
            format!(
                "Spinning: the program of {en} has computed for seconds without a call on a socket, and the others wait. With --for it may do so for as long as that says."
            ),
        ),
        Some(op) if op.kind() == Kind::Asks => Text::made(
            format!("공회전: {ko}가 {} 호출을 끝없이 되풀이한다. 물어보는 값은 바뀌지 않는다.", op.name()),
            format!("Spinning: {en} calls {} again and again, and the answer never changes.", op.name()),
        ),
        Some(op) => Text::made(
            format!("공회전: {ko}가 {} 호출을 끝없이 되풀이하지만 얻는 것이 없다.", op.name()),
            format!("Spinning: {en} calls {} again and again, and nothing comes of it.", op.name()),
        ),
    }
}

fn crashed(who: Who, caller: Option<Caller>, end: &End, failed: Option<(Op, Errno)>) -> Text {
    let (ko, en) = name(who, caller, caller.is_some());
    let (mut ko, mut en) = match end {
        End::Code(code) => (
            format!("실패: {ko} 프로그램이 종료 코드 {code}로 끝났다."),
            format!("Failed: the program of {en} ended with exit code {code}."),
        ),
        End::Signal(signal) => (
            format!("실패: {ko} 프로그램이 {signal} 신호로 죽었다."),
            format!("Failed: the program of {en} was killed by {signal}."),
        ),
    };
    match failed {
        Some((op, Errno::Again)) if op.kind() == Kind::Polls => {
            let called = with_particle(op.name(), ["은", "는"]);
            ko.push_str(&format!(" 그 앞의 {called} 준비된 것 없이 0을 반환했다."));
            en.push_str(&format!(" Before that {} had returned 0: nothing was ready in time.", op.name()));
        }
        Some((op, error)) => {
            let (op, name, (reason_ko, reason_en)) = (op.name(), error.name(), reason(error));
            ko.push_str(&format!(" 마지막으로 실패한 호출: {op}: {name}: {reason_ko}"));
            en.push_str(&format!(" The last call that failed was {op}: {name}: {reason_en}"));
        }
        None => {}
    }
    Text::made(ko, en)
}
