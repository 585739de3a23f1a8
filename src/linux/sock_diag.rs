//! The kernel's own word on TCP connections: their states, and what lies in their queues.
//!
//! One connection is looked up at a time, over netlink (sock_diag(7)). The table of
//! `/proc/net/tcp` says the same, but reading it walks every bucket of the kernel's hash: 10 ms
//! where this takes 10 µs.

use std::io;
use std::net::SocketAddr;

use crate::tcp::state::State;

/// What the kernel says of one end of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct End {
    /// Its state.
    pub state: State,
    /// Bytes sent or waiting to be sent that the peer has not acknowledged.
    pub unacknowledged: u32,
    /// Bytes received that the program has not read.
    pub unread: u32,
    /// Whether a timer runs that will send something: a retransmission, a probe.
    pub timer: bool,
}

/// A line to the kernel, over which any number of questions can be asked.
pub struct Inquiry(system::Line);

impl Inquiry {
    /// Opens the line.
    ///
    /// # Errors
    /// `Unsupported` where the kernel cannot be asked; what socket(2) reports.
    pub fn open() -> io::Result<Inquiry> {
        system::Line::open().map(Inquiry)
    }

    /// Looks up the end of a connection that has this address of its own and this peer. `None` if
    /// there is no such connection, or no longer.
    ///
    /// # Errors
    /// What the system reports of the question or the answer.
    pub fn end(&self, local: SocketAddr, peer: SocketAddr) -> io::Result<Option<End>> {
        self.0.end(local, peer)
    }
}

/// The state of one socket (`TCP_INFO`, tcp(7)); none where the system has no such question.
pub fn state_of(socket: &socket2::Socket) -> Option<State> {
    system::state_of(socket)
}

/// Linux's numbers for the states (`include/net/tcp_states.h`).
#[cfg(any(test, target_os = "linux"))]
pub(crate) fn state_of_number(number: u8) -> Option<State> {
    Some(match number {
        1 => State::Established,
        2 => State::SynSent,
        3 | 12 => State::SynRcvd,
        4 => State::FinWait1,
        5 => State::FinWait2,
        6 => State::TimeWait,
        7 => State::Closed,
        8 => State::CloseWait,
        9 => State::LastAck,
        10 => State::Listen,
        11 => State::Closing,
        _ => return None,
    })
}

#[cfg(target_os = "linux")]
mod system {
    use std::io::{self, Read};
    use std::net::{IpAddr, SocketAddr};
    use std::os::fd::{AsRawFd, FromRawFd};
    use std::time::Duration;

    use socket2::{Domain, Protocol, Socket, Type};

    use super::{End, state_of_number};
    use crate::tcp::state::State;

    /// `SOCK_DIAG_BY_FAMILY` (`linux/sock_diag.h`).
    const BY_FAMILY: u16 = 20;

    /// Where the fields of the answer are: `struct inet_diag_msg` behind `struct nlmsghdr`.
    const STATE: usize = 16 + 1;
    const TIMER: usize = 16 + 2;
    const PEER_PORT: usize = 16 + 6;
    const UNREAD: usize = 16 + 56;
    const UNACKNOWLEDGED: usize = 16 + 60;
    const LENGTH: usize = 16 + 72;

    /// The lowest descriptor that it takes, so that a program which opens sockets meanwhile gets the
    /// small numbers it would get without.
    const LOWEST: libc::c_int = 64;

    /// A netlink socket.
    pub struct Line(Socket);

    impl Line {
        pub fn open() -> io::Result<Line> {
            let netlink = Socket::new(
                Domain::from(libc::AF_NETLINK),
                Type::RAW,
                Some(Protocol::from(libc::NETLINK_SOCK_DIAG)),
            )?;
            // SAFETY: fcntl(2) on a descriptor that is open.
            let raised = match unsafe { libc::fcntl(netlink.as_raw_fd(), libc::F_DUPFD_CLOEXEC, LOWEST) } {
                -1 => return Err(io::Error::last_os_error()),
                // SAFETY: the descriptor is new, and nobody else has it.
                descriptor => unsafe { Socket::from_raw_fd(descriptor) },
            };
            raised.set_read_timeout(Some(Duration::from_secs(1)))?;
            Ok(Line(raised))
        }

        pub fn end(&self, local: SocketAddr, peer: SocketAddr) -> io::Result<Option<End>> {
            self.0.send(&question(local, peer))?;
            let mut answer = [0; 512];
            let length = (&self.0).read(&mut answer)?;
            Ok(read(&answer[..length], peer.port()))
        }
    }

