//! The arrow of a segment on the ladder's wire.

use super::columns::{push_repeated, width};
use super::digits::push_number;
use super::sheet::Sheet;
use super::words;
use crate::event::{Reading, Who};
use crate::tcp::anomaly::Oddity;
use crate::tcp::segment::Segment;

/// From this width on, in columns, an arrow has room for the window as well.
const ROOM_FOR_WINDOW: usize = 100;

impl<W: std::io::Write> Sheet<W> {
    /// The arrow with its numbers, and how many columns it takes.
    pub fn arrow(&self, segment: &Segment, reading: &Reading) -> (String, usize) {
        let (_, room) = self.wire();
        let (dash, tip) = (
            self.sign("─", "-"),
            match reading.from {
                _ if reading.odd.has(Oddity::Lost) => self.sign("✕", "x"),
                Who::Client => self.sign("▶", ">"),
                Who::Server => self.sign("◀", "<"),
            },
        );
        let mut arrow = String::with_capacity(4 * room);
        match reading.from {
            Who::Client => push_repeated(&mut arrow, dash, 3),
            Who::Server => {
                arrow.push_str(tip);
                push_repeated(&mut arrow, dash, 2);
            }
        }
        arrow.push(' ');
        let start = arrow.len();
        words::push_numbers(&mut arrow, segment, reading, self.look.absolute);
        if self.width() >= ROOM_FOR_WINDOW {
            arrow.push_str("  win ");
            push_number(&mut arrow, reading.window.into());
        }
        let numbers = width(&arrow[start..]);
        let shaft = room.saturating_sub(numbers + 6).max(1);
        arrow.push(' ');
        push_repeated(&mut arrow, dash, shaft);
        if reading.from == Who::Client {
            arrow.push_str(tip);
        }
        // Three dashes or a tip and two, the numbers between spaces, the shaft, a tip.
        let length = numbers + shaft + if reading.from == Who::Client { 6 } else { 5 };
        (arrow, length)
    }
}
