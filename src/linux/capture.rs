//! Frames off an interface: each once, with the kernel's time, and with the kernel's own count of
//! what it had to drop. The only door to `pnet::datalink`.

/// The kernel's count of the frames for a capture.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Count {
    /// Frames that passed the filter.
    pub seen: u64,
    /// Frames of these that were dropped, because nobody fetched them in time.
    pub dropped: u64,
    /// Frames that filled the reading buffer, and so may have been longer.
    pub truncated: u64,
}

pub use system::Capture;

#[cfg(all(feature = "wire", target_os = "linux"))]
mod system {
    use std::io;
    use std::os::fd::{AsRawFd, FromRawFd, IntoRawFd, OwnedFd, RawFd};
    use std::time::Duration;

    use pnet::datalink::{self, Channel, DataLinkReceiver};

    use super::Count;
    use crate::linux::packet_filter;
    use crate::tcp::frame::{Direction, Frame, Link};

    /// Longer than any frame of loopback (65,549 bytes); one that fills it may have been cut.
    const BUFFER: usize = 256 * 1024;

    /// What is asked for as the kernel's buffer: a quarter of a second at 1 GB/s, on a machine that is
    /// busy with other things. What is granted can be far less.
    const QUEUE: libc::c_int = 256 << 20;

    /// The lowest descriptor that a capture takes for itself, so that a program which opens sockets
    /// meanwhile gets the small numbers it would get without.
    const LOWEST: RawFd = 64;

    /// `PACKET_IGNORE_OUTGOING` (packet(7), Linux 4.20): without it loopback shows every frame twice.
    const PACKET_IGNORE_OUTGOING: libc::c_int = 23;

    /// `SIOCGSTAMPNS` (socket(7)): the time of the last frame that was read, in nanoseconds.
    const SIOCGSTAMPNS: libc::c_ulong = 0x8907;

    /// An open capture.
    pub struct Capture {
        receiver: Box<dyn DataLinkReceiver>,
        /// The same socket under another number: pnet keeps the first for itself.
        socket: OwnedFd,
        link: Link,
        loopback: bool,
        /// The interface's own address, by which its outgoing frames are known.
        own: [u8; 6],
        /// How many frames were read.
        frames: u64,
        /// Whether the kernel is asked when each of them arrived.
        stamps: bool,
        latest: u64,
        count: Count,
    }

    impl Capture {
        /// Begins to capture the TCP segments to and from these ports on an interface, or all of
        /// them if no port is named. It takes CAP_NET_RAW in the network's own user namespace
        /// (packet(7)).
        ///
        /// # Errors
        /// `PermissionDenied` without that capability; `NotFound` if there is no such interface,
        /// with the names of those that there are.
        pub fn open(interface: &str, ports: &[u16]) -> io::Result<Capture> {
            let interfaces = datalink::interfaces();
            let Some(interface) = interfaces.iter().find(|found| found.name == interface) else {
                let names: Vec<_> = interfaces.iter().map(|found| found.name.as_str()).collect();
                return Err(io::Error::new(io::ErrorKind::NotFound, names.join(", ")));
            };
            let socket = raise(packet_socket()?)?;
            let loopback = interface.is_loopback();
            if loopback {
                option(&socket, libc::SOL_PACKET, PACKET_IGNORE_OUTGOING, &1)?;
            }
            // The forced size needs privilege on the host; the plain one is capped by rmem_max.
            if option(&socket, libc::SOL_SOCKET, libc::SO_RCVBUFFORCE, &QUEUE).is_err() {
                option(&socket, libc::SOL_SOCKET, libc::SO_RCVBUF, &QUEUE)?;
            }
            let link = link_of(&interface.name);
            if link == Link::Ethernet {
                attach(&socket, &packet_filter::tcp(ports))?;
            }
            let twin = raise(socket.try_clone()?)?;
            // The first question switches the kernel's stamping on; there is nothing to answer yet.
            let _ = stamp(&twin);
            let config = datalink::Config {
                read_buffer_size: BUFFER,
                read_timeout: Some(Duration::ZERO),
                promiscuous: false,
                socket_fd: Some(socket.into_raw_fd()),
                ..datalink::Config::default()
            };
            match datalink::channel(interface, config)? {
                Channel::Ethernet(_, receiver) => Ok(Capture {
                    receiver,
                    socket: twin,
                    link,
                    loopback,
                    own: interface.mac.unwrap_or_default().octets(),
                    frames: 0,
                    stamps: true,
                    latest: 0,
                    count: Count::default(),
                }),
                _ => Err(io::Error::new(io::ErrorKind::Unsupported, "not an Ethernet channel")),
            }
        }

