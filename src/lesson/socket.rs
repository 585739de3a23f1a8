//! A TCP socket with one method a system call, under its POSIX name.

use std::io::{self, ErrorKind, Read, Write};
use std::mem::ManuallyDrop;
use std::net::SocketAddr;
use std::time::Duration;

use socket2::{Domain, Protocol, Type};

use crate::event::error::{Error, Result};
use crate::event::{Arg, Op, Outcome};
use crate::lesson::poll::{Interest, is_ready};
use crate::lesson::report::{Call, seconds};

/// One end of a TCP connection, or a listener.
///
/// As in C, a socket stays open until somebody closes it or its program ends: none is closed, and no
/// FIN goes out, only because a variable is gone.
#[derive(Debug)]
pub struct Socket {
    raw: ManuallyDrop<socket2::Socket>,
    /// Whom it was accepted from.
    peer: Option<SocketAddr>,
}

impl Socket {
    /// `socket(AF_INET, SOCK_STREAM, IPPROTO_TCP)`: makes an endpoint for IPv4 and TCP (socket(2)).
    ///
    /// # Errors
    /// [`Error::Call`] with what the system says, `EMFILE` when no descriptor is left.
    pub fn new() -> Result<Socket> {
        let args = || vec![Arg::Word("AF_INET".into()), Arg::Word("SOCK_STREAM".into())];
        let make = || socket2::Socket::new(Domain::IPV4, Type::STREAM, Some(Protocol::TCP));
        let outcome = |made: &socket2::Socket| Outcome::Done(descriptor(made));
        let raw = Call::new(Op::Socket, &args).make(make, outcome).map_err(failed(Op::Socket))?;
        Ok(Socket { raw: ManuallyDrop::new(raw), peer: None })
    }

    /// `setsockopt(SOL_SOCKET, SO_REUSEADDR)`: lets `bind` take a port on which connections of an
    /// earlier run still stand in TIME_WAIT (socket(7)).
    ///
    /// # Errors
    /// [`Error::Call`] with what the system says.
    pub fn set_reuse_address(&self, on: bool) -> Result<()> {
        let args = || vec![Arg::Word("SO_REUSEADDR".into()), Arg::Number(on.into())];
        self.simple(Op::Setsockopt, args, || self.raw.set_reuse_address(on))
    }

    /// `setsockopt(SOL_SOCKET, SO_RCVTIMEO)`: from now on a `recv` waits for this long at most, and
    /// fails with `EAGAIN` then (socket(7)).
    ///
    /// # Errors
    /// [`Error::Call`] with what the system says, `EDOM` for no time at all.
    pub fn set_read_timeout(&self, limit: Duration) -> Result<()> {
        let args = || vec![Arg::Word("SO_RCVTIMEO".into()), seconds(limit)];
        self.simple(Op::Setsockopt, args, || self.raw.set_read_timeout(Some(limit)))
    }

    /// `setsockopt(SOL_SOCKET, SO_SNDTIMEO)`: from now on a `send` waits for this long at most, and
    /// returns what it has sent until then (socket(7)).
    ///
    /// # Errors
    /// As for [`Socket::set_read_timeout`].
    pub fn set_write_timeout(&self, limit: Duration) -> Result<()> {
        let args = || vec![Arg::Word("SO_SNDTIMEO".into()), seconds(limit)];
        self.simple(Op::Setsockopt, args, || self.raw.set_write_timeout(Some(limit)))
    }

    /// `bind(2)`: gives the socket its own address and port.
    ///
    /// # Errors
    /// [`Error::Call`]: `EADDRINUSE` when another socket has the port, `EACCES` below port 1024.
    pub fn bind(&self, address: SocketAddr) -> Result<()> {
        let args = || vec![Arg::Address(address)];
        self.simple(Op::Bind, args, || self.raw.bind(&address.into())).map_err(at(address))
    }

    /// `listen(2)`: from now on the kernel completes handshakes for this port, and keeps up to
    /// `backlog` + 1 finished connections until they are accepted.
    ///
    /// # Errors
    /// [`Error::Call`] with what the system says.
    pub fn listen(&self, backlog: u16) -> Result<()> {
        let args = || vec![Arg::Number(backlog.into())];
        self.simple(Op::Listen, args, || self.raw.listen(backlog.into()))
    }

    /// `connect(2)`: shakes hands with the server; returns when the handshake is over.
    ///
    /// # Errors
    /// [`Error::Call`]: `ECONNREFUSED` when nobody listens there, `ETIMEDOUT` when nobody answers.
    pub fn connect(&self, server: SocketAddr) -> Result<()> {
        let args = || vec![Arg::Address(server)];
        self.simple(Op::Connect, args, || self.raw.connect(&server.into())).map_err(at(server))
    }

    /// `accept(2)`: takes the oldest finished connection out of the queue, waiting for one if there
    /// is none.
    ///
    /// # Errors
    /// [`Error::Call`] with what the system says.
    pub fn accept(&self) -> Result<Socket> {
        let make = || {
            let (raw, peer) = again(|| self.raw.accept())?;
            let peer = peer.as_socket().ok_or(ErrorKind::InvalidData)?;
            Ok((raw, peer))
        };
        let outcome = |(raw, peer): &(socket2::Socket, SocketAddr)| Outcome::Accepted(descriptor(raw), *peer);
        let call = Call::on(&self.raw, Op::Accept, &Vec::new).needing(Interest::Read);
        let (raw, peer) = call.make(make, outcome).map_err(failed(Op::Accept))?;
        Ok(Socket { raw: ManuallyDrop::new(raw), peer: Some(peer) })
    }

