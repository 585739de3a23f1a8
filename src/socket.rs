//! A TCP socket with one method a system call, under its POSIX name. Each call is made through a
//! [`Venue`], which decides when, and hears what came of it.

use std::io::{self, ErrorKind};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use socket2::{Domain, Protocol, SockAddr, Type};

use crate::error::{Error, Result};
use crate::event::{Arg, Intent, Op, Outcome, Who};
use crate::poll::Interest;
use crate::venue::{Need, Request, Venue};

/// How much of a long `send` is handed to the kernel at once, in bytes. It fits one segment of
/// loopback, so that whoever records the wire can keep up with it.
const PART: usize = 32 * 1024;

/// One end of a TCP connection, or a listener.
pub struct Socket {
    venue: Arc<dyn Venue>,
    who: Who,
    /// None once it is closed.
    raw: Mutex<Option<Arc<socket2::Socket>>>,
    /// For a connection that was accepted: the listener that it came from, and its peer.
    origin: Option<(Arc<socket2::Socket>, SocketAddr)>,
}

impl Socket {
    /// `socket(AF_INET, SOCK_STREAM, IPPROTO_TCP)`: makes an endpoint for IPv4 and TCP (socket(2)).
    ///
    /// # Errors
    /// [`Error::Call`] with what the system says, `EMFILE` when no descriptor is left.
    pub fn new(venue: &Arc<dyn Venue>, who: Who) -> Result<Socket> {
        let mut made = None;
        let args = vec![Arg::Word("AF_INET".into()), Arg::Word("SOCK_STREAM".into())];
        venue.perform(Request {
            intent: Intent { who, caller: None, op: Op::Socket, args },
            need: None,
            socket: None,
            make: &mut || {
                let socket = socket2::Socket::new(Domain::IPV4, Type::STREAM, Some(Protocol::TCP))?;
                let descriptor = descriptor(&socket);
                made = Some(Arc::new(socket));
                Ok(Some(Outcome::Done(descriptor)))
            },
        })?;
        Ok(Socket { venue: Arc::clone(venue), who, raw: Mutex::new(made), origin: None })
    }

    /// `setsockopt(SOL_SOCKET, SO_REUSEADDR)`: lets `bind` take a port on which connections of an
    /// earlier run still stand in TIME_WAIT (socket(7)).
    ///
    /// # Errors
    /// [`Error::Call`] with what the system says.
    pub fn set_reuse_address(&self, on: bool) -> Result<()> {
        let args = vec![Arg::Word("SO_REUSEADDR".into()), Arg::Number(on.into())];
        self.simple(Op::Setsockopt, args, None, |raw| raw.set_reuse_address(on))
    }

    /// `bind(2)`: gives the socket its own address and port.
    ///
    /// # Errors
    /// [`Error::Call`]: `EADDRINUSE` when another socket has the port, `EACCES` below port 1024.
    pub fn bind(&self, address: SocketAddr) -> Result<()> {
        self.simple(Op::Bind, vec![Arg::Address(address)], Some(address), |raw| raw.bind(&address.into()))
    }

    /// `listen(2)`: from now on the kernel completes handshakes for this port, and keeps up to
    /// `backlog` + 1 finished connections until they are accepted.
    ///
    /// # Errors
    /// [`Error::Call`] with what the system says.
    pub fn listen(&self, backlog: u16) -> Result<()> {
        self.simple(Op::Listen, vec![Arg::Number(backlog.into())], None, |raw| raw.listen(backlog.into()))
    }

    /// `connect(2)`: shakes hands with the server; returns when the handshake is over.
    ///
    /// # Errors
    /// [`Error::Call`]: `ECONNREFUSED` when nobody listens there, `ETIMEDOUT` when nobody answers.
    pub fn connect(&self, server: SocketAddr) -> Result<()> {
        self.simple(Op::Connect, vec![Arg::Address(server)], Some(server), |raw| raw.connect(&server.into()))
    }

    /// `accept(2)`: takes the oldest finished connection out of the queue, waiting for one if there
    /// is none. `None` when no more clients will come.
    ///
    /// # Errors
    /// [`Error::Call`] with what the system says.
    pub fn accept(&self) -> Result<Option<Socket>> {
        let mut accepted = None;
        let result = self.call(Op::Accept, Vec::new(), Some((Interest::Read, None)), None, &mut |raw| {
            let (connection, peer) = raw.accept()?;
            let peer = internet(&peer)?;
            let outcome = Outcome::Accepted(descriptor(&connection), peer);
            accepted = Some((Arc::new(connection), peer));
            Ok(Some(outcome))
        });
        match result {
            Err(Error::Curtain) => return Ok(None),
            other => other?,
        };
        let (connection, peer) = accepted.expect("the call succeeded");
        let origin = self.raw().ok().map(|listener| (listener, peer));
        Ok(Some(Socket {
            venue: Arc::clone(&self.venue),
            who: self.who,
            raw: Mutex::new(Some(connection)),
            origin,
        }))
    }

    /// `send(2)`: copies bytes into the send buffer, waiting for room there; returns how many, in
    /// bytes, which is all of them. That they are sent does not mean that they have arrived.
    ///
    /// # Errors
    /// [`Error::Call`]: `EPIPE` or `ECONNRESET` when the peer has gone; [`Error::Silence`] when it
    /// does not read.
    pub fn send(&self, bytes: impl AsRef<[u8]>) -> Result<usize> {
        let bytes = bytes.as_ref();
        let mut sent = 0;
        let args = vec![Arg::Bytes(bytes.to_vec().into())];
        self.call(Op::Send, args, Some((Interest::Write, None)), None, &mut |raw| {
            let part = &bytes[sent..bytes.len().min(sent + PART)];
            sent += nonblocking(raw, |raw| raw.send(part))?.unwrap_or(0);
            Ok((sent == bytes.len()).then_some(Outcome::Done(sent as i64)))
        })?;
        Ok(sent)
    }