        /// The next frame, waiting for it up to `patience`; `None` if none has come by then.
        ///
        /// # Errors
        /// What reading reports: `ENETDOWN` after the interface went down.
        pub fn next(&mut self, patience: Duration) -> io::Result<Option<Frame>> {
            // Without patience the receiver's own look is enough.
            if !patience.is_zero() && !self.is_ready(patience)? {
                return Ok(None);
            }
            match self.receiver.next() {
                Ok(bytes) => {
                    // The very first stamps can be late, taken on reading instead of on arrival:
                    // where time would run backwards, the order of arrival is what counts.
                    if self.stamps {
                        self.latest = self.latest.max(stamp(&self.socket)?);
                    }
                    self.frames += 1;
                    self.count.truncated += u64::from(bytes.len() == BUFFER);
                    let outbound = !self.loopback && bytes.get(6..12) == Some(&self.own);
                    Ok(Some(Frame {
                        number: self.frames,
                        at: self.latest,
                        link: self.link,
                        direction: if outbound { Direction::Outbound } else { Direction::Inbound },
                        length: bytes.len(),
                        bytes: bytes.to_vec(),
                    }))
                }
                Err(error)
                    if matches!(error.kind(), io::ErrorKind::TimedOut | io::ErrorKind::Interrupted) =>
                {
                    Ok(None)
                }
                Err(error) => Err(pending_error(&self.socket).unwrap_or(error)),
            }
        }

        /// Leaves the time of frames out, where somebody else keeps the time.
        pub fn leave_time_out(&mut self) {
            self.stamps = false;
        }

        /// What became of all frames so far.
        ///
        /// # Errors
        /// What `getsockopt(PACKET_STATISTICS)` reports.
        pub fn count(&mut self) -> io::Result<Count> {
            // SAFETY: tpacket_stats is two numbers, for which zeros are valid.
            let mut fresh: libc::tpacket_stats = unsafe { std::mem::zeroed() };
            ask(&self.socket, libc::SOL_PACKET, libc::PACKET_STATISTICS, &mut fresh)?;
            // The kernel counts from zero again after each answer.
            self.count.seen += u64::from(fresh.tp_packets);
            self.count.dropped += u64::from(fresh.tp_drops);
            Ok(self.count)
        }

        fn is_ready(&self, patience: Duration) -> io::Result<bool> {
            let mut entry = libc::pollfd { fd: self.socket.as_raw_fd(), events: libc::POLLIN, revents: 0 };
            let milliseconds = libc::c_int::try_from(patience.as_millis()).unwrap_or(libc::c_int::MAX);
            // SAFETY: the pointer is to one live entry, whose descriptor is open.
            match unsafe { libc::poll(&raw mut entry, 1, milliseconds) } {
                -1 => match io::Error::last_os_error() {
                    error if error.kind() == io::ErrorKind::Interrupted => Ok(false),
                    error => Err(error),
                },
                found => Ok(found > 0),
            }
        }
    }

    /// How the frames of an interface begin, by its hardware type (`linux/if_arp.h`): tunnels and
    /// their kin have no link header.
    fn link_of(interface: &str) -> Link {
        let kind = std::fs::read_to_string(format!("/sys/class/net/{interface}/type"));
        match kind.ok().and_then(|kind| kind.trim().parse::<u16>().ok()) {
            Some(libc::ARPHRD_NONE | libc::ARPHRD_PPP | libc::ARPHRD_TUNNEL | libc::ARPHRD_TUNNEL6) => {
                Link::Raw
            }
            _ => Link::Ethernet,
        }
    }

