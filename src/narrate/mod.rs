//! Every sentence about what happened, Korean and English side by side, chosen from a fact. No
//! match here has a wildcard arm: a new fact without a sentence does not compile.

mod call;
mod cause;
mod connection;
mod error;
mod odd;
mod segment;
mod truth;
mod verdict;
mod weather;

use std::net::SocketAddr;

pub use call::{call, repeated, sleep, wait};
pub use connection::{connection, gap, milliseconds, oddities};
pub use error::error;
pub use odd::{ambient, odd, reset};
pub use segment::{comment, malformed, segment};
pub use truth::truth;
pub use verdict::verdict;
pub use weather::{cut, healed, misread, weather, wire_is_off};

use crate::event::error::{Error, Untraced};
use crate::event::{Nanos, Who};
use crate::text::lang::{Lang, Text};

/// Over a segment that no call here caused: the kernel sent it of its own accord. About one from an
/// end that plays elsewhere nothing is known, and nothing is said.
pub fn uncaused(from: Who, cast: &[Who]) -> Option<Text> {
    cast.contains(&from).then(|| Text::fixed("커널이 스스로", "the kernel, by itself"))
}

/// That the rest of a picture could not be written.
pub fn unread(lang: Lang) -> &'static str {
    lang.pick(
        "write: 출력을 읽는 쪽이 없어 나머지를 쓰지 못했다.",
        "write: nobody reads the output; the rest of it was not written.",
    )
}

/// Why one side alone has no weather.
pub fn alone_in_no_room() -> Text {
    Text::fixed(
        "한쪽만 켜면 방이 아니라 이 컴퓨터의 루프백을 쓴다. 두 쪽을 함께 무대에 올려라.",
        "One side alone is on this machine's loopback, not in a room: play both sides together.",
    )
}

/// That the programs tell of their own calls, and why.
pub fn reported(why: &Untraced) -> Text {
    match why {
        Untraced::Already => Text::fixed(
            "이미 다른 프로그램(디버거나 strace)이 추적하고 있다. 그래서 이 프로그램이 자기 호출을 스스로 알린다.",
            "somebody else (a debugger, strace) traces this program already: it tells of its own calls.",
        ),
        Untraced::Refused(error) => Text::made(
            format!("ptrace: {error}. 밖에서 지켜볼 수 없어, 두 프로그램이 자기 호출을 스스로 알린다."),
            format!(
                "ptrace: {error}. The programs cannot be watched from outside, and tell of their own calls."
            ),
        ),
    }
}

/// That the server gives one client up.
pub fn given_up(peer: Option<SocketAddr>, why: &Error) -> Text {
    let why = error(why);
    let peer = peer.map_or(String::new(), |peer| format!(" {peer}"));
    Text::made(
        format!("{} 클라이언트{peer}: 여기서 그만두고 다음으로 간다.", why.ko),
        format!("{} Client{peer} is given up; on to the next.", why.en),
    )
}

/// A number with its thousands apart: `12,300`.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut grouped = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

/// A span of time: `5 s`, `0.2 s`, `300 ms`, `10 minutes`, `16 minutes 40 s`, `1 hour`.
fn span_en(time: Nanos) -> String {
    let named = |count: u64, name: &str| format!("{count} {name}{}", if count == 1 { "" } else { "s" });
    match unit(time) {
        Span::Hours(count) => named(count, "hour"),
        Span::Minutes(count, 0.0) => named(count, "minute"),
        Span::Minutes(count, seconds) => format!("{} {seconds} s", named(count, "minute")),
        Span::Seconds(seconds) => format!("{seconds} s"),
        Span::Milliseconds(milliseconds) => format!("{milliseconds} ms"),
    }
}

/// The same in Korean: `5초`, `300밀리초`, `10분`, `1시간`.
fn span_ko(time: Nanos) -> String {
    match unit(time) {
        Span::Hours(count) => format!("{count}시간"),
        Span::Minutes(count, 0.0) => format!("{count}분"),
        Span::Minutes(count, seconds) => format!("{count}분 {seconds}초"),
        Span::Seconds(seconds) => format!("{seconds}초"),
        Span::Milliseconds(milliseconds) => format!("{milliseconds}밀리초"),
    }
}

/// A span of time in the unit in which one would say it.
enum Span {
    Hours(u64),
    /// And seconds.
    Minutes(u64, f64),
    Seconds(f64),
    Milliseconds(f64),
}

fn unit(time: Nanos) -> Span {
    const SECOND: Nanos = 1_000_000_000;
    if time >= 3600 * SECOND && time.is_multiple_of(3600 * SECOND) {
        Span::Hours(time / SECOND / 3600)
    } else if time >= 120 * SECOND {
        Span::Minutes(time / SECOND / 60, (time % (60 * SECOND) / 1_000_000) as f64 / 1000.0)
    } else if time >= SECOND {
        Span::Seconds((time / 1_000_000) as f64 / 1000.0)
    } else {
        Span::Milliseconds((time / 1000) as f64 / 1000.0)
    }
}

/// A word with its particle in Korean: the first one behind a consonant, the second behind a vowel.
/// A number is read in Sino-Korean; the name of a call in English.
fn with_particle(word: &str, [consonant, vowel]: [&str; 2]) -> String {
    let ends_in_consonant = match word.chars().last() {
        Some(digit @ '0'..='9') => !matches!(digit, '2' | '4' | '5' | '9'),
        Some(_) | None => matches!(word, "poll" | "listen" | "shutdown" | "socket"),
    };
    format!("{word}{}", if ends_in_consonant { consonant } else { vowel })
}

/// `3 bytes`, `1 byte`.
fn bytes_en(count: u64) -> String {
    if count == 1 { "1 byte".to_owned() } else { format!("{count} bytes") }
}

#[cfg(test)]
mod tests {
    use super::{grouped, span_en, span_ko, with_particle};

    #[test]
    fn particles_follow_how_a_word_is_read() {
        let object = |word| with_particle(word, ["을", "를"]);
        assert_eq!(["1", "2", "16", "-1", "40"].map(object), ["1을", "2를", "16을", "-1을", "40을"]);
        assert_eq!(["recv", "poll"].map(|op| with_particle(op, ["이", "가"])), ["recv가", "poll이"]);
    }

    #[test]
    fn numbers_and_times_as_one_says_them() {
        assert_eq!([0, 999, 1000, 12_345_678].map(grouped), ["0", "999", "1,000", "12,345,678"]);
        let second = 1_000_000_000;
        for (time, en, ko) in [
            (300_000_000, "300 ms", "300밀리초"),
            (5 * second, "5 s", "5초"),
            (1_500_000_000, "1.5 s", "1.5초"),
            (600 * second, "10 minutes", "10분"),
            (600 * second + 201, "10 minutes", "10분"),
            (1000 * second, "16 minutes 40 s", "16분 40초"),
            (3601 * second, "60 minutes 1 s", "60분 1초"),
            (3600 * second, "1 hour", "1시간"),
            (20_000, "0.02 ms", "0.02밀리초"),
        ] {
            assert_eq!((span_en(time).as_str(), span_ko(time).as_str()), (en, ko));
        }
    }
}
