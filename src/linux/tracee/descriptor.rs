//! A descriptor that was borrowed from a traced program: what it is, and what the kernel says of it.

use std::cell::OnceCell;
use std::io;
use std::net::SocketAddr;
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::rc::Rc;
use std::time::Duration;

use socket2::SockRef;

use super::info::{self, Info};

/// What a descriptor is, as far as the stage has to know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A TCP socket.
    Tcp,
    /// Another socket.
    Socket,
    /// A pipe, with or without a name (pipe(7)).
    Pipe,
    /// A terminal.
    Terminal,
    /// One of the devices that give random numbers (random(4)).
    Random,
    /// A set of descriptors (epoll(7)).
    Epoll,
    /// Signals as a descriptor (signalfd(2)), which are those of whoever asks.
    Signals,
    /// A timer as a descriptor (timerfd_create(2)).
    Timer,
    /// Anything else.
    Other,
}

/// A descriptor of a traced program.
#[derive(Debug)]
pub struct Descriptor {
    /// What it is.
    pub kind: Kind,
    /// What `/proc` calls it: a path, or `socket:[…]`.
    pub name: String,
    descriptor: OwnedFd,
    addresses: OnceCell<(SocketAddr, SocketAddr)>,
}

impl Descriptor {
    /// What was borrowed, and what `/proc` calls it.
    pub(super) fn new(descriptor: OwnedFd, name: String) -> Descriptor {
        let kind = match name.as_str() {
            name if name.starts_with("socket:") => match protocol(&descriptor) {
                Some(libc::IPPROTO_TCP | libc::IPPROTO_MPTCP) => Kind::Tcp,
                _ => Kind::Socket,
            },
            "/dev/random" | "/dev/urandom" => Kind::Random,
            name if name.starts_with("/dev/pts/") || name.starts_with("/dev/tty") => Kind::Terminal,
            "anon_inode:[eventpoll]" => Kind::Epoll,
            "anon_inode:[signalfd]" => Kind::Signals,
            "anon_inode:[timerfd]" => Kind::Timer,
            _ if is_pipe(&descriptor) => Kind::Pipe,
            _ => Kind::Other,
        };
        Descriptor { kind, name, descriptor, addresses: OnceCell::new() }
    }

    /// The socket, if it is one.
    pub fn socket(&self) -> SockRef<'_> {
        SockRef::from(&self.descriptor)
    }

    /// Its own address and its peer's, once it is connected.
    pub fn addresses(&self) -> Option<(SocketAddr, SocketAddr)> {
        if let Some(known) = self.addresses.get() {
            return Some(*known);
        }
        let canonical = |address: io::Result<socket2::SockAddr>| {
            let address = address.ok()?.as_socket()?;
            Some(SocketAddr::new(address.ip().to_canonical(), address.port()))
        };
        let socket = self.socket();
        let pair = (canonical(socket.local_addr())?, canonical(socket.peer_addr())?);
        Some(*self.addresses.get_or_init(|| pair))
    }

    /// The address that it is bound to.
    pub fn own_address(&self) -> Option<SocketAddr> {
        self.socket().local_addr().ok()?.as_socket()
    }

    /// What the kernel says of it (`TCP_INFO`, tcp(7)); none for anything but a TCP socket.
    pub fn info(&self) -> Option<Info> {
        (self.kind == Kind::Tcp).then(|| info::of(&self.descriptor)).flatten()
    }

    /// Bytes that were sent, or wait to be, and that the peer has not acknowledged (`SIOCOUTQ`).
    pub fn unacknowledged(&self) -> u32 {
        self.count(libc::TIOCOUTQ)
    }

    /// Bytes that can be read at once (`SIOCINQ`, tcp(7)).
    pub fn unread(&self) -> u32 {
        self.count(libc::FIONREAD)
    }

    fn count(&self, request: libc::c_ulong) -> u32 {
        let mut count: libc::c_int = 0;
        // SAFETY: the request writes one number, which is live.
        let answer = unsafe { libc::ioctl(self.descriptor.as_raw_fd(), request as _, &raw mut count) };
        if answer == -1 { 0 } else { u32::try_from(count).unwrap_or(0) }
    }

    /// Whether calls on it never wait (`O_NONBLOCK`).
    pub fn is_nonblocking(&self) -> bool {
        self.flags().is_some_and(|flags| flags & libc::O_NONBLOCK != 0)
    }

    /// Whether it can be read from at all.
    pub fn is_readable(&self) -> bool {
        self.flags().is_some_and(|flags| flags & libc::O_ACCMODE != libc::O_WRONLY)
    }

    /// Whether it is a socket that waits for others to connect (`SO_ACCEPTCONN`, socket(7)).
    pub fn is_listener(&self) -> bool {
        self.socket().is_listener().unwrap_or(false)
    }

    fn flags(&self) -> Option<libc::c_int> {
        // SAFETY: fcntl(2) on a descriptor that is open.
        let flags = unsafe { libc::fcntl(self.descriptor.as_raw_fd(), libc::F_GETFL) };
        (flags != -1).then_some(flags)
    }

    /// How long a call on a socket waits at most (`SO_RCVTIMEO`, `SO_SNDTIMEO`, socket(7)).
    pub fn time_limit(&self, writes: bool) -> Option<Duration> {
        let socket = self.socket();
        let limit = if writes { socket.write_timeout() } else { socket.read_timeout() };
        limit.ok().flatten()
    }

    /// Sets how long a call on a socket waits at most; none for ever.
    pub fn set_time_limit(&self, writes: bool, limit: Option<Duration>) {
        let socket = self.socket();
        // A socket that has gone has no setting any more.
        let _ = if writes { socket.set_write_timeout(limit) } else { socket.set_read_timeout(limit) };
    }

    /// Whether this and another are descriptors of one and the same open file (kcmp(2)).
    pub fn is_same_file(&self, other: &Descriptor) -> bool {
        let own = std::process::id();
        let numbers = [self.descriptor.as_raw_fd(), other.descriptor.as_raw_fd()];
        // SAFETY: kcmp(2) takes numbers alone.
        unsafe { libc::syscall(libc::SYS_kcmp, own, own, KCMP_FILE, numbers[0], numbers[1]) == 0 }
    }

    /// Switches a timer off: it has not expired.
    pub fn disarm(&self) {
        let none = libc::timespec { tv_sec: 0, tv_nsec: 0 };
        let never = libc::itimerspec { it_interval: none, it_value: none };
        // SAFETY: the structure is live, and the kernel only reads it.
        unsafe {
            libc::timerfd_settime(self.descriptor.as_raw_fd(), 0, &raw const never, std::ptr::null_mut())
        };
    }

    /// Has a timer expire so many times at once, whatever it was set to, besides those that nobody has
    /// read of yet (timerfd_create(2)).
    pub fn expire(&self, times: u64) {
        let number = self.descriptor.as_raw_fd();
        let unread = std::fs::read_to_string(format!("/proc/self/fdinfo/{number}")).ok();
        let unread =
            unread.and_then(|text| text.lines().find_map(|line| line.strip_prefix("ticks: ")?.parse().ok()));
        let ticks: u64 = times.saturating_add(unread.unwrap_or(0));
        // SAFETY: the request reads one number, which is live.
        if unsafe { libc::ioctl(number, TFD_IOC_SET_TICKS, &raw const ticks) } == 0 {
            return;
        }
        let none = libc::timespec { tv_sec: 0, tv_nsec: 0 };
        let soon = libc::itimerspec { it_interval: none, it_value: libc::timespec { tv_sec: 0, tv_nsec: 1 } };
        // SAFETY: the structure is live, and the kernel only reads it.
        unsafe {
            libc::timerfd_settime(self.descriptor.as_raw_fd(), 0, &raw const soon, std::ptr::null_mut())
        };
    }
}

