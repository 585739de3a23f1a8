//! Lesson 05's two sides in a crate of somebody else's: with the sockets of `socket2`, and nothing of
//! the kit but the tutorial's own rules.

#![allow(missing_docs, reason = "nobody uses this crate")]

extern crate self as socklab;

#[allow(dead_code, reason = "one side needs less than both")]
#[path = "../src/lesson/case.rs"]
pub mod case;
#[path = "../lessons/05_close/client.rs"]
mod client;
#[path = "../lessons/05_close/server.rs"]
mod server;

use std::io::{self, ErrorKind, Read};
use std::net::{SocketAddr, TcpListener};
use std::sync::mpsc::{Sender, channel};
use std::time::Duration;

use socket2::{Domain, Type};

pub type Result<T> = std::result::Result<T, Error>;

#[derive(Debug)]
pub struct Error(io::Error);

impl Error {
    pub fn is_time_over(&self) -> bool {
        self.0.kind() == ErrorKind::WouldBlock
    }
}

pub struct Socket(socket2::Socket);

impl Socket {
    pub fn new() -> Result<Socket> {
        socket2::Socket::new(Domain::IPV4, Type::STREAM, None).map(Socket).map_err(Error)
    }

    pub fn set_reuse_address(&self, on: bool) -> Result<()> {
        self.0.set_reuse_address(on).map_err(Error)
    }

    pub fn set_read_timeout(&self, limit: Duration) -> Result<()> {
        self.0.set_read_timeout(Some(limit)).map_err(Error)
    }

    pub fn set_write_timeout(&self, limit: Duration) -> Result<()> {
        self.0.set_write_timeout(Some(limit)).map_err(Error)
    }

    pub fn bind(&self, address: SocketAddr) -> Result<()> {
        self.0.bind(&address.into()).map_err(Error)
    }

    pub fn listen(&self, backlog: i32) -> Result<()> {
        self.0.listen(backlog).map_err(Error)
    }

    pub fn connect(&self, address: SocketAddr) -> Result<()> {
        self.0.connect(&address.into()).map_err(Error)
    }

    pub fn accept(&self) -> Result<Socket> {
        self.0.accept().map(|(socket, _)| Socket(socket)).map_err(Error)
    }

    pub fn send(&self, bytes: impl AsRef<[u8]>) -> Result<usize> {
        self.0.send(bytes.as_ref()).map_err(Error)
    }

    pub fn recv(&self, most: usize) -> Result<Vec<u8>> {
        let mut buffer = vec![0; most];
        let count = (&self.0).read(&mut buffer).map_err(Error)?;
        buffer.truncate(count);
        Ok(buffer)
    }

    pub fn is_readable(&self) -> Result<bool> {
        Ok(false)
    }

    pub fn close(self) {}
}

/// A side that says what it prints.
pub struct Side {
    server: SocketAddr,
    printed: Sender<Vec<u8>>,
}

impl Side {
    pub fn server(&self) -> SocketAddr {
        self.server
    }

    pub fn sentence(&self) -> Result<String> {
        Ok("hi".to_owned())
    }

    pub fn mode(&self, _: &str) -> Result<String> {
        Ok("1".to_owned())
    }

    pub fn print(&self, line: &str) -> Result<()> {
        self.printed.send(line.into()).map_err(|_| Error(ErrorKind::BrokenPipe.into()))
    }

    pub fn print_answer(&self, answer: &[u8]) -> Result<()> {
        self.printed.send(answer.to_vec()).map_err(|_| Error(ErrorKind::BrokenPipe.into()))
    }

    pub fn give_up(&self, _: &Socket, error: &Error) -> Result<()> {
        self.print(&format!("{error:?}"))
    }
}

#[test]
fn a_lessons_program_needs_nothing_but_sockets() {
    let server = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).unwrap();
    let (ready, is_ready) = channel();
    std::thread::spawn(move || {
        server::server(&Side { server, printed: ready }).map_err(|error| panic!("{error:?}"))
    });
    assert_eq!(is_ready.recv().unwrap(), b"The server is ready to receive");
    for _ in 0..3 {
        let (printed, answers) = channel();
        client::client(&Side { server, printed }).unwrap();
        assert_eq!(answers.recv().unwrap(), b"HI");
    }
}
