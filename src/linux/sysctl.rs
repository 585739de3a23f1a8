//! Settings of a room's own network (ip(7), tcp(7)). Each network namespace has its own, and whoever
//! has CAP_NET_ADMIN in it, as in a room, may change them.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::fd::{AsRawFd, FromRawFd, RawFd};
use std::os::unix::fs::FileExt;

/// Descriptors of ours begin here: small numbers are left to the programs.
const HIGH: RawFd = 64;

/// From which the kernel takes a port for a socket that asks for any (`ip_local_port_range`, ip(7)):
/// at connect(2) without bind(2), at bind(2) to port 0, and at listen(2) without bind(2); of TCP and
/// UDP, of IPv4 and IPv6.
#[derive(Debug)]
pub struct PortRange {
    file: File,
    /// What was there at first: two numbers.
    usual: Vec<u8>,
}

impl PortRange {
    /// Opens the setting of the network that this process is in, and remembers it. The descriptor
    /// is closed at execve(2).
    ///
    /// # Errors
    /// What open(2) reports: `EACCES` outside a room.
    pub fn open() -> io::Result<PortRange> {
        let path = "/proc/sys/net/ipv4/ip_local_port_range";
        let file = OpenOptions::new().read(true).write(true).open(path)?;
        // SAFETY: fcntl(2) with an open descriptor and numbers.
        let file = match unsafe { libc::fcntl(file.as_raw_fd(), libc::F_DUPFD_CLOEXEC, HIGH) } {
            -1 => return Err(io::Error::last_os_error()),
            // SAFETY: the descriptor is new, and nobody else has it.
            descriptor => unsafe { File::from_raw_fd(descriptor) },
        };
        let mut usual = vec![0; 32];
        let length = file.read_at(&mut usual, 0)?;
        usual.truncate(length);
        Ok(PortRange { file, usual })
    }

    /// Leaves one port: the next socket that asks for any gets this one. If it is taken, bind(2)
    /// and listen(2) report `EADDRINUSE`, and connect(2) `EADDRNOTAVAIL`; connect(2) and sendto(2)
    /// of UDP `EAGAIN`. To connect(2), a port is taken that somebody has bound, or that has a
    /// connection to the same place, also one in TIME_WAIT that is less than a second old
    /// (`tcp_tw_reuse`). A socket with `IP_LOCAL_PORT_RANGE` gets it only if it is in that range
    /// too. The kernel's log says once in a room that it would like the two ends to differ.
    ///
    /// # Errors
    /// `EINVAL` for port 0, and for ports that are kept for root (`ip_unprivileged_port_start`).
    pub fn only(&self, port: u16) -> io::Result<()> {
        self.write(format!("{port} {port}\n").as_bytes())
    }

    /// Leaves the ports that there were at first.
    ///
    /// # Errors
    /// What write(2) reports.
    pub fn usual(&self) -> io::Result<()> {
        self.write(&self.usual)
    }

    /// The kernel takes a setting whole, from the beginning of the file.
    fn write(&self, setting: &[u8]) -> io::Result<()> {
        self.file.write_all_at(setting, 0)
    }
}

/// Keeps receive buffers at the size that they begin with (`tcp_moderate_rcvbuf`, tcp(7)), in the
/// network that this process is in: windows then do not hang on how fast a program happens to read.
/// It holds for sockets that are there already as well.
///
/// # Errors
/// What open(2) or write(2) reports: `EACCES` outside a room.
pub fn keep_receive_windows() -> io::Result<()> {
    fs::write("/proc/sys/net/ipv4/tcp_moderate_rcvbuf", "0")
}

/// Has connections send by a rule that counts what is acknowledged (`tcp_congestion_control`, tcp(7)),
/// in the network that this process is in. Others, BBR and CUBIC among them, go by how long that
/// takes, so that the sizes of segments hang on how busy the machine is. It holds for sockets that
/// are made from now on.
///
/// # Errors
/// What open(2) or write(2) reports: `EACCES` outside a room.
pub fn send_by_count() -> io::Result<()> {
    // Every kernel has this one, and whoever may change the setting may choose it.
    fs::write("/proc/sys/net/ipv4/tcp_congestion_control", "reno")
}

/// Has what was lost sent again by one timer alone, the one that doubles (RFC 6298), in the network that
/// this process is in: a probe of the last segment (`tcp_early_retrans`, RFC 8985) comes after a few
/// milliseconds already, in which programs are still at work on a busy machine and not on another.
///
/// # Errors
/// What open(2) or write(2) reports: `EACCES` outside a room.
pub fn no_loss_probes() -> io::Result<()> {
    fs::write("/proc/sys/net/ipv4/tcp_early_retrans", "0")
}

