//! The weather of a play: what its wire is like, whoever plays on it.

use super::op::Op;
use crate::tcp::who::{Nanos, Who};

/// What the wire of a play is like. By default it is what a room has: loopback's own segments, never
/// cut, acknowledged at once, with receive buffers that do not grow.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Weather {
    /// Where the wire is cut, if it is.
    pub cut: Option<Cut>,
    /// The longest packet, in bytes with its IP header.
    pub mtu: Option<u32>,
    /// The receive buffer of every socket, in bytes, as `SO_RCVBUF` takes them (socket(7)).
    pub receive_buffer: Option<u32>,
    /// The send buffer of every socket, in bytes, as `SO_SNDBUF` takes them (socket(7)).
    pub send_buffer: Option<u32>,
    /// Whether an ACK may be kept back, as it is outside.
    pub delayed_ack: bool,
    /// Whether receive buffers grow, as they do outside.
    pub autotune: bool,
}

impl Weather {
    /// Whether nothing was asked for.
    pub fn is_fair(&self) -> bool {
        *self == Weather::default()
    }

    /// The same, but for what somebody asks for instead.
    pub fn but_for(&self, asked: &Weather) -> Weather {
        Weather {
            cut: asked.cut.or(self.cut),
            mtu: asked.mtu.or(self.mtu),
            receive_buffer: asked.receive_buffer.or(self.receive_buffer),
            send_buffer: asked.send_buffer.or(self.send_buffer),
            delayed_ack: asked.delayed_ack || self.delayed_ack,
            autotune: asked.autotune || self.autotune,
        }
    }
}

/// A wire that is cut before a call is made: what comes to the call's socket from then on is dropped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cut {
    /// Whose call.
    pub who: Who,
    /// Which call.
    pub op: Op,
    /// Which of this side's calls of that name on a TCP socket, from 1.
    pub number: u32,
    /// When it heals, in nanoseconds after the cut; none for never.
    pub heals_after: Option<Nanos>,
}

/// What does not fit about a cut in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Misread {
    /// It has not the shape `server@recv:1`.
    Shape,
    /// There is no such side.
    Side(String),
    /// It is no call on a socket that has a peer, or waits for one.
    Call(String),
    /// It is no number from 1.
    Number(String),
}

impl Cut {
    /// The calls before which a wire can be cut: those that are about one connection, or about those
    /// to come.
    pub const CALLS: [Op; 15] = [
        Op::Connect,
        Op::Accept,
        Op::Send,
        Op::Sendmsg,
        Op::Sendmmsg,
        Op::Write,
        Op::Writev,
        Op::Sendfile,
        Op::Splice,
        Op::Recv,
        Op::Recvmsg,
        Op::Recvmmsg,
        Op::Read,
        Op::Readv,
        Op::Shutdown,
    ];

    /// Reads `server@recv:1`: the side, the call by its name, and the how manieth it is.
    ///
    /// # Errors
    /// What does not fit.
    pub fn parse(text: &str) -> Result<Cut, Misread> {
        let (side, rest) = text.split_once('@').ok_or(Misread::Shape)?;
        let (call, number) = rest.split_once(':').ok_or(Misread::Shape)?;
        let who = Who::BOTH.into_iter().find(|who| who.name() == side);
        let who = who.ok_or_else(|| Misread::Side(side.to_owned()))?;
        let op = Cut::CALLS.into_iter().find(|op| op.name() == call);
        let op = op.ok_or_else(|| Misread::Call(call.to_owned()))?;
        let number = number.parse().ok().filter(|&number| number > 0);
        let number = number.ok_or_else(|| Misread::Number(rest[call.len() + 1..].to_owned()))?;
        Ok(Cut { who, op, number, heals_after: None })
    }
}

#[cfg(test)]
mod tests {
    use super::super::op::Op;
    use super::{Cut, Misread};
    use crate::tcp::who::Who;

    #[test]
    fn a_cut_in_words() {
        let cut = |who, op, number| Ok(Cut { who, op, number, heals_after: None });
        assert_eq!(Cut::parse("server@recv:1"), cut(Who::Server, Op::Recv, 1));
        assert_eq!(Cut::parse("client@connect:12"), cut(Who::Client, Op::Connect, 12));
        for call in Cut::CALLS {
            assert_eq!(Cut::parse(&format!("client@{}:1", call.name())), cut(Who::Client, call, 1));
        }
    }

    #[test]
    fn what_does_not_fit_is_named() {
        for text in ["", "server", "server@recv", "recv:1", "server:recv@1"] {
            assert_eq!(Cut::parse(text), Err(Misread::Shape), "{text}");
        }
        assert_eq!(Cut::parse("peer@recv:1"), Err(Misread::Side("peer".into())));
        for call in ["poll", "socket", "close", "recvfrom", "RECV", ""] {
            assert_eq!(Cut::parse(&format!("server@{call}:1")), Err(Misread::Call(call.into())), "{call}");
        }
        for number in ["0", "-1", "one", "", "1:2", "99999999999"] {
            let misread = Misread::Number(number.into());
            assert_eq!(Cut::parse(&format!("server@recv:{number}")), Err(misread), "{number}");
        }
    }
}
