//! What became of a connection, in a few lines.

use std::borrow::Cow;

use super::odd::oddity;
use crate::event::Who;
use crate::tcp::summary::{Ending, Handshake, Summary};
use crate::text::lang::{Lang, Text};

/// What became of a connection: its handshake, its bytes, its end. It goes on behind its number and
/// addresses, which are the same in every language.
pub fn connection(summary: &Summary, lang: Lang) -> String {
    let (handshake, ending) = (handshake(summary, lang), ending(summary.ending));
    let [from_client, from_server] = summary.bytes;
    let [client_segments, server_segments] = summary.segments;
    let s = |count| if count == 1 { "" } else { "s" };
    lang.say(
        format_args!(
            " · {handshake} · 클라이언트 {from_client}바이트(세그먼트 {client_segments}개) · 서버 {from_server}바이트(세그먼트 {server_segments}개) · {}",
            ending.ko
        ),
        format_args!(
            " · {handshake} · client {from_client} byte{} in {client_segments} segment{} · server {from_server} byte{} in {server_segments} segment{} · {}",
            s(from_client),
            s(client_segments),
            s(from_server),
            s(server_segments),
            ending.en
        ),
    )
}

/// What was odd about it, if anything was.
pub fn oddities(summary: &Summary, lang: Lang) -> Option<String> {
    let unseen: u64 = summary.unseen.iter().sum();
    if summary.odd.is_empty() && unseen == 0 {
        return None;
    }
    let mut line = lang.pick("이상한 점: ", "odd: ").to_owned();
    for (index, &(what, count)) in summary.odd.iter().enumerate() {
        line.push_str(if index > 0 { ", " } else { "" });
        line.push_str(oddity(what).get(lang));
        line.push(' ');
        line.push_str(&count.to_string());
    }
    if unseen > 0 {
        line.push_str(if summary.odd.is_empty() { "" } else { ", " });
        line.push_str(gap(unseen).get(lang));
    }
    Some(line)
}

/// That bytes are missing.
pub fn gap(count: u64) -> Text {
    Text::made(format!("캡처되지 않은 {count}바이트"), format!("{} not captured", super::bytes_en(count)))
}

fn handshake(summary: &Summary, lang: Lang) -> Cow<'static, str> {
    let text = match (summary.handshake, summary.rtt) {
        (Handshake::Complete, Some(rtt)) => {
            return Cow::Owned([lang.pick("핸드셰이크 ", "handshake "), &milliseconds(rtt)].concat());
        }
        (Handshake::Complete, None) => lang.pick("핸드셰이크 끝남", "handshake complete"),
        (Handshake::Unfinished, _) => lang.pick("핸드셰이크 끝나지 않음", "handshake unfinished"),
        (Handshake::Unseen, _) => lang.pick("핸드셰이크를 보지 못함", "handshake not seen"),
    };
    Cow::Borrowed(text)
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