    /// `send(2)`: copies bytes into the send buffer, waiting for room there; returns how many, in
    /// bytes: all of them, unless a time limit is over before. That they are sent does not mean that
    /// they have arrived.
    ///
    /// # Errors
    /// [`Error::Call`]: `EPIPE` or `ECONNRESET` when the peer has gone, `EAGAIN` when a time limit is
    /// over and nothing was sent.
    pub fn send(&self, bytes: impl AsRef<[u8]>) -> Result<usize> {
        let bytes = bytes.as_ref();
        let args = || vec![Arg::Bytes(bytes.to_vec().into())];
        let make = || again(|| self.raw.send(bytes));
        let outcome = |sent: &usize| Outcome::Done(*sent as i64);
        let call = Call::on(&self.raw, Op::Send, &args).needing(Interest::Write);
        call.make(make, outcome).map_err(failed(Op::Send))
    }

    /// `recv(2)`: takes what is in the receive buffer, up to `most` bytes, waiting if there is
    /// nothing. No bytes mean that the peer will send no more.
    ///
    /// # Errors
    /// [`Error::Call`]: `ECONNRESET` when the peer broke the connection off, `EAGAIN` when a time
    /// limit is over and nothing came.
    pub fn recv(&self, most: usize) -> Result<Vec<u8>> {
        let args = || vec![Arg::Number(most as u64)];
        let make = || {
            let mut buffer = vec![0; most];
            let count = again(|| (&*self.raw).read(&mut buffer))?;
            buffer.truncate(count);
            Ok(buffer)
        };
        let outcome = |bytes: &Vec<u8>| Outcome::Received(bytes.clone().into());
        let call = Call::on(&self.raw, Op::Recv, &args).needing(Interest::Read);
        call.make(make, outcome).map_err(failed(Op::Recv))
    }

    /// `poll(2)` without waiting: whether a `recv` or an `accept` would find something.
    ///
    /// # Errors
    /// [`Error::Call`] with what the system says.
    pub fn is_readable(&self) -> Result<bool> {
        let make = || is_ready(&self.raw, Interest::Read, Some(Duration::ZERO));
        let args = || vec![Arg::Number(0)];
        let call = Call::on(&self.raw, Op::Poll, &args);
        call.make(make, |&ready| Outcome::Done(ready.into())).map_err(failed(Op::Poll))
    }

    /// `close(2)`: gives the socket back. What was sent still goes out, then a FIN; if bytes were
    /// left unread, a RST instead.
    pub fn close(self) {
        let make = || {
            drop(ManuallyDrop::into_inner(self.raw));
            Ok(())
        };
        // Nothing that can go wrong with a descriptor that is surely open is worth a word.
        let _ = Call::new(Op::Close, &Vec::new).make(make, |()| Outcome::Done(0));
    }

    /// The address of the client that this connection was accepted from.
    pub fn peer(&self) -> Option<SocketAddr> {
        self.peer
    }

    fn simple(
        &self,
        op: Op,
        args: impl Fn() -> Vec<Arg>,
        make: impl FnOnce() -> io::Result<()>,
    ) -> Result<()> {
        Call::on(&self.raw, op, &args).make(make, |()| Outcome::Done(0)).map_err(failed(op))
    }
}

impl Read for &Socket {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let bytes = self.recv(buffer.len()).map_err(reason)?;
        buffer[..bytes.len()].copy_from_slice(&bytes);
        Ok(bytes.len())
    }
}

impl Write for &Socket {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.send(bytes).map_err(reason)
    }

    /// What was sent is in the kernel's hands: there is nothing to flush.
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(unix)]
impl std::os::fd::AsFd for Socket {
    fn as_fd(&self) -> std::os::fd::BorrowedFd<'_> {
        self.raw.as_fd()
    }
}

/// Makes a call again when a signal has broken it off before anything came of it.
fn again<T>(mut call: impl FnMut() -> io::Result<T>) -> io::Result<T> {
    loop {
        match call() {
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            other => return other,
        }
    }
}

/// The error of a call that failed.
fn failed(op: Op) -> impl Fn(io::Error) -> Error {
    move |source| Error::Call { op, address: None, source }
}

/// The address that a call was about that failed.
fn at(address: SocketAddr) -> impl Fn(Error) -> Error {
    move |error| match error {
        Error::Call { op, source, .. } => Error::Call { op, address: Some(address), source },
        other => other,
    }
}

/// What the system said.
fn reason(error: Error) -> io::Error {
    match error {
        Error::Call { source, .. } => source,
        other => io::Error::other(other),
    }
}

#[cfg(unix)]
fn descriptor(socket: &socket2::Socket) -> i64 {
    i64::from(std::os::fd::AsRawFd::as_raw_fd(socket))
}

#[cfg(windows)]
fn descriptor(socket: &socket2::Socket) -> i64 {
    std::os::windows::io::AsRawSocket::as_raw_socket(socket) as i64
}