    /// `recv(2)`: takes what is in the receive buffer, up to `most` bytes, waiting if there is
    /// nothing. No bytes mean that the peer will send no more.
    ///
    /// # Errors
    /// [`Error::Call`]: `ECONNRESET` when the peer broke the connection off; [`Error::Silence`]
    /// when nothing comes.
    pub fn recv(&self, most: usize) -> Result<Vec<u8>> {
        match self.receive(most, None)? {
            Outcome::Received(bytes) => Ok(bytes.kept),
            _ => Err(Error::Silence { op: Op::Recv, seconds: 0 }),
        }
    }

    /// `recv(2)` with a limit to its waiting (`SO_RCVTIMEO`, socket(7)): `None` when nothing came
    /// in that time.
    ///
    /// # Errors
    /// As for [`Socket::recv`].
    pub fn recv_within(&self, most: usize, patience: Duration) -> Result<Option<Vec<u8>>> {
        match self.receive(most, Some(patience))? {
            Outcome::Received(bytes) => Ok(Some(bytes.kept)),
            _ => Ok(None),
        }
    }

    fn receive(&self, most: usize, patience: Option<Duration>) -> Result<Outcome> {
        let args = vec![Arg::Number(most as u64)];
        self.call(Op::Recv, args, Some((Interest::Read, patience)), None, &mut |raw| {
            let mut buffer = vec![0; most];
            let count = io::Read::read(&mut { raw }, &mut buffer)?;
            buffer.truncate(count);
            Ok(Some(Outcome::Received(buffer.into())))
        })
    }

    /// `close(2)`: gives the socket back. What was sent still goes out, then a FIN; if bytes were
    /// left unread, a RST instead.
    ///
    /// # Errors
    /// [`Error::Curtain`] when the stage has ended.
    pub fn close(&self) -> Result<()> {
        self.venue.perform(Request {
            intent: Intent { who: self.who, caller: None, op: Op::Close, args: Vec::new() },
            need: None,
            socket: None,
            make: &mut || {
                // The last owner of the descriptor gives it back to the kernel.
                let raw = self.take().ok_or_else(closed)?;
                drop(raw);
                Ok(Some(Outcome::Done(0)))
            },
        })?;
        Ok(())
    }

    /// The address of the client that this connection was accepted from.
    pub fn peer(&self) -> Option<SocketAddr> {
        self.origin.as_ref().map(|&(_, peer)| peer)
    }

    fn simple(
        &self,
        op: Op,
        args: Vec<Arg>,
        address: Option<SocketAddr>,
        mut make: impl FnMut(&socket2::Socket) -> io::Result<()>,
    ) -> Result<()> {
        self.call(op, args, None, address, &mut |raw| make(raw).map(|()| Some(Outcome::Done(0)))).map(drop)
    }

    fn call(
        &self,
        op: Op,
        args: Vec<Arg>,
        need: Option<(Interest, Option<Duration>)>,
        address: Option<SocketAddr>,
        make: &mut dyn FnMut(&socket2::Socket) -> io::Result<Option<Outcome>>,
    ) -> Result<Outcome> {
        let raw = self.raw().map_err(|source| Error::Call { op, address, source })?;
        let result = self.venue.perform(Request {
            intent: Intent { who: self.who, caller: None, op, args },
            need: need.map(|(interest, patience)| Need {
                socket: Arc::clone(&raw),
                interest,
                patience,
                rival: self.origin.as_ref().map(|(listener, _)| Arc::clone(listener)),
            }),
            socket: Some(Arc::clone(&raw)),
            make: &mut || loop {
                match make(&raw) {
                    Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                    other => return other,
                }
            },
        });
        match result {
            Err(Error::Call { op, source, .. }) => Err(Error::Call { op, address, source }),
            other => other,
        }
    }

    fn raw(&self) -> io::Result<Arc<socket2::Socket>> {
        self.raw.lock().unwrap_or_else(PoisonError::into_inner).clone().ok_or_else(closed)
    }

    fn take(&self) -> Option<Arc<socket2::Socket>> {
        self.raw.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

impl Drop for Socket {
    /// A socket that was not closed goes to the venue, which knows whether the play is over.
    fn drop(&mut self) {
        if let Some(raw) = self.take() {
            self.venue.keep(self.who, raw);
        }
    }
}

/// The error of a call on a socket that was closed before.
fn closed() -> io::Error {
    io::Error::new(ErrorKind::InvalidInput, "the socket is closed")
}

/// Makes a call without waiting: `None` where it would have to.
fn nonblocking<T>(
    raw: &socket2::Socket,
    call: impl FnOnce(&socket2::Socket) -> io::Result<T>,
) -> io::Result<Option<T>> {
    raw.set_nonblocking(true)?;
    let result = call(raw);
    raw.set_nonblocking(false)?;
    match result {
        Err(error) if error.kind() == ErrorKind::WouldBlock => Ok(None),
        other => other.map(Some),
    }
}

fn internet(address: &SockAddr) -> io::Result<SocketAddr> {
    address.as_socket().ok_or_else(|| io::Error::new(ErrorKind::InvalidData, "not an internet address"))
}

#[cfg(unix)]
fn descriptor(socket: &socket2::Socket) -> i64 {
    i64::from(std::os::fd::AsRawFd::as_raw_fd(socket))
}

#[cfg(windows)]
fn descriptor(socket: &socket2::Socket) -> i64 {
    std::os::windows::io::AsRawSocket::as_raw_socket(socket) as i64
}
