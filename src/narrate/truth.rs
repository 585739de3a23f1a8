//! The line that ends every trace.

use super::bytes_en;
use crate::event::Who;
use crate::event::truth::{Tally, Truth, Wire};
use crate::text::lang::Text;

/// How complete the trace is: the line that ends every trace.
pub fn truth(truth: &Truth, wire: Wire) -> Text {
    if let Some(tally) = &truth.tally {
        return tallied(truth, tally);
    }
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
    let (mut ko, mut en) = verdict(truth);
    if truth.told {
        ko.push_str(". 호출은 프로그램이 스스로 알린 것");
        en.push_str("; the calls as the programs told them");
    }
    Text::made(
        format!(
            "프레임 {} · 놓친 것 {} · 잘린 것 {} · {} — {ko}",
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

/// The same of a sniffer, which knows of no calls: what was captured, and what is known to be missing.
fn tallied(truth: &Truth, tally: &Tally) -> Text {
    let Tally { segments, malformed, connections, let_go, unseen } = *tally;
    let gap = |names: [String; 4]| {
        let [dropped, truncated, malformed_frames, missing] = names;
        [
            (truth.dropped, dropped),
            (truth.truncated, truncated),
            (malformed, malformed_frames),
            (unseen, missing),
        ]
        .into_iter()
        .filter_map(|(count, name)| (count > 0).then_some(name))
        .collect::<Vec<_>>()
        .join(", ")
    };
    let ko = gap([
        format!("커널이 프레임 {}개를 놓쳤다", truth.dropped),
        format!("프레임 {}개가 잘렸다", truth.truncated),
        format!("프레임 {malformed}개를 읽을 수 없다"),
        format!("확인된 {unseen}바이트가 캡처에 없다"),
    ]);
    let en = gap([
        format!("the kernel dropped {} frames", truth.dropped),
        format!("{} frames are cut short", truth.truncated),
        format!("{malformed} frames cannot be read"),
        format!("{} were acknowledged and not captured", bytes_en(unseen)),
    ]);
    let (ko, en) = match ko.is_empty() {
        true => ("빠짐없다".to_owned(), "complete".to_owned()),
        false => (format!("빠진 것이 있다: {ko}"), format!("incomplete: {en}")),
    };
    let (mut again_ko, mut again) = (String::new(), String::new());
    if let_go > 0 {
        again_ko = format!("(한꺼번에 너무 많아 {let_go}개는 열린 채 놓아주었고, 이어진 것은 다시 셌다)");
        again =
            format!(" (too many at once: {let_go} were let go while open, and count again if they went on)");
    }
    Text::made(
        format!(
            "프레임 {} · 놓친 것 {} · 잘린 것 {} · TCP 세그먼트 {segments} · 연결 {connections}{again_ko} — {ko}",
            truth.frames, truth.dropped, truth.truncated
        ),
        format!(
            "{} frames · {} dropped · {} truncated · {segments} TCP segments · {connections} connections{again} — {en}",
            truth.frames, truth.dropped, truth.truncated
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
            true => (
                "빠진 것이 있다: 와이어의 일부를 놓쳤다".into(),
                "incomplete: part of the wire was missed".into(),
            ),
            false => (
                format!(
                    "빠진 것이 있다: 소켓이 옮긴 것과 와이어의 바이트 차이: {}",
                    each(["클라이언트", "서버"])
                ),
                format!("incomplete: bytes by which sockets and wire differ: {}", each(["client", "server"])),
            ),
        };
    }
    let unfinished = Who::BOTH.into_iter().find(|&who| truth.unfinished[who as usize]);
    let unread: Vec<_> =
        Who::BOTH.into_iter().map(|who| (who, truth.unread(who))).filter(|&(_, n)| n > 0).collect();
    let (mut ko, mut en) = ("빠짐없다".to_owned(), "complete".to_owned());
    for (who, count) in unread {
        let (name_ko, name_en) = match who {
            Who::Client => ("클라이언트", "client"),
            Who::Server => ("서버", "server"),
        };
        ko.push_str(&format!(" ({name_ko}가 읽지 않은 {count}바이트)"));
        en.push_str(&format!(", {} unread by the {name_en}", bytes_en(count)));
    }
    for (who, &count) in Who::BOTH.iter().zip(&truth.queued).filter(|(_, count)| **count > 0) {
        let (name_ko, name_en) = match who {
            Who::Client => ("클라이언트", "client"),
            Who::Server => ("서버", "server"),
        };
        ko.push_str(&format!(" ({name_ko}의 송신 버퍼에 남은 {count}바이트)"));
        en.push_str(&format!(", {} in the send buffer of the {name_en}", bytes_en(count)));
    }
    for (who, &count) in Who::BOTH.iter().zip(&truth.discarded).filter(|(_, count)| **count > 0) {
        let (name_ko, name_en) = match who {
            Who::Client => ("클라이언트", "client"),
            Who::Server => ("서버", "server"),
        };
        ko.push_str(&format!(" ({name_ko}의 송신 버퍼에서 RST로 버려진 {count}바이트)"));
        en.push_str(&format!(
            ", {} thrown away with a RST in the send buffer of the {name_en}",
            bytes_en(count)
        ));
    }
    for (who, &count) in Who::BOTH.iter().zip(&truth.lost).filter(|(_, count)| **count > 0) {
        let (name_ko, name_en) = match who {
            Who::Client => ("클라이언트", "client"),
            Who::Server => ("서버", "server"),
        };
        ko.push_str(&format!(" (끊긴 회선에서 사라진 {name_ko}의 {count}바이트)"));
        en.push_str(&format!(", {} of the {name_en}'s lost on the cut line", bytes_en(count)));
    }
    if truth.uncut {
        ko.push_str(". --cut의 호출이 없어 회선은 끊긴 적이 없다");
        en.push_str("; the call of --cut was never made, and the line was never cut");
    }
    if unfinished.is_some() {
        ko.push_str(". 아직 돌아오지 않은 send가 있어, 그것이 보낸 바이트 수는 모른다");
        en.push_str("; a send has not returned, and how many bytes it sent is not known yet");
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
        format!("{} — 와이어가 없어 호출만 보았다", each(["클라이언트", "서버"])),
        format!("{} — no wire: calls alone were seen", each(["client", "server"])),
    )
}

#[cfg(test)]
mod tests {
    use super::truth;
    use crate::event::truth::{Tally, Truth, Wire};

    #[test]
    fn what_was_let_go_is_said_where_there_was_any() {
        let said = |let_go| {
            let tally = Tally { connections: 100_000, let_go, ..Tally::default() };
            truth(&Truth { tally: Some(tally), ..Truth::default() }, Wire::File)
        };
        let text = said(65_792);
        assert!(text.en.contains("100000 connections (too many at once: 65792 were let go"), "{}", text.en);
        assert!(text.ko.contains("연결 100000(한꺼번에 너무 많아 65792개는"), "{}", text.ko);
        assert!(said(0).en.contains("100000 connections — complete"));
    }
}
