//! One event a line, as a log: for two terminals, for narrow ones, and for grep.

use std::borrow::Cow;
use std::io::{self, Write};

use super::addresses::Addresses;
use super::columns::{left, push_spaces, wrap};
use super::digits::{push_number, push_seconds};
use super::marks::Marks;
use super::paint::Part;
use super::told::Told;
use super::words;
use super::{Look, Paint, Payload, Picture, Scene};
use crate::event::truth::{Truth, Wire};
use crate::event::{Event, Nanos, Outcome, Reading, Who};
use crate::narrate;
use crate::tcp::anomaly::Oddity;
use crate::tcp::segment::Segment;
use crate::text::escape;
use crate::text::lang::Text;

/// How far notes, and what goes on below, stand to the right, in columns.
const INDENT: usize = 9;

/// Up to this width, in columns, there is no room for that.
const NARROW: usize = 24;

/// The picture, and where it goes.
pub struct Lines<W> {
    look: Look,
    out: W,
    cast: Vec<Who>,
    marks: Marks,
    next: Option<Text>,
    addresses: Addresses,
    /// What was explained once.
    told: Told,
    /// The line that was written last, for its room.
    spare: String,
}

impl<W: Write + Send> Lines<W> {
    /// Lines on a writer.
    pub fn new(look: Look, out: W) -> Lines<W> {
        Lines {
            look,
            out,
            cast: Vec::new(),
            marks: Marks::default(),
            next: None,
            addresses: Addresses::default(),
            told: Told::default(),
            spare: String::new(),
        }
    }

    fn line(&mut self, part: Part, text: &str) -> io::Result<()> {
        let text = match self.look.ascii {
            true => Cow::Owned(
                text.replace('→', "->")
                    .replace('←', "<-")
                    .replace('…', "...")
                    .replace('·', "-")
                    .replace('—', "--")
                    .replace('»', ">>")
                    .replace('✕', "x")
                    .replace(['✂', '✓'], "*"),
            ),
            false => Cow::Borrowed(text),
        };
        if self.is_bare() {
            self.out.write_all(text.as_bytes())?;
            return self.out.write_all(b"\n");
        }
        // What does not fit goes on below, a little to the right.
        let (room, indent) = match self.look.width {
            None => (usize::MAX, 0),
            Some(width) if width > NARROW => (width - INDENT, INDENT),
            Some(width) => (width.saturating_sub(1).max(2), 1),
        };
        for (index, line) in wrap(&text, room).iter().enumerate() {
            let margin = " ".repeat(if index == 0 { 0 } else { indent });
            writeln!(self.out, "{margin}{}", self.look.paint.text(part, line))?;
        }
        Ok(())
    }

    /// Whether a line is written as it stands, however long it is.
    fn is_bare(&self) -> bool {
        self.look.width.is_none() && self.look.paint == Paint::Plain
    }

    fn is_solo(&self) -> bool {
        self.cast.len() == 1
    }

    fn of(&mut self, who: Who, text: &str) -> io::Result<()> {
        self.line(Part::Side(who), &format!("{} {text}", left(who.name(), 8)))
    }

    fn note(&mut self, text: &Text) -> io::Result<()> {
        self.sentence(text.get(self.look.lang))
    }

    fn sentence(&mut self, text: &str) -> io::Result<()> {
        let narrow = self.look.width.is_some_and(|width| width <= NARROW);
        let indent = if narrow { 0 } else { INDENT };
        let mut line = String::with_capacity(indent + text.len());
        push_spaces(&mut line, indent);
        line.push_str(text);
        self.line(Part::Note, &line)
    }

    fn result(&self, outcome: &Outcome) -> String {
        match outcome {
            Outcome::Accepted(descriptor, peer) if self.is_solo() => format!("{descriptor}, {peer}"),
            _ => words::result(outcome),
        }
    }

    fn segment(&mut self, at: Nanos, caused: bool, segment: &Segment, reading: &Reading) -> io::Result<()> {
        let mut line = std::mem::take(&mut self.spare);
        line.clear();
        if self.cast.is_empty() {
            push_seconds(&mut line, at);
            line.push_str("  #");
            push_number(&mut line, reading.flow.into());
            line.push(' ');
            self.addresses.push(&mut line, segment.source);
            line.push_str(" → ");
            self.addresses.push(&mut line, segment.destination);
        } else {
            let lost = reading.odd.has(Oddity::Lost);
            let (client, arrow) = match reading.from {
                Who::Client => (segment.source, if lost { "→✕" } else { "→" }),
                Who::Server => (segment.destination, if lost { "✕←" } else { "←" }),
            };
            // Alone, a side can have many peers: their ports tell them apart.
            let port = if self.is_solo() { format!(":{}", client.port()) } else { String::new() };
            line.push_str(&format!("  {}client{port} {arrow} server", self.marks.segment(reading)));
        }
        line.push_str("  ");
        words::push_numbers(&mut line, segment, reading, self.look.absolute);
        if self.cast.is_empty() {
            line.push_str("  win ");
            push_number(&mut line, reading.window.into());
        }
        match (segment.payload(), self.look.payload) {
            ([], _) | (_, Some(Payload::None)) => {}
            (payload, None | Some(Payload::Text)) => {
                line.push_str("  ");
                words::push_quoted(&mut line, payload);
            }
            (payload, Some(Payload::Hex)) => {
                line.push_str("  ");
                words::push_hex(&mut line, payload);
            }
        }
        for (who, state) in &reading.states {
            line.push_str("  ");
            line.push_str(who.name());
            line.push_str(" (");
            line.push_str(state.name());
            line.push(')');
        }
        if !caused && let Some(text) = narrate::uncaused(reading.from, &self.cast) {
            line.push_str(&format!("  · {}", text.get(self.look.lang)));
        }
        let shown = if self.is_bare() && !self.look.ascii {
            line.push('\n');
            self.out.write_all(line.as_bytes())
        } else {
            self.line(reading.role.into(), &line)
        };
        self.spare = line;
        shown?;
        // On the stage every handshake is a lesson; off it only what is odd is worth a line.
        if !self.cast.is_empty() || reading.reset.is_some() || reading.odd.iter().any(|odd| !odd.is_ambient())
        {
            narrate::segment(reading).iter().try_for_each(|text| self.note(text))?;
        }
        Ok(())
    }
}

