//! Follows one connection: numbers made relative, what each segment is for, and the states that
//! the rules of RFC 9293 put both ends in.

use crate::event::{Reading, Role, Who};
use crate::segment::{Flags, Segment};
use crate::state::State;

/// One end of a connection, as far as its segments tell.
#[derive(Debug, Default)]
struct End {
    /// Its first sequence number.
    isn: Option<u32>,
    /// The number after the last one that it sent.
    next: u32,
    /// The highest acknowledgment that it sent.
    acked: Option<u32>,
    /// The number of its FIN.
    fin: Option<u32>,
    /// Payload bytes that it sent, each counted once.
    bytes: u64,
    /// The shift count that its SYN offered for its windows.
    scale: Option<u8>,
    state: Option<State>,
}

/// One connection: the client's end, then the server's.
#[derive(Debug, Default)]
pub struct Connection {
    ends: [End; 2],
}

impl Connection {
    /// Whether a SYN with the same addresses and ports would begin a new connection.
    pub fn is_over(&self) -> bool {
        self.ends.iter().any(|end| matches!(end.state, Some(State::Closed | State::TimeWait)))
    }

    /// Takes the next segment of an end, and says what it means.
    pub fn observe(&mut self, who: Who, segment: &Segment) -> Reading {
        let flags = segment.flags;
        let ack = flags.has(Flags::ACK).then_some(segment.ack);
        let [this, that] = self.ends_from(who);

        // Without its SYN, an end's numbers begin just before the first one seen.
        let isn = *this.isn.get_or_insert_with(|| {
            this.next = segment.seq;
            match flags.has(Flags::SYN) {
                true => segment.seq,
                false => segment.seq.wrapping_sub(1),
            }
        });
        let ack_base = match (that.isn, ack) {
            (None, Some(ack)) if !flags.has(Flags::RST) => {
                that.next = ack;
                *that.isn.insert(ack.wrapping_sub(1))
            }
            (isn, _) => isn.unwrap_or(0),
        };

        let end = segment.seq.wrapping_add(segment.space());
        let fresh = is_after(end, this.next);
        let new_bytes = match fresh && !flags.has(Flags::RST) {
            true => segment.length.min(end.wrapping_sub(this.next) as usize),
            false => 0,
        };
        let role = role(who, this, that, segment, ack, fresh);
        this.bytes += new_bytes as u64;
        if fresh {
            this.next = end;
        }
        if flags.has(Flags::FIN) {
            this.fin.get_or_insert(end.wrapping_sub(1));
        }
        if let Some(ack) = ack {
            this.acked = Some(this.acked.map_or(ack, |old| if is_after(ack, old) { ack } else { old }));
        }

        // A SYN's own window is never scaled, and the others only if both SYNs offered it.
        let window = if flags.has(Flags::SYN) {
            this.scale = segment.options.window_scale;
            u32::from(segment.window)
        } else {
            let scale = this.scale.filter(|_| that.scale.is_some()).unwrap_or(0);
            u32::from(segment.window) << scale.min(14)
        };

        Reading {
            from: who,
            seq: segment.seq.wrapping_sub(isn),
            ack: ack.map(|ack| ack.wrapping_sub(ack_base)),
            window,
            role,
            states: self.step(who, role, ack),
        }
    }

    /// Payload bytes that an end has sent, each counted once.
    pub fn bytes(&self, who: Who) -> u64 {
        self.ends[who as usize].bytes
    }

    fn ends_from(&mut self, who: Who) -> [&mut End; 2] {
        let [client, server] = &mut self.ends;
        match who {
            Who::Client => [client, server],
            Who::Server => [server, client],
        }
    }

    /// Takes both ends through the state diagram (RFC 9293, section 3.3.2), and says what changed.
    fn step(&mut self, who: Who, role: Role, ack: Option<u32>) -> Vec<(Who, State)> {
        let before = [self.ends[0].state, self.ends[1].state];
        let [this, that] = self.ends_from(who);
        match role {
            Role::Syn => this.state = Some(State::SynSent),
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
        Who::BOTH
            .into_iter()
            .filter(|&end| self.ends[end as usize].state != before[end as usize])
            .filter_map(|end| self.ends[end as usize].state.map(|state| (end, state)))
            .collect()
    }
}

/// What the segment is for, given both ends before it.
fn role(who: Who, this: &End, that: &End, segment: &Segment, ack: Option<u32>, fresh: bool) -> Role {
    let flags = segment.flags;
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
    } else if who == Who::Client && that.state == Some(State::SynRcvd) && acknowledges(that.isn) {
        Role::HandshakeAck
    } else if acknowledges(that.fin) && this.acked != ack {
        Role::FinAck
    } else {
        match (ack, this.acked) {
            (Some(ack), Some(old)) if ack == old => Role::Window,
            (Some(_), _) => Role::Ack,
            (None, _) => Role::Other,
        }
    }
}

/// Whether sequence number `a` comes after `b`, in numbers that wrap around (RFC 9293, section 3.4).
fn is_after(a: u32, b: u32) -> bool {
    (a.wrapping_sub(b) as i32) > 0
}

#[cfg(test)]
mod tests {
    use super::is_after;

    #[test]
    fn numbers_wrap_around() {
        assert!(is_after(1, u32::MAX));
        assert!(!is_after(u32::MAX, 1));
        assert!(!is_after(7, 7));
    }
}
