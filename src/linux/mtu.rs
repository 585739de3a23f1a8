//! How long a packet on the loopback interface may be (netdevice(7), `SIOCSIFMTU`).
//!
//! Loopback is said to be able to cut long segments up by itself, and so is given segments of many
//! times its MTU, which it never cuts (`ETHTOOL_STSO`). With that switched off the kernel cuts them
//! before they are on the wire, as it does for a network card that cannot.

use std::io;
use std::os::fd::AsRawFd;

use socket2::{Domain, Socket, Type};

/// Switches the cutting by the interface on or off (`linux/ethtool.h`).
const ETHTOOL_STSO: u32 = 0x1f;

/// `struct ethtool_value`: a command, and a number.
#[repr(C)]
struct EthtoolValue {
    command: u32,
    data: u32,
}

/// Sets the MTU of loopback, in the network that this process is in, which must be its own, and has
/// segments cut to it. Below 1280 the kernel takes IPv6 off the interface (RFC 8200, section 5), and below
/// 68 IPv4 (RFC 791, section 3.2).
///
/// # Errors
/// What ioctl(2) reports: `EPERM` outside a room.
pub fn set(bytes: u32) -> io::Result<()> {
    let socket = Socket::new(Domain::IPV4, Type::DGRAM, None)?;
    // SAFETY: an ifreq is plain numbers, for which zeros are valid.
    let mut request: libc::ifreq = unsafe { std::mem::zeroed() };
    for (to, from) in request.ifr_name.iter_mut().zip(b"lo") {
        *to = *from as libc::c_char;
    }
    request.ifr_ifru.ifru_mtu = libc::c_int::try_from(bytes).unwrap_or(libc::c_int::MAX);
    // SAFETY: SIOCSIFMTU reads one ifreq, which is live and has a name that ends in NUL.
    if unsafe { libc::ioctl(socket.as_raw_fd(), libc::SIOCSIFMTU as _, &raw const request) } == -1 {
        return Err(io::Error::last_os_error());
    }
    let mut off = EthtoolValue { command: ETHTOOL_STSO, data: 0 };
    request.ifr_ifru.ifru_data = (&raw mut off).cast();
    // SAFETY: SIOCETHTOOL reads one ifreq and the value that it points to, which are both live.
    match unsafe { libc::ioctl(socket.as_raw_fd(), libc::SIOCETHTOOL as _, &raw const request) } {
        -1 => Err(io::Error::last_os_error()),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};
    use std::net::{TcpListener, TcpStream};

    use socket2::SockRef;

    use super::set;
    use crate::linux::trial::in_room;

    #[test]
    fn segments_are_no_longer_than_that() {
        in_room("mtu::segments_are_no_longer_than_that", || {
            for mtu in [576, 1500, 9000] {
                set(mtu).expect("a room may");
                let server = TcpListener::bind("127.0.0.1:0").expect("there is a port");
                let mut client =
                    TcpStream::connect(server.local_addr().expect("it has one")).expect("it listens");
                let mss = SockRef::from(&client).tcp_mss().expect("it has one");
                // Less the two headers, and the time stamps that every segment carries.
                assert_eq!(mss, mtu - 20 - 20 - 12);
                client.write_all(&[0; 20_000]).expect("the buffers have room");
                let (mut peer, _) = server.accept().expect("there is a client");
                peer.read_exact(&mut [0; 20_000]).expect("they come");
            }
        });
    }
}
