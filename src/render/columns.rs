//! Text in columns: how wide it is on a terminal, filled up, and broken into lines.

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// Spaces enough for most gaps.
const SPACES: &str = "                                                                ";

/// The columns that a text takes: Korean letters and emoji take two.
pub fn width(text: &str) -> usize {
    // Control bytes are escaped long before.
    if text.is_ascii() { text.len() } else { text.width() }
}

/// Adds so many spaces to a line.
pub fn push_spaces(line: &mut String, mut count: usize) {
    while count > 0 {
        let part = count.min(SPACES.len());
        line.push_str(&SPACES[..part]);
        count -= part;
    }
}

/// Adds a sign so many times to a line.
pub fn push_repeated(line: &mut String, sign: &str, count: usize) {
    (0..count).for_each(|_| line.push_str(sign));
}

/// The text with spaces after it, `columns` wide.
pub fn left(text: &str, columns: usize) -> String {
    let mut filled = text.to_owned();
    push_spaces(&mut filled, columns.saturating_sub(width(text)));
    filled
}

/// The text with spaces before it, `columns` wide.
pub fn right(text: &str, columns: usize) -> String {
    let mut filled = String::new();
    push_spaces(&mut filled, columns.saturating_sub(width(text)));
    filled + text
}

/// The text in lines of at most `columns`, broken at spaces where that is possible. Nothing is left
/// out but the spaces at the breaks.
pub fn wrap(text: &str, columns: usize) -> Vec<String> {
    // A wide character needs two columns, however narrow the terminal.
    let columns = columns.max(2);
    let (mut lines, mut line, mut used) = (Vec::new(), String::new(), 0);
    for word in text.split_inclusive(' ') {
        if used > 0 && used + width(word.trim_end()) > columns {
            lines.push(std::mem::take(&mut line).trim_end().to_owned());
            used = 0;
        }
        if word.is_ascii() && used + word.len() <= columns {
            line.push_str(word);
            used += word.len();
            continue;
        }
        for character in word.chars() {
            let wide = character.width().unwrap_or(0);
            if used + wide > columns {
                if character == ' ' {
                    continue;
                }
                lines.push(std::mem::take(&mut line));
                used = 0;
            }
            line.push(character);
            used += wide;
        }
    }
    lines.push(line);
    lines
}

#[cfg(test)]
mod tests {
    use super::{left, right, width, wrap};

    #[test]
    fn wide_characters_take_two_columns() {
        assert_eq!(width("안녕 hi"), 7);
        assert_eq!(left("안", 4), "안  ");
        assert_eq!(right("안", 4), "  안");
        assert_eq!(left("too long", 3), "too long");
    }

    #[test]
    fn lines_break_at_spaces_where_they_can() {
        assert_eq!(wrap("one two three", 8), ["one two", "three"]);
        assert_eq!(wrap("unbreakable", 4), ["unbr", "eaka", "ble"]);
        assert_eq!(wrap("세 방향 핸드셰이크", 8), ["세 방향", "핸드셰이", "크"]);
        assert_eq!(wrap("", 5), [""]);
    }

    #[test]
    fn no_line_is_wider_than_asked() {
        let text = "accept() → 5 안녕하세요 a\u{1f600}b 0123456789";
        for columns in 2..40 {
            assert!(wrap(text, columns).iter().all(|line| width(line) <= columns), "{columns}");
            assert_eq!(wrap(text, columns).concat().replace(' ', ""), text.replace(' ', ""), "{columns}");
        }
    }
}