/// Gives every socket that is made from now on a receive buffer, in the network that this process is
/// in (`tcp_rmem`, tcp(7)): of the size that `SO_RCVBUF` would give it for so many bytes, which is
/// twice that (socket(7)). It stays like that, or grows as far as the kernel lets it.
///
/// # Errors
/// What open(2), read(2) or write(2) reports: `EACCES` outside a room.
pub fn receive_buffers(bytes: u32, grow: bool) -> io::Result<()> {
    let path = "/proc/sys/net/ipv4/tcp_rmem";
    let size = u64::from(bytes) * 2;
    let most = match grow {
        true => fs::read_to_string(path)?.split_whitespace().last().and_then(|most| most.parse().ok()),
        false => None,
    };
    fs::write(path, format!("{size} {size} {}", most.unwrap_or(size).max(size)))
}

/// The same of send buffers (`tcp_wmem`, `SO_SNDBUF`), which stay.
///
/// # Errors
/// What open(2) or write(2) reports: `EACCES` outside a room.
pub fn send_buffers(bytes: u32) -> io::Result<()> {
    let size = u64::from(bytes) * 2;
    fs::write("/proc/sys/net/ipv4/tcp_wmem", format!("{size} {size} {size}"))
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::io::ErrorKind;
    use std::net::{TcpListener, TcpStream, UdpSocket};

    use socket2::{Domain, SockRef, Socket, Type};

    use super::{PortRange, keep_receive_windows, receive_buffers, send_buffers, send_by_count};
    use crate::linux::trial::in_room;

    #[test]
    fn a_socket_gets_the_port_that_is_left() {
        in_room("sysctl::a_socket_gets_the_port_that_is_left", || {
            let ports = PortRange::open().expect("a room may");
            let mut port = 40_000;
            let mut next = || {
                port += 1;
                ports.only(port).expect("it is a port");
                port
            };
            for host in ["127.0.0.1", "::1"] {
                let Ok(server) = TcpListener::bind((host, 12000)) else { continue };
                let expected = next();
                let client = TcpStream::connect((host, 12000)).expect("there is a server");
                assert_eq!(client.local_addr().expect("it has one").port(), expected);
                let (peer, from) = server.accept().expect("there is a client");
                assert_eq!(from.port(), expected);
                let expected = next();
                let other = TcpListener::bind((host, 0)).expect("it is free");
                assert_eq!(other.local_addr().expect("it has one").port(), expected);
                let taken = TcpListener::bind((host, 0)).expect_err("it is taken");
                assert_eq!(taken.kind(), ErrorKind::AddrInUse);
                let taken = TcpStream::connect((host, 12000)).expect_err("it is taken");
                assert_eq!(taken.kind(), ErrorKind::AddrNotAvailable);
                let expected = next();
                let datagrams = UdpSocket::bind((host, 0)).expect("it is free");
                assert_eq!(datagrams.local_addr().expect("it has one").port(), expected);
                drop((client, peer));
            }
        });
    }

    #[test]
    fn the_range_comes_back() {
        in_room("sysctl::the_range_comes_back", || {
            let now = || fs::read_to_string("/proc/sys/net/ipv4/ip_local_port_range").expect("it is there");
            let before = now();
            let ports = PortRange::open().expect("a room may");
            ports.only(65_535).expect("it is a port");
            assert_eq!(now(), "65535\t65535\n");
            assert_eq!(ports.only(0).expect_err("it is no port").kind(), ErrorKind::InvalidInput);
            ports.usual().expect("it was so before");
            assert_eq!(now(), before);
        });
    }

    #[test]
    fn receive_buffers_stay() {
        in_room("sysctl::receive_buffers_stay", || {
            keep_receive_windows().expect("a room may");
            let now = fs::read_to_string("/proc/sys/net/ipv4/tcp_moderate_rcvbuf").expect("it is there");
            assert_eq!(now, "0\n");
        });
    }

    #[test]
    fn nothing_is_sent_by_the_clock() {
        in_room("sysctl::nothing_is_sent_by_the_clock", || {
            send_by_count().expect("a room may");
            let server = TcpListener::bind("127.0.0.1:0").expect("there is a port");
            let name = SockRef::from(&server).tcp_congestion().expect("it has one");
            assert!(name.starts_with(b"reno"), "{}", name.escape_ascii());
        });
    }
    #[test]
    fn buffers_are_as_if_the_programs_had_set_them() {
        in_room("sysctl::buffers_are_as_if_the_programs_had_set_them", || {
            receive_buffers(10_000, false).expect("a room may");
            send_buffers(20_000).expect("a room may");
            let socket = || Socket::new(Domain::IPV4, Type::STREAM, None).expect("it can be made");
            let sizes = |socket: &Socket| {
                (
                    socket.recv_buffer_size().expect("it has one"),
                    socket.send_buffer_size().expect("it has one"),
                )
            };
            let set = socket();
            set.set_recv_buffer_size(10_000).expect("that is little");
            set.set_send_buffer_size(20_000).expect("that is little");
            assert_eq!(sizes(&socket()), sizes(&set));
            assert_eq!(sizes(&set), (20_000, 40_000));
        });
    }
}