impl<W: Write + Send> Picture for Lines<W> {
    fn begin(&mut self, scene: &Scene) -> io::Result<()> {
        self.cast.clone_from(&scene.cast);
        self.marks = Marks::of(scene);
        self.next.clone_from(&scene.next);
        self.line(Part::Heading, scene.title.get(self.look.lang))?;
        for remark in &scene.remarks {
            self.line(Part::Note, remark.get(self.look.lang))?;
        }
        self.out.flush()
    }

    fn event(&mut self, event: &Event) -> io::Result<()> {
        match event {
            Event::Call(call) if call.is_aside() => {}
            Event::Call(call) => {
                let mark = self.marks.call(&call.intent);
                let mut line =
                    format!("{mark}{} → {}", words::call(&call.intent), self.result(&call.outcome));
                if let Some(state) = call.state {
                    line.push_str(&format!("  [{state}]"));
                }
                self.of(call.intent.who, &line)?;
                self.note(&narrate::call(call))?;
            }
            Event::Wait { intent, .. } => {
                let waits = Text::fixed("… 기다린다", "… waits");
                let mark = self.marks.call(intent);
                let waits = waits.get(self.look.lang);
                self.of(intent.who, &format!("{mark}{} {waits}", words::call(intent)))?;
                self.note(&narrate::wait(intent.op))?;
            }
            Event::Segment { cause, at, segment, reading } => {
                self.segment(*at, cause.is_some(), segment, reading)?
            }
            Event::Malformed { malformed, frame, .. } => {
                self.line(Part::Odd, narrate::malformed(malformed, frame.number).get(self.look.lang))?;
            }
            Event::Connection(summary) => {
                let mut text = String::with_capacity(200);
                self.addresses.push_ends(&mut text, summary.flow, summary.client, summary.server);
                text.push_str(&narrate::connection(summary, self.look.lang));
                self.line(Part::Heading, &text)?;
                if let Some(text) = narrate::oddities(summary, self.look.lang) {
                    self.sentence(&text)?;
                }
                for oddity in self.told.news(summary) {
                    self.note(&narrate::ambient(oddity))?;
                }
            }
            Event::State { who, state, .. } => self.of(*who, &format!("[{state}]"))?,
            Event::Sleep { who, caller, time, .. } => {
                let mark = self.marks.caller(*who, *caller);
                self.of(*who, &format!("{mark}{}", narrate::sleep(*time).get(self.look.lang)))?;
            }
            Event::Repeated { who, program, calls, times, .. } => {
                let mark = self.marks.program(*program);
                let text = narrate::repeated(*calls, *times);
                self.of(*who, &format!("{mark}{}", text.get(self.look.lang)))?;
            }
            Event::Output { who, program, line, .. } => {
                let mark = self.marks.program(*program);
                self.of(*who, &format!("{mark}» {}", escape::line(line)))?;
            }
            Event::Cut { who, op, severed, .. } => {
                let text = narrate::cut(*who, *op, severed.from.is_none());
                self.line(Part::Odd, text.get(self.look.lang))?;
            }
            Event::Healed { who, after, .. } => {
                self.line(Part::Odd, narrate::healed(*who, *after).get(self.look.lang))?;
            }
            Event::Verdict { verdict, .. } => {
                let texts = narrate::verdict(verdict);
                texts.iter().try_for_each(|text| self.line(Part::Odd, text.get(self.look.lang)))?;
            }
        }
        self.out.flush()
    }

    fn end(&mut self, truth: &Truth, wire: Wire) -> io::Result<()> {
        let part = if truth.is_complete() { Part::Heading } else { Part::Odd };
        self.line(part, narrate::truth(truth, wire).get(self.look.lang))?;
        if let Some(next) = self.next.take() {
            self.line(Part::Note, next.get(self.look.lang))?;
        }
        self.out.flush()
    }
}
