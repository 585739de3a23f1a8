//! One direction of a connection: what was sent that way so far.

use crate::tcp::anomaly::{Oddities, Oddity};
use crate::tcp::seen_ranges::{Extent, is_after};
use crate::tcp::segment::{Flags, Segment};
use crate::tcp::state::State;
use crate::tcp::who::{Nanos, Who};

/// How far apart two captures of one packet may be, in nanoseconds: no sender repeats itself so soon.
const TWICE: Nanos = 100_000_000;

/// The same where the packet has no number of its own, as in IPv6.
const TWICE_UNNUMBERED: Nanos = 1_000_000;

/// One direction, and the end that sends in it.
#[derive(Debug, Default)]
pub struct Lane {
    /// The sender's first sequence number.
    pub isn: Option<u32>,
    /// Whether the sender has been heard at all.
    pub started: bool,
    /// The number after the highest one sent.
    pub next: u32,
    /// When that was sent.
    pub next_at: Nanos,
    /// Which numbers were seen.
    pub seen: Extent,
    /// The acknowledgment that the sender gave last.
    pub acked: Option<u32>,
    /// When it was given.
    pub acked_at: Nanos,
    /// How often it has repeated that.
    pub repeats: u32,
    /// What it holds beyond that (RFC 2018): blocks, as in its last segment.
    pub sack: [Option<(u32, u32)>; 4],
    /// The window field of its last segment.
    pub window: Option<u16>,
    /// The shift count that its SYN offered for its windows.
    pub scale: Option<u8>,
    /// The largest segment that it wants to receive.
    pub mss: Option<u16>,
    /// The number of its FIN.
    pub fin: Option<u32>,
    /// Whether it sent a SYN.
    pub opened: bool,
    /// Whether it sent a SYN,ACK.
    pub answered: bool,
    /// The sender's state.
    pub state: Option<State>,
    /// What was odd about its last segment.
    pub last: Oddities,
    /// What its last segment looked like, and when it was seen.
    latest: Option<(Print, Nanos)>,
    /// What nobody has acknowledged yet, for the round trip: the number after it, and when it was
    /// sent.
    pub awaiting: Option<(u32, Nanos)>,
    /// Segments.
    pub segments: u64,
    /// Payload bytes, each counted once.
    pub bytes: u64,
    /// Whether some of them did not arrive when they were sent first.
    pub loses: bool,
    /// Whether its FIN has been sent and has not arrived.
    pub loses_fin: bool,
    /// Numbers that the other end acknowledged and that were not captured.
    pub unseen: u64,
}

/// What tells one packet from another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Print {
    identification: Option<u16>,
    seq: u32,
    ack: u32,
    flags: Flags,
    window: u16,
    checksum: u16,
    length: usize,
    timestamps: Option<(u32, u32)>,
}

impl Print {
    fn of(segment: &Segment) -> Print {
        Print {
            identification: segment.identification,
            seq: segment.seq,
            ack: segment.ack,
            flags: segment.flags,
            window: segment.window,
            checksum: segment.checksum,
            length: segment.length,
            timestamps: segment.options.timestamps,
        }
    }
}

/// Both lanes of a connection, the one of `who` first.
pub fn lanes_from(lanes: &mut [Lane; 2], who: Who) -> [&mut Lane; 2] {
    let [client, server] = lanes;
    match who {
        Who::Client => [client, server],
        Who::Server => [server, client],
    }
}

impl Lane {
    /// The window that the segment offers, in bytes. A SYN's own is never scaled, and the others
    /// only if both SYNs offered it (RFC 7323, section 2.2).
    pub fn window_of(&self, that: &Lane, segment: &Segment) -> u32 {
        let shift = match segment.flags.has(Flags::SYN) {
            true => 0,
            false => self.scale.filter(|_| that.scale.is_some()).unwrap_or(0).min(14),
        };
        u32::from(segment.window) << shift
    }

    /// Whether this is the very packet that came last, captured once more. A sender that repeats
    /// itself gives the packet a new identification; where it has none, only time can tell.
    pub fn is_copy(&self, segment: &Segment, at: Nanos) -> bool {
        let numbered = segment.identification.is_some_and(|number| number != 0);
        let soon = if numbered { TWICE } else { TWICE_UNNUMBERED };
        self.latest.is_some_and(|(print, seen)| at.saturating_sub(seen) < soon && print == Print::of(segment))
    }

    /// Whether this is its first SYN,ACK: its SYN may have been sent before, by itself, but not this.
    pub fn answers(&self, segment: &Segment) -> bool {
        segment.flags.has(Flags::SYN) && segment.flags.has(Flags::ACK) && !self.answered
    }

    /// Forgets what was guessed of its numbers: here comes its SYN.
    pub fn reopen(&mut self) {
        (self.isn, self.started) = (None, false);
    }

    /// Takes the segment in; `odd` is what was odd about it. Says whether it brought anything that
    /// had not been seen before.
    pub fn advance(&mut self, segment: &Segment, at: Nanos, odd: Oddities) -> bool {
        let flags = segment.flags;
        let space = segment.space();
        let end = segment.seq.wrapping_add(space);
        if !self.started {
            self.started = true;
            self.next = segment.seq;
            self.seen = Extent::starting_at(segment.seq);
        }
        let probe = odd.has(Oddity::ZeroWindowProbe);
        let mut fresh = false;
        if space > 0 && !flags.has(Flags::RST) && !odd.has(Oddity::KeepAlive) {
            // SYN comes before the bytes, FIN after them.
            let syn = u32::from(flags.has(Flags::SYN));
            let first = segment.seq.wrapping_add(syn);
            fresh |= syn > 0 && self.seen.see(segment.seq, 1) > 0;
            let new = self.seen.see(first, segment.length as u32);
            self.bytes += u64::from(new);
            fresh |= new > 0;
            if flags.has(Flags::FIN) {
                fresh |= self.seen.see(end.wrapping_sub(1), 1) > 0;
                self.fin.get_or_insert(end.wrapping_sub(1));
            }
        }
        if is_after(end, self.next) && !probe && !flags.has(Flags::RST) {
            (self.next, self.next_at) = (end, at);
            self.awaiting.get_or_insert((end, at));
        } else if space > 0 {
            // Which of two copies an ACK is for, nobody knows (RFC 6298, section 3).
            self.awaiting = None;
        }
        if flags.has(Flags::SYN) {
            self.scale = segment.options.window_scale;
            self.mss = segment.options.mss;
            self.opened = true;
            self.answered |= flags.has(Flags::ACK);
        }
        if flags.has(Flags::ACK) && !flags.has(Flags::RST) {
            if self.acked == Some(segment.ack) {
                self.repeats += u32::from(odd.has(Oddity::DuplicateAck));
            } else {
                self.repeats = 0;
            }
            (self.acked, self.acked_at) = (Some(segment.ack), at);
            self.sack = segment.options.sack;
        }
        if !flags.has(Flags::RST) {
            self.window = Some(segment.window);
        }
        self.last = odd;
        self.latest = Some((Print::of(segment), at));
        self.segments += 1;
        fresh
    }
}
