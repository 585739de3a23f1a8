//! What the kernel says of one TCP socket that is at hand (`TCP_INFO`, tcp(7)).

use std::mem::MaybeUninit;
use std::os::fd::{AsRawFd, OwnedFd};

use crate::linux::sock_diag::state_of_number;
use crate::tcp::state::State;

/// What the kernel says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Info {
    /// Its state.
    pub state: State,
    /// Segments that were sent and are not acknowledged; for a listener, connections that wait to be
    /// accepted.
    pub unacknowledged: u32,
    /// For a listener, how many of those there can be at the most.
    pub backlog: u32,
    /// How often in a row something was sent again without an answer.
    pub retransmits: u8,
    /// Bytes that wait to be sent.
    pub unsent: u32,
    /// How much the peer has room for, in bytes; none where the kernel does not tell.
    pub peer_window: Option<u32>,
}

/// Where the fields are in `struct tcp_info` (`linux/tcp.h`).
const STATE: usize = 0;
const RETRANSMITS: usize = 2;
const UNACKED: usize = 24;
const SACKED: usize = 28;
const NOTSENT_BYTES: usize = 144;
const SND_WND: usize = 228;

/// As much of the structure as is looked at.
const LENGTH: usize = 232;

/// What the kernel says of a socket; none if it is no TCP socket.
pub fn of(socket: &OwnedFd) -> Option<Info> {
    let mut bytes = MaybeUninit::<[u8; LENGTH]>::zeroed();
    let mut length = LENGTH as libc::socklen_t;
    // SAFETY: the kernel writes at most `length` bytes, which is the size of the array.
    let answer = unsafe {
        libc::getsockopt(
            socket.as_raw_fd(),
            libc::IPPROTO_TCP,
            libc::TCP_INFO,
            bytes.as_mut_ptr().cast(),
            &raw mut length,
        )
    };
    // SAFETY: zeros are valid bytes, and so is whatever the kernel wrote.
    let bytes = unsafe { bytes.assume_init() };
    (answer == 0).then(|| read(&bytes[..(length as usize).min(LENGTH)])).flatten()
}

fn read(bytes: &[u8]) -> Option<Info> {
    let word = |at: usize| bytes.get(at..at + 4)?.try_into().ok().map(u32::from_ne_bytes);
    Some(Info {
        state: state_of_number(*bytes.get(STATE)?)?,
        retransmits: *bytes.get(RETRANSMITS)?,
        unacknowledged: word(UNACKED)?,
        backlog: word(SACKED)?,
        unsent: word(NOTSENT_BYTES).unwrap_or(0),
        peer_window: word(SND_WND),
    })
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::net::{TcpListener, TcpStream};

    use super::{LENGTH, of, read};
    use crate::tcp::state::State;

    #[test]
    fn a_listener_tells_of_its_queue_and_a_writer_of_its_peer() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let mut client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let listener = listener.into();
        let listening = of(&listener).unwrap();
        assert_eq!((listening.state, listening.unacknowledged), (State::Listen, 1));
        assert!(listening.backlog >= 1);
        client.write_all(b"hi").unwrap();
        let info = of(&client.into()).unwrap();
        assert_eq!(info.state, State::Established);
        assert!(info.peer_window.is_none_or(|window| window > 0));
    }

    #[test]
    fn an_older_kernels_answer_is_shorter() {
        let mut bytes = [0; LENGTH];
        bytes[0] = 1;
        assert_eq!(read(&bytes[..104]).map(|info| (info.unsent, info.peer_window)), Some((0, None)));
        assert_eq!(read(&bytes[..16]), None);
    }
}
