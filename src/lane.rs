//! One direction of a connection: what was sent that way so far, and what that makes odd of the
//! next segment.

use crate::event::{Nanos, Who};
use crate::extent::{Extent, is_after};
use crate::oddity::{Oddities, Oddity};
use crate::segment::{Checksum, Flags, Segment};
use crate::state::State;

/// Within this time after duplicate ACKs a repetition is their doing, in nanoseconds.
const FAST: Nanos = 20_000_000;

/// Overtaken rather than sent again, where no round trip was measured, in nanoseconds.
const OVERTAKEN: Nanos = 3_000_000;

/// How far apart two captures of one IPv6 packet may be, in nanoseconds: it has no number of its own.
const TWICE: Nanos = 1_000_000;

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
    next_at: Nanos,
    /// Which numbers were seen.
    pub seen: Extent,
    /// The acknowledgment that the sender gave last.
    pub acked: Option<u32>,
    acked_at: Nanos,
    /// How often it has repeated that.
    pub repeats: u32,
    /// What it holds beyond that (RFC 2018): blocks, as in its last segment.
    sack: [Option<(u32, u32)>; 4],
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
    last: Oddities,
    /// What its last segment looked like.
    latest: Option<Print>,
    /// What nobody has acknowledged yet, for the round trip: the number after it, and when it was
    /// sent.
    pub awaiting: Option<(u32, Nanos)>,
    /// Segments.
    pub segments: u64,
    /// Payload bytes, each counted once.
    pub bytes: u64,
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
        self.latest == Some(Print::of(segment))
            && (numbered || at.saturating_sub(self.next_at.max(self.acked_at)) < TWICE)
    }

    /// What is odd about the next segment of this lane, given what came the other way.
    /// `round_trip` is that of the handshake, where it was seen.
    pub fn judge(&self, that: &Lane, segment: &Segment, at: Nanos, round_trip: Option<Nanos>) -> Oddities {
        let mut odd = self.of_itself(that, segment);
        if !self.started {
            return odd;
        }
        let (seq, flags, length) = (segment.seq, segment.flags, segment.length as u32);
        let plain = !(flags.has(Flags::SYN) || flags.has(Flags::FIN) || flags.has(Flags::RST));
        let ack = flags.has(Flags::ACK).then_some(segment.ack);
        let shut = that.started && that.window == Some(0);

        if length == 1 && seq == self.next && shut && plain {
            odd.add(Oddity::ZeroWindowProbe);
            return odd;
        }
        if is_after(seq, self.next) && !flags.has(Flags::RST) {
            odd.add(Oddity::PreviousNotCaptured);
        }
        if length <= 1 && seq == self.next.wrapping_sub(1) && plain {
            odd.add(Oddity::KeepAlive);
        }
        if plain && length > 0 && ack.is_some() && self.fills_window_of(that, segment) {
            odd.add(Oddity::WindowFull);
        }
        if plain && length == 0 && seq == self.next && ack.is_some() {
            self.judge_repetition(that, segment, &mut odd);
        }
        let takes_space = length > 0 || flags.has(Flags::SYN) || flags.has(Flags::FIN);
        if takes_space && is_after(self.next, seq) && !odd.has(Oddity::KeepAlive) && !self.answers(segment) {
            self.judge_old_numbers(that, segment, at, round_trip, &mut odd);
        }
        odd
    }

    /// Whether this is its first SYN,ACK: its SYN may have been sent before, by itself, but not this.
    pub fn answers(&self, segment: &Segment) -> bool {
        segment.flags.has(Flags::SYN) && segment.flags.has(Flags::ACK) && !self.answered
    }

    /// Forgets what was guessed of its numbers: here comes its SYN.
    pub fn reopen(&mut self) {
        (self.isn, self.started) = (None, false);
    }

    /// What is odd whatever came before.
    fn of_itself(&self, that: &Lane, segment: &Segment) -> Oddities {
        let mut odd = Oddities::default();
        let flags = segment.flags;
        let plain = !(flags.has(Flags::SYN) || flags.has(Flags::FIN) || flags.has(Flags::RST));
        if plain && segment.window == 0 {
            odd.add(Oddity::ZeroWindow);
        }
        if segment.length > 0 && flags.has(Flags::RST) {
            odd.add(Oddity::ResetWithData);
        }
        if segment.length > 0 && flags.has(Flags::SYN) {
            odd.add(Oddity::DataOnSyn);
        }
        if that.mss.is_some_and(|mss| segment.length > usize::from(mss)) {
            odd.add(Oddity::Oversized);
        }
        if segment.unmeasured {
            odd.add(Oddity::NoTotalLength);
        }
        match segment.verdict {
            Checksum::Unfilled => odd.add(Oddity::ChecksumUnfilled),
            Checksum::Wrong => odd.add(Oddity::ChecksumWrong),
            Checksum::Right | Checksum::Unknown => {}
        }
        odd
    }

    /// A segment without bytes that acknowledges what was acknowledged before.
    fn judge_repetition(&self, that: &Lane, segment: &Segment, odd: &mut Oddities) {
        let probed = that.last.has(Oddity::ZeroWindowProbe);
        let same_window = self.window == Some(segment.window);
        // The byte of a probe may have been taken in all the same.
        let one_more = self.acked.is_some_and(|acked| segment.ack == acked.wrapping_add(1));
        if self.acked != Some(segment.ack) && !(probed && one_more) {
            return;
        }
        odd.add(match (segment.window, same_window) {
            (0, true) if probed => Oddity::ZeroWindowProbeAck,
            (0, _) => return,
            (_, false) => Oddity::WindowUpdate,
            (_, true) if that.last.has(Oddity::KeepAlive) => Oddity::KeepAliveAck,
            (_, true) => Oddity::DuplicateAck,
        });
    }

    /// Numbers that do not go beyond the highest one sent.
    fn judge_old_numbers(
        &self,
        that: &Lane,
        segment: &Segment,
        at: Nanos,
        round_trip: Option<Nanos>,
        odd: &mut Oddities,
    ) {
        let end = segment.seq.wrapping_add(segment.length as u32);
        let acknowledged = segment.length > 0 && that.acked.is_some_and(|acked| !is_after(end, acked));
        if acknowledged {
            odd.add(Oddity::SpuriousRetransmission);
            return;
        }
        // From one byte back on and beyond: it follows a probe of a shut window.
        if segment.length > 1 && segment.seq == self.next.wrapping_sub(1) {
            return;
        }
        let asked_for = that.repeats >= 2 && at.saturating_sub(that.acked_at) < FAST;
        let held = |&(left, right): &(u32, u32)| !is_after(left, segment.seq) && !is_after(end, right);
        let mut blocks = that.sack.iter().flatten().peekable();
        let missing = blocks.peek().is_some() && !blocks.any(held);
        let soon = at.saturating_sub(self.next_at) < round_trip.unwrap_or(OVERTAKEN);
        odd.add(if asked_for && (that.acked == Some(segment.seq) || missing) {
            Oddity::FastRetransmission
        } else if soon && end != self.next {
            Oddity::OutOfOrder
        } else {
            Oddity::Retransmission
        });
    }

    /// Whether the bytes reach the very end of the window that the other end offered.
    fn fills_window_of(&self, that: &Lane, segment: &Segment) -> bool {
        let (Some(acked), Some(window)) = (that.acked, that.window) else { return false };
        let (Some(shift), Some(_)) = (that.scale, self.scale) else { return false };
        let edge = acked.wrapping_add(u32::from(window) << shift.min(14));
        window > 0 && segment.seq.wrapping_add(segment.length as u32) == edge
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
        self.latest = Some(Print::of(segment));
        self.segments += 1;
        fresh
    }
}
