//! The line that ends every trace.

use super::bytes_en;
use crate::event::Who;
use crate::lang::Text;
use crate::truth::{Truth, Wire};

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
