//! The two byte streams of each connection, and nothing else: what the programs said to each other,
//! the sides told apart.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::io::{self, Write};

use serde::Serialize;

use super::columns::push_spaces;
use super::paint::Part;
use super::words;
use super::{Format, Look, Paint, Payload, Picture, Scene};
use crate::event::truth::{Truth, Wire};
use crate::event::{Event, FlowId, Reading, Who};
use crate::narrate;
use crate::tcp::reassembly::{Piece, Stream};
use crate::tcp::segment::{Flags, Segment};
use crate::text::escape;

/// How many connections are put together at once.
const MOST: usize = 256;

/// How many bytes stand in one row of a dump.
const ROW: usize = 16;

/// The picture, and where it goes.
pub struct Follow<W> {
    format: Format,
    look: Look,
    out: W,
    /// In the order in which they began.
    streams: BTreeMap<FlowId, [Stream; 2]>,
    /// The connection whose bytes were shown last.
    latest: FlowId,
    /// The line that was written last, for its room.
    spare: String,
}

/// A piece of a stream as a JSON line; the names of its fields are in the order of the alphabet.
#[derive(Serialize)]
struct Line<'a> {
    connection: FlowId,
    #[serde(skip_serializing_if = "Option::is_none")]
    data: Option<&'a str>,
    len: u64,
    side: &'static str,
    r#type: &'static str,
}

impl<W: Write + Send> Follow<W> {
    /// Streams on a writer.
    pub fn new(format: Format, look: Look, out: W) -> Follow<W> {
        Follow { format, look, out, streams: BTreeMap::new(), latest: 0, spare: String::new() }
    }

    fn segment(&mut self, segment: &Segment, reading: &Reading) -> io::Result<()> {
        if segment.flags.has(Flags::RST) {
            return Ok(());
        }
        if self.streams.len() >= MOST && !self.streams.contains_key(&reading.flow) {
            let oldest = self.streams.keys().next().copied().unwrap_or_default();
            self.close(oldest)?;
        }
        let streams = self.streams.entry(reading.flow).or_default();
        // A SYN stands before the first byte, and takes a number of its own.
        let seq = reading.seq.wrapping_add(u32::from(segment.flags.has(Flags::SYN)));
        let from = reading.from;
        if segment.flags.has(Flags::FIN) {
            streams[from as usize].ends_at(seq.wrapping_add(segment.length as u32));
        }
        let theirs = match reading.ack {
            Some(ack) if ack > 1 => streams[from.other() as usize].acknowledge(ack),
            _ => Vec::new(),
        };
        let own = streams[from as usize].take(seq, segment.payload(), segment.length);
        let client = match from {
            Who::Client => (segment.source, segment.destination),
            Who::Server => (segment.destination, segment.source),
        };
        if reading.flow != self.latest && !(own.is_empty() && theirs.is_empty()) {
            self.latest = reading.flow;
            if self.format != Format::Json {
                let text = format!("#{}  {} → {}", reading.flow, client.0, client.1);
                self.row(Part::Heading, &text)?;
            }
        }
        self.show(reading.flow, from.other(), theirs)?;
        self.show(reading.flow, from, own)
    }

    /// Shows what is left of a connection.
    fn close(&mut self, flow: FlowId) -> io::Result<()> {
        let Some(mut streams) = self.streams.remove(&flow) else { return Ok(()) };
        Who::BOTH.into_iter().try_for_each(|who| {
            let rest = streams[who as usize].finish();
            self.show(flow, who, rest)
        })
    }

    fn show(&mut self, flow: FlowId, who: Who, pieces: Vec<Piece>) -> io::Result<()> {
        pieces.into_iter().try_for_each(|piece| match (piece, self.format) {
            (Piece::Bytes(bytes), Format::Json) => {
                let data = match self.look.payload {
                    Some(Payload::Hex) => escape::hex(&bytes),
                    _ => escape::text(&bytes),
                };
                let (len, data) = (bytes.len() as u64, Some(data.as_str()));
                self.object(&Line { connection: flow, data, len, side: who.name(), r#type: "stream" })
            }
            (Piece::Gap(len), Format::Json) => {
                self.object(&Line { connection: flow, data: None, len, side: who.name(), r#type: "gap" })
            }
            (Piece::Bytes(bytes), _) => self.bytes(who, &bytes),
            (Piece::Gap(count), _) => {
                let text = narrate::gap(count);
                let mut row = self.row_of(who);
                row.push_str("  (");
                row.push_str(text.get(self.look.lang));
                row.push(')');
                self.put(Part::Odd, row)
            }
        })
    }

    fn bytes(&mut self, who: Who, bytes: &[u8]) -> io::Result<()> {
        let mark = if self.look.ascii { "| " } else { "│ " };
        if self.look.payload == Some(Payload::Hex) {
            return words::dump(bytes, ROW, |bytes, text| {
                let mut row = self.row_of(who);
                row.push_str(mark);
                escape::push_hex(&mut row, bytes);
                push_spaces(&mut row, (ROW - bytes.len()) * 3 + 2);
                row.push('|');
                row.push_str(text);
                row.push('|');
                self.put(Part::Side(who), row)
            });
        }
        // A line of theirs is a line here; the break itself is the only byte that is not shown.
        bytes.split_inclusive(|&byte| byte == b'\n').try_for_each(|line| {
            let mut row = self.row_of(who);
            row.push_str(mark);
            escape::push_line(&mut row, line.strip_suffix(b"\n").unwrap_or(line));
            self.put(Part::Side(who), row)
        })
    }

    /// The beginning of a side's row: its name, filled up, and a space.
    fn row_of(&mut self, who: Who) -> String {
        let mut row = std::mem::take(&mut self.spare);
        row.clear();
        row.push_str(who.name());
        push_spaces(&mut row, 7 - who.name().len());
        row
    }

    /// Writes a row, and keeps its room.
    fn put(&mut self, part: Part, row: String) -> io::Result<()> {
        let written = self.row(part, &row);
        self.spare = row;
        written
    }

    fn row(&mut self, part: Part, text: &str) -> io::Result<()> {
        let text = if self.look.ascii { Cow::from(text.replace('→', "->")) } else { text.into() };
        if self.look.paint == Paint::Plain {
            self.out.write_all(text.as_bytes())?;
            return self.out.write_all(b"\n");
        }
        writeln!(self.out, "{}", self.look.paint.text(part, &text))
    }

    fn object(&mut self, line: &Line) -> io::Result<()> {
        let mut object = serde_json::to_vec(line)?;
        object.push(b'\n');
        self.out.write_all(&object)
    }
}

impl<W: Write + Send> Picture for Follow<W> {
    fn begin(&mut self, scene: &Scene) -> io::Result<()> {
        if self.format != Format::Json {
            self.row(Part::Heading, scene.title.get(self.look.lang))?;
        }
        self.out.flush()
    }

    fn event(&mut self, event: &Event) -> io::Result<()> {
        match event {
            Event::Segment { segment, reading, .. } => self.segment(segment, reading)?,
            Event::Connection(summary) => self.close(summary.flow)?,
            _ => {}
        }
        self.out.flush()
    }

    fn end(&mut self, truth: &Truth, wire: Wire) -> io::Result<()> {
        let left: Vec<_> = self.streams.keys().copied().collect();
        left.into_iter().try_for_each(|flow| self.close(flow))?;
        if self.format != Format::Json {
            self.row(Part::Note, narrate::truth(truth, wire).get(self.look.lang))?;
        }
        self.out.flush()
    }
}
