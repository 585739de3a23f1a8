//! The sheet that a ladder is drawn on: three columns, and what goes into them.

use std::borrow::Cow;
use std::io::{self, Write};

use super::columns::{push_spaces, width, wrap};
use super::paint::Part;
use super::words;
use super::{Look, Payload};
use crate::event::Who;
use crate::tcp::state::State;
use crate::text::escape;
use crate::text::lang::Text;

/// The widest that a ladder is drawn, in columns: further apart, the eye loses the line.
const WIDEST: usize = 120;

/// How wide it is where no terminal says otherwise.
const USUAL: usize = 80;

/// How many payload bytes stand under an arrow; the rest is counted.
const MOST_PAYLOAD: usize = 48;

/// A sheet on a writer.
pub struct Sheet<W> {
    /// How it looks.
    pub look: Look,
    /// Where it goes.
    pub out: W,
    /// The line that was written last, for its room.
    spare: String,
}

impl<W: Write> Sheet<W> {
    /// A sheet without a line.
    pub fn new(look: Look, out: W) -> Sheet<W> {
        Sheet { look, out, spare: String::new() }
    }

    /// Where the wire's column begins and how wide it is: 19 and 38 at 80 columns.
    pub fn wire(&self) -> (usize, usize) {
        let margin = if self.width() >= 76 { 19 } else { 15 };
        (margin, self.width() - 2 * margin - 4)
    }

    /// The ladder's width, in columns.
    pub fn width(&self) -> usize {
        self.look.width.map_or(USUAL, |width| width.min(WIDEST))
    }

    /// One of the picture's own signs.
    pub fn sign(&self, fancy: &'static str, plain: &'static str) -> &'static str {
        if self.look.ascii { plain } else { fancy }
    }

    /// The picture's own signs in ASCII, where that is wanted.
    pub fn plain<'a>(&self, text: &'a str) -> Cow<'a, str> {
        match self.look.ascii && !text.is_ascii() {
            true => text
                .replace('→', "->")
                .replace('…', "...")
                .replace('·', "-")
                .replace('—', "--")
                .replace(['✂', '✓'], "*")
                .into(),
            false => text.into(),
        }
    }

    /// Writes a line of pieces, each in its role's colour.
    pub fn row(&mut self, indent: usize, pieces: &[(Part, &str)]) -> io::Result<()> {
        let mut line = std::mem::take(&mut self.spare);
        line.clear();
        push_spaces(&mut line, indent);
        pieces.iter().for_each(|&(part, text)| self.look.paint.push(&mut line, part, text));
        line.push('\n');
        let written = self.out.write_all(line.as_bytes());
        self.spare = line;
        written
    }

    /// A line of one side, with the states that it brought about: its own at the end of the line,
    /// where there is room, the rest below.
    pub fn line(&mut self, who: Who, text: &str, states: &[(Who, State)]) -> io::Result<()> {
        let total = self.width() - 2;
        let (own, mut below): (Vec<_>, Vec<_>) = states.iter().partition(|(end, _)| *end == who);
        let lines = wrap(&self.plain(text), total);
        let mut tail = own.first().map_or("", |(_, state)| state.name());
        if lines.len() > 1 || width(&lines[0]) + width(tail) + 2 > total {
            below.extend(own);
            tail = "";
        }
        let reserved = if tail.is_empty() { 0 } else { width(tail) + 2 };
        for line in &lines {
            let (margin, gap) = match who {
                Who::Client => (0, 2),
                Who::Server => {
                    let margin = (self.width() * 9 / 20).min(total.saturating_sub(reserved + width(line)));
                    (margin, total.saturating_sub(margin + width(line) + width(tail)))
                }
            };
            let painted = self.look.paint.text(Part::Side(who), line);
            write!(self.out, " {}{painted}", " ".repeat(margin))?;
            if !tail.is_empty() {
                write!(self.out, "{}{}", " ".repeat(gap), self.look.paint.text(Part::Heading, tail))?;
            }
            writeln!(self.out)?;
        }
        if below.is_empty() { Ok(()) } else { self.states(&below) }
    }

    /// What a side printed. It is broken only for a terminal: whoever reads it from a file or a pipe
    /// wants it whole.
    pub fn printed(&mut self, who: Who, text: &str) -> io::Result<()> {
        match self.look.width {
            None if width(text) + 2 > self.width() => {
                writeln!(self.out, " {}", self.look.paint.text(Part::Side(who), text))
            }
            _ => self.line(who, text, &[]),
        }
    }

    /// The states of both ends on a line of their own.
    pub fn states(&mut self, states: &[(Who, State)]) -> io::Result<()> {
        let of = |end: Who| states.iter().find(|(who, _)| *who == end).map_or("", |(_, state)| state.name());
        let (client, server) = (of(Who::Client), of(Who::Server));
        let gap = (self.width() - 2).saturating_sub(width(client) + width(server));
        let line = format!(
            " {}{}{}",
            self.look.paint.text(Part::Heading, client),
            if server.is_empty() { String::new() } else { " ".repeat(gap) },
            self.look.paint.text(Part::Heading, server)
        );
        writeln!(self.out, "{line}")
    }

    /// A note below a line of one side.
    pub fn note(&mut self, who: Who, text: &Text) -> io::Result<()> {
        let indent = match who {
            Who::Client => 3,
            Who::Server => self.width() * 9 / 20 + 3,
        };
        self.indented(indent, Part::Note, text)
    }

    /// A sentence, as far to the right as said.
    pub fn indented(&mut self, indent: usize, part: Part, text: &Text) -> io::Result<()> {
        self.sentence(indent, part, text.get(self.look.lang))
    }

    /// The same of a sentence that was made in the right language.
    pub fn sentence(&mut self, indent: usize, part: Part, text: &str) -> io::Result<()> {
        let (text, room) = (self.plain(text), self.width() - 1 - indent);
        // No character is wider than it is long.
        if text.len() <= room {
            return self.row(indent, &[(part, &text)]);
        }
        for line in wrap(&text, room) {
            writeln!(self.out, "{}{}", " ".repeat(indent), self.look.paint.text(part, &line))?;
        }
        Ok(())
    }

    /// Bytes below an arrow, as many of them as have room.
    pub fn payload(&mut self, indent: usize, room: usize, payload: &[u8]) -> io::Result<()> {
        let per_row = match self.look.payload {
            Some(Payload::None) => return Ok(()),
            Some(Payload::Text) => room.saturating_sub(2).clamp(4, 64),
            Some(Payload::Hex) | None => (room.saturating_sub(6) / 4).clamp(4, 16),
        };
        let shown = &payload[..payload.len().min(MOST_PAYLOAD)];
        let mut row = String::new();
        words::dump(shown, per_row, |bytes, text| {
            row.clear();
            if self.look.payload != Some(Payload::Text) {
                escape::push_hex(&mut row, bytes);
                let gap = per_row * 3 + 1 - row.len();
                push_spaces(&mut row, gap);
            }
            row.push('|');
            row.push_str(text);
            row.push('|');
            self.row(indent, &[(Part::Data, &row)])
        })?;
        if payload.len() > shown.len() {
            let rest = payload.len() - shown.len();
            let text =
                self.look.lang.say(format_args!("… {rest}바이트 더"), format_args!("… {rest} more bytes"));
            self.sentence(indent, Part::Note, &text)?;
        }
        Ok(())
    }
}
