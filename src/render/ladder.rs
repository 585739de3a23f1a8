//! The ladder: client, wire and server side by side on one time axis, each segment under the call
//! that caused it.

use std::io::{self, Write};

use super::columns::{left, right, width, wrap};
use super::paint::Part;
use super::words;
use super::{Look, Picture, Scene};
use crate::escape;
use crate::event::{Call, CallId, Event, Reading, Truth, Who, Wire};
use crate::lang::Text;
use crate::narrate;
use crate::segment::Segment;
use crate::state::State;

/// How many payload bytes stand under an arrow; the rest is counted.
const MOST_PAYLOAD: usize = 48;

/// The picture, and where it goes.
pub struct Ladder<W> {
    look: Look,
    out: W,
    cast: Vec<Who>,
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
        Ladder { look, out, cast: Vec::new(), next: None, open: None }
    }

    /// Where the wire's column begins and how wide it is: 19 and 38 at 80 columns.
    fn wire(&self) -> (usize, usize) {
        let width = self.look.width.min(120);
        let margin = if width >= 76 { 19 } else { 15 };
        (margin, width - 2 * margin - 4)
    }

    fn width(&self) -> usize {
        self.look.width.min(120)
    }

    fn sign(&self, fancy: &'static str, plain: &'static str) -> &'static str {
        if self.look.ascii { plain } else { fancy }
    }

    /// The picture's own signs in ASCII, where that is wanted.
    fn plain(&self, text: &str) -> String {
        match self.look.ascii {
            true => text.replace('→', "->").replace('…', "...").replace('·', "-").replace('—', "--"),
            false => text.to_owned(),
        }
    }

    fn call(&mut self, call: &Call) -> io::Result<()> {
        let returned = if call.waited { self.sign("↩ ", "<= ") } else { "" };
        let line = format!(
            "{returned}{} {} {}",
            words::call(&call.intent),
            self.sign("→", "->"),
            words::result(&call.outcome)
        );
        let here: Vec<_> = if call.segments == 0 { call.changes.clone() } else { Vec::new() };
        self.line(call.intent.who, &line, &here)?;
        self.note(call.intent.who, &narrate::call(call))?;
        self.open = (call.segments > 0).then(|| Open {
            id: call.id,
            to_come: call.segments,
            reported: call.changes.clone(),
        });
        Ok(())
    }

    /// A line of one side, with the states that it brought about: its own at the end of the line,
    /// where there is room, the rest below.
    fn line(&mut self, who: Who, text: &str, states: &[(Who, State)]) -> io::Result<()> {
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
                    let margin = (self.width() * 9 / 20).min(total - reserved - width(line));
                    (margin, total - margin - width(line) - width(tail))
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

    /// The states of both ends on a line of their own.
    fn states(&mut self, states: &[(Who, State)]) -> io::Result<()> {
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

    fn note(&mut self, who: Who, text: &Text) -> io::Result<()> {
        let indent = match who {
            Who::Client => 3,
            Who::Server => self.width() * 9 / 20 + 3,
        };
        self.indented(indent, Part::Note, text)
    }

    fn indented(&mut self, indent: usize, part: Part, text: &Text) -> io::Result<()> {
        let text = self.plain(text.get(self.look.lang));
        for line in wrap(&text, self.width() - 1 - indent) {
            writeln!(self.out, "{}{}", " ".repeat(indent), self.look.paint.text(part, &line))?;
        }
        Ok(())
    }

    fn segment(&mut self, cause: Option<CallId>, segment: &Segment, reading: &Reading) -> io::Result<()> {
        if cause.is_none()
            && let Some(text) = narrate::uncaused(reading.from, &self.cast)
        {
            self.indented(self.wire().0, Part::Note, &text)?;
        }
        let (margin, room) = self.wire();
        let mut ends = [String::new(), String::new()];
        for &(who, state) in &reading.states {
            ends[who as usize] = self.confirm(cause, who, state);
        }
        let numbers = words::numbers(segment, reading);
        let (dash, tip) = (
            self.sign("─", "-"),
            match reading.from {
                Who::Client => self.sign("▶", ">"),
                Who::Server => self.sign("◀", "<"),
            },
        );
        let shaft = dash.repeat(room.saturating_sub(width(&numbers) + 6).max(1));
        let arrow = match reading.from {
            Who::Client => format!("{} {numbers} {shaft}{tip}", dash.repeat(3)),
            Who::Server => format!("{tip}{} {numbers} {shaft}", dash.repeat(2)),
        };
        let [client, server] = &ends;
        let start = left(client, margin - 1);
        let end = right(server, (self.width() - 2).saturating_sub(margin - 1 + width(&arrow)));
        let paint = self.look.paint;
        let line = format!(
            " {}{}{}",
            paint.text(Part::Heading, &start),
            paint.text(reading.role.into(), &arrow),
            paint.text(Part::Heading, &end)
        );
        writeln!(self.out, "{}", line.trim_end())?;
        self.payload(margin + 4, room, &segment.payload)?;
        self.last_of_call(cause)?;
        match narrate::segment(reading) {
            Some(text) => self.indented(3, Part::Note, &text),
            None => Ok(()),
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
        format!("({state})")
    }

    /// After a call's last segment: what the kernel reported and no segment told.
    fn last_of_call(&mut self, cause: Option<CallId>) -> io::Result<()> {
        let Some(mut open) = self.open.take_if(|open| cause == Some(open.id)) else { return Ok(()) };
        open.to_come -= 1;
        if open.to_come > 0 {
            self.open = Some(open);
            return Ok(());
        }
        if open.reported.is_empty() { Ok(()) } else { self.states(&open.reported) }
    }

    fn payload(&mut self, indent: usize, room: usize, payload: &[u8]) -> io::Result<()> {
        let per_row = (room.saturating_sub(6) / 4).clamp(4, 16);
        let shown = &payload[..payload.len().min(MOST_PAYLOAD)];
        for (hex, text) in words::dump(shown, per_row) {
            let row = format!("{}  |{text}|", left(&hex, per_row * 3 - 1));
            writeln!(self.out, "{}{}", " ".repeat(indent), self.look.paint.text(Part::Data, &row))?;
        }
        if payload.len() > shown.len() {
            let rest = payload.len() - shown.len();
            let text = Text::made(format!("… {rest}바이트 더"), format!("… {rest} more bytes"));
            self.indented(indent, Part::Note, &text)?;
        }
        Ok(())
    }
}

impl<W: Write + Send> Picture for Ladder<W> {
    fn begin(&mut self, scene: &Scene) -> io::Result<()> {
        self.cast.clone_from(&scene.cast);
        self.next.clone_from(&scene.next);
        self.indented(1, Part::Heading, &scene.title)?;
        for remark in &scene.remarks {
            self.indented(1, Part::Note, remark)?;
        }
        writeln!(self.out)?;
        let names = [
            Text::fixed("클라이언트", "CLIENT"),
            Text::fixed("와이어", "WIRE"),
            Text::fixed("서버", "SERVER"),
        ];
        let [client, wire, server] = names.each_ref().map(|name| name.get(self.look.lang));
        let (total, paint) = (self.width() - 2, self.look.paint);
        let middle = (total - width(wire)) / 2;
        writeln!(
            self.out,
            " {}{}{}{}{}",
            paint.text(Part::Side(Who::Client), client),
            " ".repeat(middle - width(client)),
            paint.text(Part::Heading, wire),
            " ".repeat(total - middle - width(wire) - width(server)),
            paint.text(Part::Side(Who::Server), server),
        )?;
        writeln!(self.out, " {}", self.sign("─", "-").repeat(total))?;
        self.out.flush()
    }

    fn event(&mut self, event: &Event) -> io::Result<()> {
        match event {
            Event::Call(call) => self.call(call)?,
            Event::Wait { intent, .. } => {
                let waits = Text::fixed("… 기다린다", "… waits");
                let line = format!("{} {}", words::call(intent), waits.get(self.look.lang));
                self.line(intent.who, &line, &[])?;
                self.note(intent.who, &narrate::wait(intent.op))?;
            }
            Event::Segment { cause, segment, reading, .. } => self.segment(*cause, segment, reading)?,
            Event::State { who, state, .. } => self.states(&[(*who, *state)])?,
            Event::Pause { who, .. } => {
                self.line(*who, self.look.lang.pick("(멈춤)", "(pause)"), &[])?;
                self.note(*who, &narrate::pause())?;
            }
            Event::Output { who, line, .. } => {
                let line = format!("{} {}", self.sign("»", ">>"), escape::text(line));
                self.line(*who, &line, &[])?;
            }
            Event::GivenUp { peer, op, error, .. } => {
                self.indented(3, Part::Odd, &narrate::given_up(*peer, *op, *error))?;
            }
            Event::Deadlock { waiting, .. } => self.indented(1, Part::Odd, &narrate::deadlock(waiting))?,
        }
        self.out.flush()
    }

    fn end(&mut self, truth: &Truth, wire: Wire) -> io::Result<()> {
        writeln!(self.out, " {}", self.sign("─", "-").repeat(self.width() - 2))?;
        let part = if truth.is_complete() { Part::Heading } else { Part::Odd };
        self.indented(1, part, &narrate::truth(truth, wire))?;
        if let Some(next) = self.next.take() {
            self.indented(1, Part::Note, &next)?;
        }
        self.out.flush()
    }
}
