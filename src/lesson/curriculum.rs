//! The lessons in their order: what each is called, what it adds, and its two sides' sources.

use crate::text::lang::Text;

/// One lesson.
#[derive(Debug)]
pub struct Entry {
    /// Its number and word, which is also its program's name: `02_connect`.
    pub id: &'static str,
    /// What it shows, in one line.
    pub title: Text,
    /// The source of its client.
    pub client: &'static str,
    /// The source of its server.
    pub server: &'static str,
}

impl Entry {
    /// The lesson's number: `02`.
    pub fn number(&self) -> &'static str {
        self.id.split_once('_').map_or(self.id, |(number, _)| number)
    }
}

macro_rules! entry {
    ($id:literal, $ko:literal, $en:literal) => {
        Entry {
            id: $id,
            title: Text::fixed($ko, $en),
            client: include_str!(concat!("../../lessons/", $id, "/client.rs")),
            server: include_str!(concat!("../../lessons/", $id, "/server.rs")),
        }
    };
}

/// Every lesson there is.
pub static LESSONS: [Entry; 5] = [
    entry!(
        "01_socket",
        "소켓: 끝점을 만든다. 와이어에는 아무것도 없다",
        "socket: make the endpoints; nothing on the wire"
    ),
    entry!("02_connect", "연결: 세 방향 핸드셰이크", "connect: the three-way handshake"),
    entry!("03_send", "보내기: 바이트가 와이어에 실린다", "send: bytes go on the wire"),
    entry!("04_recv", "받기: 서버가 답한다", "recv: the server answers"),
    entry!("05_close", "닫기: 튜토리얼의 대화 전체", "close: the tutorial's whole conversation"),
];

/// The lesson of this number, word or id: `2`, `02`, `connect` and `02_connect` are the same.
pub fn find(name: &str) -> Option<&'static Entry> {
    LESSONS.iter().find(|entry| {
        let (number, word) = entry.id.split_once('_').unwrap_or((entry.id, ""));
        name == entry.id || name == word || name == number || name == number.trim_start_matches('0')
    })
}

/// The lesson after this one.
pub fn after(id: &str) -> Option<&'static Entry> {
    LESSONS.iter().skip_while(|entry| entry.id != id).nth(1)
}

#[cfg(test)]
mod tests {
    use super::{after, find};

    #[test]
    fn a_lesson_goes_by_number_word_or_id() {
        for name in ["2", "02", "connect", "02_connect"] {
            assert_eq!(find(name).map(|entry| entry.id), Some("02_connect"), "{name}");
        }
        assert!(find("06").is_none() && find("").is_none() && find("0").is_none());
    }

    #[test]
    fn the_last_lesson_has_none_after_it() {
        assert_eq!(after("04_recv").map(|entry| entry.id), Some("05_close"));
        assert!(after("05_close").is_none());
    }
}
