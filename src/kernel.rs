//! The kernel's own word on TCP connections: their states, and what lies in their queues.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use crate::state::State;

/// One line of the kernel's table of TCP sockets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Row {
    /// The socket's own address.
    pub local: SocketAddr,
    /// Its peer's address; port 0 for a listener.
    pub remote: SocketAddr,
    /// Its state.
    pub state: State,
    /// Bytes sent or waiting to be sent that the peer has not acknowledged.
    pub unacknowledged: u64,
    /// Bytes received that the program has not read.
    pub unread: u64,
    /// Whether a timer runs that will send something: a retransmission, a probe.
    pub timer: bool,
}

/// The table of this network (proc_pid_net(5)).
///
/// # Errors
/// What opening or reading the table reports: `NotFound` on systems without one.
pub fn table() -> io::Result<Vec<Row>> {
    let mut rows = parse(&std::fs::read_to_string("/proc/thread-self/net/tcp")?);
    // A kernel without IPv6 has no such file, and then no such connection either.
    if let Ok(more) = std::fs::read_to_string("/proc/thread-self/net/tcp6") {
        rows.extend(parse(&more));
    }
    Ok(rows)
}

/// The state of one socket (`TCP_INFO`, tcp(7)); none where the system has no such question.
#[cfg(target_os = "linux")]
pub fn state_of(socket: &socket2::Socket) -> Option<State> {
    let mut state = 0u8;
    let mut length = 1 as libc::socklen_t;
    // SAFETY: the kernel writes at most `length` bytes, which is the size of `state`: the first
    // field of `struct tcp_info`.
    let answer = unsafe {
        libc::getsockopt(
            std::os::fd::AsRawFd::as_raw_fd(socket),
            libc::IPPROTO_TCP,
            libc::TCP_INFO,
            (&raw mut state).cast(),
            &raw mut length,
        )
    };
    (answer == 0).then(|| state_of_number(state)).flatten()
}

/// The state of one socket; none where the system has no such question.
#[cfg(not(target_os = "linux"))]
pub fn state_of(_: &socket2::Socket) -> Option<State> {
    None
}

/// Linux's numbers for the states (`include/net/tcp_states.h`).
fn state_of_number(number: u8) -> Option<State> {
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

/// Reads the table's text; lines that do not look like its rows are passed over.
fn parse(table: &str) -> Vec<Row> {
    table.lines().skip(1).filter_map(row).collect()
}

fn row(line: &str) -> Option<Row> {
    let mut fields = line.split_ascii_whitespace().skip(1);
    let (local, remote) = (address(fields.next()?)?, address(fields.next()?)?);
    let state = state_of_number(u8::from_str_radix(fields.next()?, 16).ok()?)?;
    let (sent, unread) = fields.next()?.split_once(':')?;
    let (timer, _) = fields.next()?.split_once(':')?;
    Some(Row {
        local,
        remote,
        state,
        unacknowledged: u64::from_str_radix(sent, 16).ok()?,
        unread: u64::from_str_radix(unread, 16).ok()?,
        // 1: retransmission or loss probe; 4: zero window probe. 2 and 3 (keep-alive, TIME_WAIT)
        // wake nobody in time to matter.
        timer: matches!(timer, "01" | "04"),
    })
}

/// An address such as `0100007F:2EE0`: each 32-bit word in the machine's own byte order.
fn address(field: &str) -> Option<SocketAddr> {
    let (address, port) = field.split_once(':')?;
    let port = u16::from_str_radix(port, 16).ok()?;
    let mut bytes = [0; 16];
    let words = address.len() / 8;
    for (index, word) in bytes.chunks_exact_mut(4).take(words).enumerate() {
        let hex = address.get(index * 8..index * 8 + 8)?;
        word.copy_from_slice(&u32::from_str_radix(hex, 16).ok()?.to_ne_bytes());
    }
    let address = match words {
        1 => IpAddr::V4(Ipv4Addr::new(bytes[0], bytes[1], bytes[2], bytes[3])),
        4 => IpAddr::V6(Ipv6Addr::from(bytes)),
        _ => return None,
    };
    Some(SocketAddr::new(address, port))
}

#[cfg(test)]
mod tests {
    use super::{Row, parse};
    use crate::state::State;

    #[test]
    #[cfg(target_endian = "little")]
    fn the_table_of_proc_net_tcp() {
        let table = "\
  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:2EE0 00000000:0000 0A 00000000:00000001 00:00000000 00000000     0        0 2411 1
   1: 0100007F:2EE0 0100007F:A8CA 01 00000000:00000003 00:00000000 00000000     0        0 0 1
   2: 0100007F:A8CA 0100007F:2EE0 04 00000002:00000000 01:00000014 00000000     0        0 2412 1
   3: nonsense
";
        let rows = parse(table);
        assert_eq!(rows.len(), 3);
        assert_eq!((rows[0].state, rows[0].unread), (State::Listen, 1));
        assert_eq!((rows[1].state, rows[1].unread, rows[1].timer), (State::Established, 3, false));
        let Row { local, remote, state, unacknowledged, timer, .. } = rows[2];
        assert_eq!((local.to_string(), remote.to_string()), ("127.0.0.1:43210".into(), "127.0.0.1:12000".into()));
        assert_eq!((state, unacknowledged, timer), (State::FinWait1, 2, true));
    }

    #[test]
    #[cfg(target_endian = "little")]
    fn addresses_of_ipv6() {
        let table = "head\n 0: 00000000000000000000000001000000:2EE0 00000000000000000000000000000000:0000 0A 0:0 00:0 0\n";
        assert_eq!(parse(table)[0].local.to_string(), "[::1]:12000");
    }

    #[test]
    fn a_table_cut_anywhere_does_no_harm() {
        let line = "head\n 1: 0100007F:2EE0 0100007F:A8CA 01 00000000:00000003 00:00000000 0";
        for length in 0..line.len() {
            assert!(parse(&line[..length]).len() <= 1);
        }
    }
}
