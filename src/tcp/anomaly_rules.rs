//! What is odd about the next segment of a lane, given all that came before.

use crate::tcp::anomaly::{Oddities, Oddity};
use crate::tcp::direction::Lane;
use crate::tcp::seen_ranges::is_after;
use crate::tcp::segment::{Checksum, Flags, Segment};
use crate::tcp::who::Nanos;

/// Within this time after duplicate ACKs a repetition is their doing, in nanoseconds.
const FAST: Nanos = 20_000_000;

/// Overtaken rather than sent again, where no round trip was measured, in nanoseconds.
const OVERTAKEN: Nanos = 3_000_000;

impl Lane {
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
        // One byte that was lost looks the same, and is sent in earnest.
        if length <= 1 && seq == self.next.wrapping_sub(1) && plain && !self.loses {
            // Where the window is shut, this is how Linux asks whether it has opened.
            odd.add(if shut && length == 0 { Oddity::ZeroWindowProbe } else { Oddity::KeepAlive });
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
}
