//! Acknowledgments without delay on a room's loopback: an option of its routes (ip-route(8),
//! `quickack`).
//!
//! A receiver may keep an ACK back for up to 40 ms, in the hope that its program has something to
//! send along with it. Whether that ACK is seen by itself then hangs on how busy the machine is.
//! Without the delay, the same calls make the same segments every time.

use std::io::{self, Read};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::time::Duration;

use socket2::{Domain, Protocol, Socket, Type};

/// `RTAX_QUICKACK` (`linux/rtnetlink.h`).
const RTAX_QUICKACK: u16 = 15;

/// Has everything that arrives over loopback acknowledged at once, in the network that this process
/// is in, which must be its own.
///
/// # Errors
/// What rtnetlink(7) reports: `EPERM` outside a room.
pub fn always() -> io::Result<()> {
    for (address, bits) in [(Ipv4Addr::new(127, 0, 0, 0), 8), (Ipv4Addr::LOCALHOST, 32)] {
        request(libc::RTM_NEWROUTE, libc::NLM_F_REPLACE, address.into(), bits)?;
    }
    // The kernel's own route for IPv6 cannot be replaced, but another one can be put in its place.
    // A machine without IPv6 has none.
    let ipv6 = IpAddr::from(Ipv6Addr::LOCALHOST);
    match request(libc::RTM_DELROUTE, 0, ipv6, 128) {
        Ok(()) => request(libc::RTM_NEWROUTE, libc::NLM_F_CREATE, ipv6, 128),
        Err(_) => Ok(()),
    }
}

/// Asks the kernel to change a route to addresses of this machine's own, and hears its answer.
fn request(kind: u16, flags: libc::c_int, address: IpAddr, bits: u8) -> io::Result<()> {
    let netlink =
        Socket::new(Domain::from(libc::AF_NETLINK), Type::RAW, Some(Protocol::from(libc::NETLINK_ROUTE)))?;
    netlink.set_read_timeout(Some(Duration::from_secs(1)))?;
    netlink.send(&message(kind, flags, address, bits))?;
    let mut answer = [0; 512];
    let length = (&netlink).read(&mut answer)?;
    // `struct nlmsgerr` behind `struct nlmsghdr`: 0, or minus an errno.
    match answer[..length].get(16..20).and_then(|code| code.try_into().ok()).map(i32::from_ne_bytes) {
        Some(0) => Ok(()),
        Some(code) => Err(io::Error::from_raw_os_error(-code)),
        None => Err(io::ErrorKind::InvalidData.into()),
    }
}

/// `struct nlmsghdr`, `struct rtmsg` and attributes (rtnetlink(7)).
fn message(kind: u16, flags: libc::c_int, address: IpAddr, bits: u8) -> Vec<u8> {
    let (family, scope, bytes) = match address {
        IpAddr::V4(address) => (libc::AF_INET, libc::RT_SCOPE_HOST, address.octets().to_vec()),
        IpAddr::V6(address) => (libc::AF_INET6, libc::RT_SCOPE_UNIVERSE, address.octets().to_vec()),
    };
    let mut body = vec![family as u8, bits, 0, 0];
    body.extend([libc::RT_TABLE_LOCAL, libc::RTPROT_KERNEL, scope, libc::RTN_LOCAL]);
    body.extend([0; 4]);
    body.extend(attribute(libc::RTA_DST, &bytes));
    // SAFETY: the name is a string that ends in NUL.
    let loopback = unsafe { libc::if_nametoindex(c"lo".as_ptr()) };
    body.extend(attribute(libc::RTA_OIF, &loopback.to_ne_bytes()));
    if family == libc::AF_INET {
        body.extend(attribute(libc::RTA_PREFSRC, &Ipv4Addr::LOCALHOST.octets()));
    }
    if kind == libc::RTM_NEWROUTE {
        body.extend(attribute(libc::RTA_METRICS, &attribute(RTAX_QUICKACK, &1u32.to_ne_bytes())));
    }
    let flags = (libc::NLM_F_REQUEST | libc::NLM_F_ACK | flags) as u16;
    let mut message = (16 + body.len() as u32).to_ne_bytes().to_vec();
    message.extend(kind.to_ne_bytes());
    message.extend(flags.to_ne_bytes());
    message.extend([0; 8]); // sequence number and port of netlink's own
    message.extend(body);
    message
}

/// `struct rtattr`: a length, a kind, and what follows, filled up to a whole number of words.
fn attribute(kind: u16, value: &[u8]) -> Vec<u8> {
    let mut bytes = (4 + value.len() as u16).to_ne_bytes().to_vec();
    bytes.extend(kind.to_ne_bytes());
    bytes.extend(value);
    bytes.resize(bytes.len().next_multiple_of(4), 0);
    bytes
}
