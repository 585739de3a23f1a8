//! What can be odd about a segment, by the names that people who read traces use.

use serde::{Deserialize, Serialize};

/// One odd thing. The order is that of the bits in [`Oddities`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Oddity {
    /// Bytes, a SYN or a FIN that were on the wire before and had not been acknowledged.
    Retransmission,
    /// The same, sent at once because duplicate ACKs asked for it (RFC 5681, section 3.2).
    FastRetransmission,
    /// Bytes sent again although they had been acknowledged already.
    SpuriousRetransmission,
    /// Bytes that follow later ones so soon that they were overtaken rather than sent again.
    OutOfOrder,
    /// There is a gap before this segment: what filled it was not captured.
    PreviousNotCaptured,
    /// It acknowledges bytes that were not captured.
    AcknowledgesUnseen,
    /// The same acknowledgment once more, which asks for a missing segment (RFC 5681, section 2).
    DuplicateAck,
    /// No byte, or an old one, only to see whether the peer is still there (RFC 9293, section 3.8.4).
    KeepAlive,
    /// The answer to that.
    KeepAliveAck,
    /// The receive buffer is full: the peer must stop (RFC 9293, section 3.8.6).
    ZeroWindow,
    /// One byte or an old number, sent to learn whether the window has opened (RFC 9293, section
    /// 3.8.6.1).
    ZeroWindowProbe,
    /// The answer to that: it has not.
    ZeroWindowProbeAck,
    /// The bytes reach the very end of the offered window.
    WindowFull,
    /// Nothing new but the window.
    WindowUpdate,
    /// A new connection between addresses and ports that had one before.
    PortReuse,
    /// A RST that carries bytes: a reason in words, for a person (RFC 9293, section 3.5.3).
    ResetWithData,
    /// A SYN that carries bytes (RFC 7413 or RFC 9293, section 3.4).
    DataOnSyn,
    /// Both ends sent a SYN before either had one (RFC 9293, section 3.5, figure 7).
    SimultaneousOpen,
    /// The answer to the SYN came in two segments: an ACK, and a SYN of its own.
    SplitHandshake,
    /// A SYN,ACK that acknowledges something other than the SYN.
    WrongAcknowledgment,
    /// The very same packet was captured a second time.
    CapturedTwice,
    /// Longer than the agreed maximum segment size: the network card, or nobody, cuts it up.
    Oversized,
    /// The IP header has no length: it is longer than the field can say (RFC 2675), or offloaded.
    NoTotalLength,
    /// The checksum covers the addresses alone: the bytes never left memory, or the network card
    /// was to fill it in.
    ChecksumUnfilled,
    /// The checksum does not fit the bytes.
    ChecksumWrong,
    /// The wire was cut on purpose, and it never arrived.
    Lost,
}

use Oddity::*;

impl Oddity {
    /// All of them, in the order of their bits.
    pub const ALL: [Oddity; 26] = [
        Retransmission,
        FastRetransmission,
        SpuriousRetransmission,
        OutOfOrder,
        PreviousNotCaptured,
        AcknowledgesUnseen,
        DuplicateAck,
        KeepAlive,
        KeepAliveAck,
        ZeroWindow,
        ZeroWindowProbe,
        ZeroWindowProbeAck,
        WindowFull,
        WindowUpdate,
        PortReuse,
        ResetWithData,
        DataOnSyn,
        SimultaneousOpen,
        SplitHandshake,
        WrongAcknowledgment,
        CapturedTwice,
        Oversized,
        NoTotalLength,
        ChecksumUnfilled,
        ChecksumWrong,
        Lost,
    ];

    /// The name used in JSON lines.
    pub fn name(self) -> &'static str {
        match self {
            Retransmission => "retransmission",
            FastRetransmission => "fast retransmission",
            SpuriousRetransmission => "spurious retransmission",
            OutOfOrder => "out of order",
            PreviousNotCaptured => "previous segment not captured",
            AcknowledgesUnseen => "acknowledges unseen segment",
            DuplicateAck => "duplicate ack",
            KeepAlive => "keep-alive",
            KeepAliveAck => "keep-alive ack",
            ZeroWindow => "zero window",
            ZeroWindowProbe => "zero window probe",
            ZeroWindowProbeAck => "zero window probe ack",
            WindowFull => "window full",
            WindowUpdate => "window update",
            PortReuse => "port reuse",
            ResetWithData => "reset with data",
            DataOnSyn => "data on syn",
            SimultaneousOpen => "simultaneous open",
            SplitHandshake => "split handshake",
            WrongAcknowledgment => "wrong acknowledgment",
            CapturedTwice => "captured twice",
            Oversized => "oversized",
            NoTotalLength => "no total length",
            ChecksumUnfilled => "checksum unfilled",
            ChecksumWrong => "checksum wrong",
            Lost => "lost",
        }
    }

    /// Whether it comes with the wire itself and marks every segment alike, so that it is told once
    /// for a connection and not under each segment.
    pub fn is_ambient(self) -> bool {
        matches!(self, Oversized | ChecksumUnfilled | ChecksumWrong)
    }
}

/// A set of odd things.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Oddities(u32);

impl Oddities {
    /// Adds one.
    pub fn add(&mut self, oddity: Oddity) {
        self.0 |= 1 << oddity as u32;
    }

    /// Whether one is in it.
    pub fn has(self, oddity: Oddity) -> bool {
        self.0 & (1 << oddity as u32) != 0
    }

    /// Both sets together.
    pub fn and(self, other: Oddities) -> Oddities {
        Oddities(self.0 | other.0)
    }

    /// Whether nothing is odd.
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// What is in it, in the order of the bits.
    pub fn iter(self) -> impl Iterator<Item = Oddity> {
        // Most segments are not odd at all: the loop goes over the bits that are set.
        let mut bits = self.0;
        std::iter::from_fn(move || {
            let lowest = bits.trailing_zeros();
            bits &= bits.wrapping_sub(1);
            Oddity::ALL.get(lowest as usize).copied()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::{Oddities, Oddity};

    #[test]
    fn every_oddity_has_a_bit_and_a_name_of_its_own() {
        let mut all = Oddities::default();
        for (bit, oddity) in Oddity::ALL.into_iter().enumerate() {
            assert_eq!(oddity as usize, bit);
            assert!(!all.has(oddity));
            all.add(oddity);
        }
        assert_eq!(all.iter().collect::<Vec<_>>(), Oddity::ALL);
        let names: std::collections::HashSet<_> = all.iter().map(Oddity::name).collect();
        assert_eq!(names.len(), Oddity::ALL.len());
    }
}