    /// `struct nlmsghdr` and `struct inet_diag_req_v2` (sock_diag(7)).
    fn question(local: SocketAddr, peer: SocketAddr) -> Vec<u8> {
        let family = if local.is_ipv4() { libc::AF_INET } else { libc::AF_INET6 };
        let mut bytes = Vec::with_capacity(72);
        bytes.extend(72u32.to_ne_bytes());
        bytes.extend(BY_FAMILY.to_ne_bytes());
        bytes.extend((libc::NLM_F_REQUEST as u16).to_ne_bytes());
        bytes.extend([0; 8]); // sequence number and port of netlink's own
        bytes.extend([family as u8, libc::IPPROTO_TCP as u8, 0, 0]);
        bytes.extend(u32::MAX.to_ne_bytes()); // any state
        bytes.extend(local.port().to_be_bytes());
        bytes.extend(peer.port().to_be_bytes());
        for address in [local.ip(), peer.ip()] {
            let mut field = [0; 16];
            match address {
                IpAddr::V4(address) => field[..4].copy_from_slice(&address.octets()),
                IpAddr::V6(address) => field.copy_from_slice(&address.octets()),
            }
            bytes.extend(field);
        }
        bytes.extend([0; 4]); // any interface
        bytes.extend([0xff; 8]); // no cookie
        bytes
    }

    /// Reads the answer. An error, which says that there is no such socket, is too short; and where
    /// no connection is found, the kernel answers with the listener, whose peer has port 0.
    fn read(answer: &[u8], peer_port: u16) -> Option<End> {
        let word = |at: usize| answer.get(at..at + 4)?.try_into().ok().map(u32::from_ne_bytes);
        if answer.len() < LENGTH || answer[PEER_PORT..PEER_PORT + 2] != peer_port.to_be_bytes() {
            return None;
        }
        let state = state_of_number(answer[STATE])?;
        // The peer's FIN takes a number as a byte does, and is counted with them until it is read.
        let fin = matches!(state, State::CloseWait | State::LastAck | State::Closing);
        Some(End {
            state,
            unacknowledged: word(UNACKNOWLEDGED)?,
            unread: word(UNREAD)?.saturating_sub(u32::from(fin)),
            // 1: retransmission or loss probe; 4: zero window probe. 2 and 3 (keep-alive,
            // TIME_WAIT) wake nobody in time to matter.
            timer: matches!(answer[TIMER], 1 | 4),
        })
    }

    pub fn state_of(socket: &Socket) -> Option<State> {
        let mut state = 0u8;
        let mut length = 1 as libc::socklen_t;
        // SAFETY: the kernel writes at most `length` bytes, which is the size of `state`: the first
        // field of `struct tcp_info`.
        let answer = unsafe {
            libc::getsockopt(
                socket.as_raw_fd(),
                libc::IPPROTO_TCP,
                libc::TCP_INFO,
                (&raw mut state).cast(),
                &raw mut length,
            )
        };
        (answer == 0).then(|| state_of_number(state)).flatten()
    }

    #[cfg(test)]
    mod tests {
        use std::net::{TcpListener, TcpStream};

        use super::{End, Line, read};
        use crate::tcp::state::State;

        #[test]
        fn both_ends_of_a_connection() {
            let listener = TcpListener::bind("127.0.0.1:0").unwrap();
            let client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
            let (own, peer) = (client.local_addr().unwrap(), client.peer_addr().unwrap());
            std::io::Write::write_all(&mut &client, b"hi").unwrap();
            let line = Line::open().unwrap();
            let end = |local, peer| line.end(local, peer);
            let end_of_server = end(peer, own).unwrap().unwrap();
            assert_eq!((end_of_server.state, end_of_server.unread), (State::Established, 2));
            let End { state, unacknowledged, .. } = end(own, peer).unwrap().unwrap();
            assert_eq!((state, unacknowledged), (State::Established, 0));
            drop(listener);
            assert_eq!(end("127.0.0.1:1".parse().unwrap(), own).unwrap(), None);
        }

        #[test]
        fn an_answer_cut_anywhere_is_no_answer() {
            let mut answer = [0; 88];
            answer[17] = 1;
            assert!(read(&answer, 0).is_some());
            for length in 0..answer.len() {
                assert_eq!(read(&answer[..length], 0), None);
            }
        }
    }
}

#[cfg(not(target_os = "linux"))]
mod system {
    use std::io;
    use std::net::SocketAddr;

    use super::End;
    use crate::tcp::state::State;

    pub enum Line {}

    impl Line {
        pub fn open() -> io::Result<Line> {
            Err(io::ErrorKind::Unsupported.into())
        }

        pub fn end(&self, _: SocketAddr, _: SocketAddr) -> io::Result<Option<End>> {
            match *self {}
        }
    }

    pub fn state_of(_: &socket2::Socket) -> Option<State> {
        None
    }
}
