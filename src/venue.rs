//! The seam between a call that wants to be made and how it is made.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use crate::errno::Errno;
use crate::error::Result;
use crate::event::{Intent, Op, Outcome, Who};
use crate::poll::Interest;

/// What a call needs before it can go on without waiting.
#[derive(Clone)]
pub struct Need {
    /// The socket.
    pub socket: Arc<socket2::Socket>,
    /// What the socket must be ready for.
    pub interest: Interest,
    /// How long the caller is willing to wait; none leaves it to the venue.
    pub patience: Option<Duration>,
    /// The listener whose next client has to wait as long as this call does.
    pub rival: Option<Arc<socket2::Socket>>,
}

/// A call that wants to be made.
pub struct Request<'a> {
    /// What it is.
    pub intent: Intent,
    /// What it needs.
    pub need: Option<Need>,
    /// The socket that it is about, where it outlives the call.
    pub socket: Option<Arc<socket2::Socket>>,
    /// Makes the system call. `None` says that it got part of its work done and wants to be made
    /// again as soon as its need is met.
    pub make: &'a mut dyn FnMut() -> io::Result<Option<Outcome>>,
}

/// Where calls are made, and what a side does between them.
pub trait Venue: Send + Sync {
    /// Makes a call when its time has come, and reports it.
    ///
    /// # Errors
    /// What the call itself reports; [`Error::Silence`](crate::Error::Silence) when the venue's patience ran out;
    /// [`Error::Curtain`](crate::Error::Curtain) when no more calls are made here.
    fn perform(&self, request: Request<'_>) -> Result<Outcome>;

    /// Takes a socket that its side has dropped without closing it.
    fn keep(&self, who: Who, socket: Arc<socket2::Socket>);

    /// A side prints a line.
    ///
    /// # Errors
    /// [`Error::Curtain`](crate::Error::Curtain) when the play is over.
    fn print(&self, who: Who, line: Vec<u8>) -> Result<()>;

    /// A side stands still until the other can go no further. Where the other is elsewhere,
    /// `until_read` returns when it has read what this client sent; it is told the client's
    /// address, where that is known.
    ///
    /// # Errors
    /// [`Error::Curtain`](crate::Error::Curtain) when the play is over.
    fn pause(&self, who: Who, until_read: &dyn Fn(Option<SocketAddr>)) -> Result<()>;

    /// A side gave its client up.
    ///
    /// # Errors
    /// [`Error::Curtain`](crate::Error::Curtain) when the play is over.
    fn give_up(&self, who: Who, peer: SocketAddr, op: Op, error: Errno) -> Result<()>;
}
