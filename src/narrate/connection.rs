//! What became of a connection, in a few lines.

use super::odd::oddity;
use crate::event::Who;
use crate::lang::Text;
use crate::summary::{Ending, Handshake, Summary};

/// What became of a connection: its handshake, its bytes, its end.
pub fn connection(summary: &Summary) -> Text {
    let (handshake, ending) = (handshake(summary), ending(summary.ending));
    let [from_client, from_server] = summary.bytes;
    let [client_segments, server_segments] = summary.segments;
    let ends = format!("#{}  {} → {}", summary.flow, summary.client, summary.server);
    Text::made(
        format!(
            "{ends} · {} · 클라이언트 {from_client}바이트(세그먼트 {client_segments}개) · 서버 {from_server}바이트(세그먼트 {server_segments}개) · {}",
            handshake.ko, ending.ko
        ),
        format!(
            "{ends} · {} · client {} in {} · server {} in {} · {}",
            handshake.en,
            super::bytes_en(from_client),
            segments_en(client_segments),
            super::bytes_en(from_server),
            segments_en(server_segments),
            ending.en
        ),
    )
}

/// What was odd about it, if anything was.
pub fn oddities(summary: &Summary) -> Option<Text> {
    let unseen: u64 = summary.unseen.iter().sum();
    if summary.odd.is_empty() && unseen == 0 {
        return None;
    }
    let mut ko: Vec<_> = Vec::new();
    let mut en: Vec<_> = Vec::new();
    for &(what, count) in &summary.odd {
        let name = oddity(what);
        ko.push(format!("{} {count}", name.ko));
        en.push(format!("{} {count}", name.en));
    }
    if unseen > 0 {
        let Text { ko: gap_ko, en: gap_en } = gap(unseen);
        ko.push(gap_ko.into_owned());
        en.push(gap_en.into_owned());
    }
    Some(Text::made(format!("이상한 점: {}", ko.join(", ")), format!("odd: {}", en.join(", "))))
}

/// That bytes are missing.
pub fn gap(count: u64) -> Text {
    Text::made(format!("캡처되지 않은 {count}바이트"), format!("{} not captured", super::bytes_en(count)))
}

fn segments_en(count: u64) -> String {
    if count == 1 { "1 segment".to_owned() } else { format!("{count} segments") }
}

fn handshake(summary: &Summary) -> Text {
    match (summary.handshake, summary.rtt) {
        (Handshake::Complete, Some(rtt)) => Text::made(
            format!("핸드셰이크 {}", milliseconds(rtt)),
            format!("handshake {}", milliseconds(rtt)),
        ),
        (Handshake::Complete, None) => Text::fixed("핸드셰이크 끝남", "handshake complete"),
        (Handshake::Unfinished, _) => Text::fixed("핸드셰이크 끝나지 않음", "handshake unfinished"),
        (Handshake::Unseen, _) => Text::fixed("핸드셰이크를 보지 못함", "handshake not seen"),
    }
}

fn ending(ending: Ending) -> Text {
    let (ko, en) = match ending {
        Ending::Open => ("아직 열려 있다", "still open"),
        Ending::HalfClosed(Who::Client) => ("클라이언트만 닫았다", "closed by the client alone"),
        Ending::HalfClosed(Who::Server) => ("서버만 닫았다", "closed by the server alone"),
        Ending::Closed => ("양쪽이 닫았다", "closed by both"),
        Ending::Reset(Who::Client) => ("클라이언트가 끊었다(RST)", "broken off by the client (RST)"),
        Ending::Reset(Who::Server) => ("서버가 끊었다(RST)", "broken off by the server (RST)"),
        Ending::Refused => ("거부되었다(RST)", "refused (RST)"),
        Ending::Unanswered => ("SYN에 답이 없었다", "the SYN was not answered"),
    };
    Text::fixed(ko, en)
}

/// A time in milliseconds, as precise as it is worth: `0.021 ms`.
pub fn milliseconds(nanos: u64) -> String {
    format!("{}.{:03} ms", nanos / 1_000_000, nanos / 1_000 % 1_000)
}
