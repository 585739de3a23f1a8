//! Numbers as text. Every line of a picture has ten of them, and the library's own way there knows
//! widths, signs and bases that nobody asks for here.

use crate::event::Nanos;

/// The numbers below 100, two digits each: in pairs there are half as many divisions, and what is
/// added to a line is text already.
const PAIRS: &str = "\
    0001020304050607080910111213141516171819202122232425262728293031323334353637383940414243444546474849\
    5051525354555657585960616263646566676869707172737475767778798081828384858687888990919293949596979899";

/// Adds a number to a line.
pub fn push_number(line: &mut String, number: u64) {
    match number {
        0..10 => line.push(char::from(b'0' + number as u8)),
        10..100 => push_pair(line, number),
        _ => {
            push_number(line, number / 100);
            push_pair(line, number % 100);
        }
    }
}

/// Adds a time in seconds, to the microsecond.
pub fn push_seconds(line: &mut String, nanos: Nanos) {
    push_number(line, nanos / 1_000_000_000);
    line.push('.');
    let micros = nanos / 1_000 % 1_000_000;
    push_pair(line, micros / 10_000);
    push_pair(line, micros / 100 % 100);
    push_pair(line, micros % 100);
}

fn push_pair(line: &mut String, number: u64) {
    let at = 2 * number as usize;
    line.push_str(&PAIRS[at..at + 2]);
}

#[cfg(test)]
mod tests {
    use super::{push_number, push_seconds};

    #[test]
    fn numbers_as_the_library_writes_them() {
        for number in [0, 1, 9, 10, 99, 100, 12_000, u32::MAX.into(), u64::MAX] {
            let mut line = String::new();
            push_number(&mut line, number);
            assert_eq!(line, number.to_string());
        }
    }

    #[test]
    fn seconds_to_the_microsecond() {
        for (nanos, expected) in [(0, "0.000000"), (1_999, "0.000001"), (61_020_003_000, "61.020003")] {
            let mut line = String::new();
            push_seconds(&mut line, nanos);
            assert_eq!(line, expected);
        }
    }
}