/// That files are compared (`linux/kcmp.h`).
const KCMP_FILE: libc::c_int = 0;

/// Sets how many times a timer has expired (`linux/timerfd.h`).
const TFD_IOC_SET_TICKS: libc::Ioctl = libc::_IOW::<u64>(b'T' as u32, 0);

impl AsFd for Descriptor {
    fn as_fd(&self) -> std::os::fd::BorrowedFd<'_> {
        self.descriptor.as_fd()
    }
}

/// The protocol of a socket (`SO_PROTOCOL`, socket(7)).
fn protocol(descriptor: &OwnedFd) -> Option<libc::c_int> {
    let mut value: libc::c_int = 0;
    let mut length = size_of_val(&value) as libc::socklen_t;
    // SAFETY: the kernel writes at most `length` bytes, which is the size of `value`.
    let answer = unsafe {
        libc::getsockopt(
            descriptor.as_raw_fd(),
            libc::SOL_SOCKET,
            libc::SO_PROTOCOL,
            (&raw mut value).cast(),
            &raw mut length,
        )
    };
    (answer == 0).then_some(value)
}

/// Whether a descriptor is one end of a pipe (fstat(2)).
fn is_pipe(descriptor: &OwnedFd) -> bool {
    // SAFETY: a stat is plain numbers, for which zeros are valid.
    let mut found: libc::stat = unsafe { std::mem::zeroed() };
    // SAFETY: fstat(2) writes one stat, which is live.
    let answer = unsafe { libc::fstat(descriptor.as_raw_fd(), &raw mut found) };
    answer == 0 && found.st_mode & libc::S_IFMT == libc::S_IFIFO
}

/// Which of these descriptors are ready for what was asked, without waiting.
pub fn ready(watched: &[(Rc<Descriptor>, i16)]) -> Vec<bool> {
    let mut entries: Vec<_> = watched
        .iter()
        .map(|(found, events)| libc::pollfd { fd: found.descriptor.as_raw_fd(), events: *events, revents: 0 })
        .collect();
    // SAFETY: the pointer and the count describe a live array, whose descriptors are open.
    unsafe { libc::poll(entries.as_mut_ptr(), entries.len() as libc::nfds_t, 0) };
    entries.iter().map(|entry| entry.revents != 0).collect()
}
