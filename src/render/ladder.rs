//! The ladder: client, wire and server side by side on one time axis, each segment under the call
//! that caused it.

use std::io::{self, Write};

use super::addresses::Addresses;
use super::columns::{left, right, width};
use super::digits::push_seconds;
use super::marks::Marks;
use super::paint::Part;
use super::sheet::Sheet;
use super::told::Told;
use super::words;
use super::{Look, Paint, Picture, Scene};
use crate::event::truth::{Truth, Wire};
use crate::event::{Call, CallId, Event, FlowId, Nanos, Reading, Who};
use crate::narrate;
use crate::tcp::segment::Segment;
use crate::tcp::state::State;
use crate::text::escape;
use crate::text::lang::Text;

/// From this time on, in nanoseconds, a rest between two segments is told.
const LONG: Nanos = 10_000_000;

/// The picture, and where it goes.
pub struct Ladder<W> {
    sheet: Sheet<W>,
    /// The connection of the last segment, and its time.
    latest: (FlowId, Nanos),
    cast: Vec<Who>,
    marks: Marks,
    /// What was explained once.
    told: Told,
    addresses: Addresses,
    next: Option<Text>,
    open: Option<Open>,
}

/// A call whose segments are being shown.
struct Open {
    id: CallId,
    /// How many of its segments are to come.
    to_come: usize,
    /// The states that the kernel reported after it, to be shown where a segment brings them about.
    reported: Vec<(Who, State)>,
}

impl<W: Write + Send> Ladder<W> {
    /// A ladder on a writer.
    pub fn new(look: Look, out: W) -> Ladder<W> {
        Ladder {
            sheet: Sheet::new(look, out),
            latest: (0, 0),
            cast: Vec::new(),
            told: Told::default(),
            addresses: Addresses::default(),
            marks: Marks::default(),
            next: None,
            open: None,
        }
    }

    fn call(&mut self, call: &Call) -> io::Result<()> {
        let returned = if call.waited { self.sheet.sign("↩ ", "<= ") } else { "" };
        let line = format!(
            "{returned}{}{} {} {}",
            self.marks.call(&call.intent),
            words::call(&call.intent),
            self.sheet.sign("→", "->"),
            words::result(&call.outcome)
        );
        let here: Vec<_> = if call.segments == 0 { call.changes.clone() } else { Vec::new() };
        let (own, other): (Vec<_>, Vec<_>) = here.into_iter().partition(|&(who, _)| who == call.intent.who);
        self.sheet.line(call.intent.who, &line, &own)?;
        self.sheet.note(call.intent.who, &narrate::call(call))?;
        if !other.is_empty() {
            self.sheet.states(&other)?;
        }
        self.open = (call.segments > 0).then(|| Open {
            id: call.id,
            to_come: call.segments,
            reported: call.changes.clone(),
        });
        Ok(())
    }

    fn segment(
        &mut self,
        at: Nanos,
        cause: Option<CallId>,
        segment: &Segment,
        reading: &Reading,
    ) -> io::Result<()> {
        if self.cast.is_empty() {
            self.watched(at, reading, segment)?;
        }
        if cause.is_none()
            && let Some(text) = narrate::uncaused(reading.from, &self.cast)
        {
            self.sheet.indented(self.sheet.wire().0, Part::Note, &text)?;
        }
        let (margin, room) = self.sheet.wire();
        let mut ends = [String::new(), String::new()];
        for &(who, state) in &reading.states {
            ends[who as usize] = self.confirm(cause, who, state);
        }
        let (arrow, length) = self.sheet.arrow(segment, reading);
        let [client, server] = &ends;
        let start = left(client, margin - 1);
        let end = match server.is_empty() && self.sheet.look.paint == Paint::Plain {
            true => String::new(),
            false => right(server, (self.sheet.width() - 2).saturating_sub(margin - 1 + length)),
        };
        let pieces = [(Part::Heading, start.as_str()), (reading.role.into(), &arrow), (Part::Heading, &end)];
        self.sheet.row(1, &pieces)?;
        self.sheet.payload(margin + 4, room, segment.payload())?;
        self.last_of_call(cause)?;
        let part = if reading.odd.iter().all(|odd| odd.is_ambient()) { Part::Note } else { Part::Odd };
        narrate::segment(reading).iter().try_for_each(|text| self.sheet.indented(3, part, text))
    }

    /// Over a segment of a connection that is watched: which one, where another came before; how
    /// much time has passed, where that can be felt.
    fn watched(&mut self, at: Nanos, reading: &Reading, segment: &Segment) -> io::Result<()> {
        let (flow, before) = std::mem::replace(&mut self.latest, (reading.flow, at));
        let rest = at.saturating_sub(before);
        if flow != reading.flow {
            let (client, server) = match reading.from {
                Who::Client => (segment.source, segment.destination),
                Who::Server => (segment.destination, segment.source),
            };
            let mut text = String::with_capacity(80);
            self.addresses.push_ends(&mut text, reading.flow, client, server);
            text.push_str("   ");
            push_seconds(&mut text, at);
            text.push_str(" s");
            self.sheet.sentence(1, Part::Heading, &text)
        } else if rest >= LONG {
            let text = format!("… {}", narrate::milliseconds(rest));
            self.sheet.sentence(self.sheet.wire().0, Part::Note, &text)
        } else {
            Ok(())
        }
    }

