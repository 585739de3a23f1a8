//! The state diagram of RFC 9293 (section 3.3.2), read from outside: what a segment is for, and the
//! states that it brings both ends into.

use crate::tcp::anomaly::{Oddities, Oddity};
use crate::tcp::direction::Lane;
use crate::tcp::reading::{Reset, Role};
use crate::tcp::segment::{Flags, Segment};
use crate::tcp::state::State;
use crate::tcp::who::Who;

/// What a segment is for, given the lane it acknowledges. `acked` is what its sender had
/// acknowledged before, and `fresh` says that it brings something new.
pub fn role(that: &Lane, segment: &Segment, acked: Option<u32>, fresh: bool) -> Role {
    let flags = segment.flags;
    let ack = flags.has(Flags::ACK).then_some(segment.ack);
    let acknowledges =
        |number: Option<u32>| ack.is_some() && ack == number.map(|number| number.wrapping_add(1));
    if flags.has(Flags::RST) {
        Role::Reset
    } else if segment.space() > 0 && !fresh {
        Role::Again
    } else if flags.has(Flags::SYN) {
        match ack {
            None => Role::Syn,
            Some(_) if acknowledges(that.isn) => Role::SynAck,
            Some(_) => Role::Other,
        }
    } else if flags.has(Flags::FIN) {
        Role::Fin
    } else if segment.length > 0 {
        Role::Data
    } else if that.state == Some(State::SynRcvd) && acknowledges(that.isn) {
        Role::HandshakeAck
    } else if acknowledges(that.fin) && acked != ack {
        Role::FinAck
    } else {
        match (ack, acked) {
            (Some(ack), Some(old)) if ack == old => Role::Window,
            (Some(_), _) => Role::Ack,
            (None, _) => Role::Other,
        }
    }
}

/// What is odd about an opening that is not the textbook's three segments. `had` is whether the
/// sender had sent a SYN,ACK before, and any acknowledgment at all.
pub fn odd_opening(who: Who, role: Role, had: (bool, bool), that: &Lane, segment: &Segment) -> Oddities {
    let mut odd = Oddities::default();
    let crosses = role == Role::Syn && that.state == Some(State::SynSent);
    let (had_answered, had_acknowledged) = had;
    if crosses && !had_acknowledged {
        odd.add(Oddity::SimultaneousOpen);
    }
    // An ACK and then a SYN, or a SYN and then an ACK: what a SYN,ACK says in one.
    let in_two = role == Role::HandshakeAck && who == Who::Server && !had_answered;
    if crosses && had_acknowledged || in_two {
        odd.add(Oddity::SplitHandshake);
    }
    if role == Role::Other && segment.flags.has(Flags::SYN) {
        odd.add(Oddity::WrongAcknowledgment);
    }
    odd
}

/// Why `this` broke the connection off; `known` says whether it had been heard before.
pub fn why_reset(this: &Lane, that: &Lane, known: bool) -> Reset {
    let opening = that.state == Some(State::SynSent);
    if opening && !known {
        Reset::Refused
    } else if opening || that.state == Some(State::SynRcvd) {
        Reset::Unexpected
    } else if this.fin.is_some() {
        Reset::AfterClose
    } else {
        Reset::Abort
    }
}

/// Takes both ends through the diagram.
pub fn step(role: Role, this: &mut Lane, that: &mut Lane, ack: Option<u32>) {
    match role {
        Role::Syn => this.state = this.state.or(Some(State::SynSent)),
        Role::SynAck if that.answered => {
            // Both have acknowledged the other's SYN (section 3.5, figure 7).
            this.state = Some(State::Established);
            that.state = Some(State::Established);
        }
        Role::SynAck => this.state = Some(State::SynRcvd),
        Role::HandshakeAck => {
            this.state = Some(State::Established);
            that.state = Some(State::Established);
        }
        Role::Fin => {
            this.state = Some(match this.state {
                Some(State::CloseWait) => State::LastAck,
                _ => State::FinWait1,
            });
            that.state = Some(match that.state {
                // Its own FIN may be acknowledged by this very segment: looked at below.
                Some(State::FinWait1) => State::Closing,
                Some(State::FinWait2) => State::TimeWait,
                _ => State::CloseWait,
            });
        }
        Role::Reset => {
            // A listener that refuses a connection never had a state in it.
            this.state = this.state.map(|_| State::Closed);
            that.state = Some(State::Closed);
        }
        Role::Data | Role::Ack | Role::FinAck | Role::Window | Role::Again | Role::Other => {}
    }
    let acknowledges_fin = that.fin.is_some_and(|fin| ack == Some(fin.wrapping_add(1)));
    if acknowledges_fin && role != Role::Reset {
        that.state = that.state.map(|state| match state {
            State::FinWait1 => State::FinWait2,
            State::Closing => State::TimeWait,
            State::LastAck => State::Closed,
            other => other,
        });
    }
}