    /// Opens a packet socket that receives nothing yet: protocol 0 until pnet binds it.
    fn packet_socket() -> io::Result<OwnedFd> {
        // SAFETY: socket(2) takes numbers alone.
        match unsafe { libc::socket(libc::AF_PACKET, libc::SOCK_RAW | libc::SOCK_CLOEXEC, 0) } {
            -1 => Err(io::Error::last_os_error()),
            // SAFETY: the descriptor is new, and nobody else has it.
            descriptor => Ok(unsafe { OwnedFd::from_raw_fd(descriptor) }),
        }
    }

    /// Moves a descriptor out of the small numbers.
    fn raise(socket: OwnedFd) -> io::Result<OwnedFd> {
        // SAFETY: fcntl(2) on a descriptor that is open.
        match unsafe { libc::fcntl(socket.as_raw_fd(), libc::F_DUPFD_CLOEXEC, LOWEST) } {
            -1 => Err(io::Error::last_os_error()),
            // SAFETY: the descriptor is new, and nobody else has it.
            descriptor => Ok(unsafe { OwnedFd::from_raw_fd(descriptor) }),
        }
    }

    fn option<T>(socket: &OwnedFd, level: libc::c_int, name: libc::c_int, value: &T) -> io::Result<()> {
        let length = size_of::<T>() as libc::socklen_t;
        // SAFETY: the pointer and the length describe `value`, which the kernel only reads.
        match unsafe { libc::setsockopt(socket.as_raw_fd(), level, name, (&raw const *value).cast(), length) }
        {
            -1 => Err(io::Error::last_os_error()),
            _ => Ok(()),
        }
    }

    fn ask<T>(socket: &OwnedFd, level: libc::c_int, name: libc::c_int, value: &mut T) -> io::Result<()> {
        let mut length = size_of::<T>() as libc::socklen_t;
        // SAFETY: the pointer and the length describe `value`, and the kernel writes no more.
        match unsafe {
            libc::getsockopt(socket.as_raw_fd(), level, name, (&raw mut *value).cast(), &raw mut length)
        } {
            -1 => Err(io::Error::last_os_error()),
            _ => Ok(()),
        }
    }

    /// The error that makes poll(2) report POLLERR; asking clears it.
    fn pending_error(socket: &OwnedFd) -> Option<io::Error> {
        let mut number: libc::c_int = 0;
        ask(socket, libc::SOL_SOCKET, libc::SO_ERROR, &mut number).ok()?;
        (number != 0).then(|| io::Error::from_raw_os_error(number))
    }

    /// The kernel's time of the frame that was read last, in nanoseconds since 1970.
    fn stamp(socket: &OwnedFd) -> io::Result<u64> {
        let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
        // SAFETY: SIOCGSTAMPNS writes one timespec, which is live.
        match unsafe { libc::ioctl(socket.as_raw_fd(), SIOCGSTAMPNS as _, &raw mut time) } {
            -1 => Err(io::Error::last_os_error()),
            _ => Ok(time.tv_sec as u64 * 1_000_000_000 + time.tv_nsec as u64),
        }
    }

    fn attach(socket: &OwnedFd, program: &[libc::sock_filter]) -> io::Result<()> {
        let program = libc::sock_fprog { len: program.len() as u16, filter: program.as_ptr().cast_mut() };
        option(socket, libc::SOL_SOCKET, libc::SO_ATTACH_FILTER, &program)
    }
}

#[cfg(not(all(feature = "wire", target_os = "linux")))]
mod system {
    use std::io;
    use std::time::Duration;

    use super::Count;
    use crate::tcp::frame::Frame;

    /// A capture that cannot be opened: there is none on this system, or it was left out.
    pub enum Capture {}

    impl Capture {
        /// Says that there is no capture.
        ///
        /// # Errors
        /// Always `Unsupported`.
        pub fn open(_: &str, _: &[u16]) -> io::Result<Capture> {
            Err(io::ErrorKind::Unsupported.into())
        }

        /// The next frame.
        ///
        /// # Errors
        /// None: there is no such capture.
        pub fn next(&mut self, _: Duration) -> io::Result<Option<Frame>> {
            match *self {}
        }

        /// Leaves the time of frames out.
        pub fn leave_time_out(&mut self) {
            match *self {}
        }

        /// What became of all frames so far.
        ///
        /// # Errors
        /// None: there is no such capture.
        pub fn count(&mut self) -> io::Result<Count> {
            match *self {}
        }
    }
}