    /// A state as it is shown beside a segment: bare when the kernel reported it after the call,
    /// in parentheses when the segment alone tells it, in passing.
    fn confirm(&mut self, cause: Option<CallId>, who: Who, state: State) -> String {
        if let Some(open) = &mut self.open
            && cause == Some(open.id)
            && let Some(index) = open.reported.iter().position(|&found| found == (who, state))
        {
            open.reported.remove(index);
            return state.name().to_owned();
        }
        ["(", state.name(), ")"].concat()
    }

    /// After a call's last segment: what the kernel reported and no segment told.
    fn last_of_call(&mut self, cause: Option<CallId>) -> io::Result<()> {
        let Some(mut open) = self.open.take_if(|open| cause == Some(open.id)) else { return Ok(()) };
        open.to_come -= 1;
        if open.to_come > 0 {
            self.open = Some(open);
            return Ok(());
        }
        if open.reported.is_empty() { Ok(()) } else { self.sheet.states(&open.reported) }
    }
}

impl<W: Write + Send> Picture for Ladder<W> {
    fn begin(&mut self, scene: &Scene) -> io::Result<()> {
        self.cast.clone_from(&scene.cast);
        self.marks = Marks::of(scene);
        self.next.clone_from(&scene.next);
        self.sheet.indented(1, Part::Heading, &scene.title)?;
        for remark in &scene.remarks {
            self.sheet.indented(1, Part::Note, remark)?;
        }
        writeln!(self.sheet.out)?;
        let names = [
            Text::fixed("클라이언트", "CLIENT"),
            Text::fixed("와이어", "WIRE"),
            Text::fixed("서버", "SERVER"),
        ];
        let [client, wire, server] = names.each_ref().map(|name| name.get(self.sheet.look.lang));
        let (total, paint) = (self.sheet.width() - 2, self.sheet.look.paint);
        let middle = (total - width(wire)) / 2;
        writeln!(
            self.sheet.out,
            " {}{}{}{}{}",
            paint.text(Part::Side(Who::Client), client),
            " ".repeat(middle - width(client)),
            paint.text(Part::Heading, wire),
            " ".repeat(total - middle - width(wire) - width(server)),
            paint.text(Part::Side(Who::Server), server),
        )?;
        writeln!(self.sheet.out, " {}", self.sheet.sign("─", "-").repeat(total))?;
        self.sheet.out.flush()
    }

    fn event(&mut self, event: &Event) -> io::Result<()> {
        match event {
            Event::Call(call) if call.is_aside() => {}
            Event::Call(call) => self.call(call)?,
            Event::Wait { intent, .. } => {
                let waits = Text::fixed("… 기다린다", "… waits");
                let (mark, waits) = (self.marks.call(intent), waits.get(self.sheet.look.lang));
                let line = format!("{mark}{} {waits}", words::call(intent));
                self.sheet.line(intent.who, &line, &[])?;
                self.sheet.note(intent.who, &narrate::wait(intent.op))?;
            }
            Event::Segment { cause, at, segment, reading } => {
                self.segment(*at, *cause, segment, reading)?;
            }
            Event::Malformed { malformed, frame, .. } => {
                self.sheet.indented(1, Part::Odd, &narrate::malformed(malformed, frame.number))?;
            }
            Event::Connection(summary) => {
                let lang = self.sheet.look.lang;
                let mut text = String::with_capacity(200);
                self.addresses.push_ends(&mut text, summary.flow, summary.client, summary.server);
                text.push_str(&narrate::connection(summary, lang));
                self.sheet.sentence(1, Part::Heading, &text)?;
                if let Some(text) = narrate::oddities(summary, lang) {
                    self.sheet.sentence(3, Part::Odd, &text)?;
                }
                for oddity in self.told.news(summary) {
                    self.sheet.indented(3, Part::Note, &narrate::ambient(oddity))?;
                }
            }
            Event::State { who, state, .. } => self.sheet.states(&[(*who, *state)])?,
            Event::Sleep { who, caller, time, .. } => {
                let mark = self.marks.caller(*who, *caller);
                let line = format!("{mark}{}", narrate::sleep(*time).get(self.sheet.look.lang));
                self.sheet.line(*who, &line, &[])?;
            }
            Event::Repeated { who, program, calls, times, .. } => {
                let mark = self.marks.program(*program);
                let text = narrate::repeated(*calls, *times);
                self.sheet.line(*who, &format!("{mark}{}", text.get(self.sheet.look.lang)), &[])?;
            }
            Event::Output { who, program, line, .. } => {
                let mark = self.marks.program(*program);
                let line = format!("{mark}{} {}", self.sheet.sign("»", ">>"), escape::line(line));
                self.sheet.printed(*who, &line)?;
            }
            Event::Cut { who, op, severed, .. } => {
                let text = narrate::cut(*who, *op, severed.from.is_none());
                self.sheet.indented(1, Part::Odd, &text)?;
            }
            Event::Healed { who, after, .. } => {
                self.sheet.indented(1, Part::Odd, &narrate::healed(*who, *after))?;
            }
            Event::Verdict { verdict, .. } => {
                let mut texts = narrate::verdict(verdict).into_iter();
                texts.try_for_each(|text| self.sheet.indented(1, Part::Odd, &text))?;
            }
        }
        self.sheet.out.flush()
    }

    fn end(&mut self, truth: &Truth, wire: Wire) -> io::Result<()> {
        writeln!(self.sheet.out, " {}", self.sheet.sign("─", "-").repeat(self.sheet.width() - 2))?;
        let part = if truth.is_complete() { Part::Heading } else { Part::Odd };
        self.sheet.indented(1, part, &narrate::truth(truth, wire))?;
        if let Some(next) = self.next.take() {
            self.sheet.indented(1, Part::Note, &next)?;
        }
        self.sheet.out.flush()
    }
}
