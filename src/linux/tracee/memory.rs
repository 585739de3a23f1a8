//! The memory of a traced program: bytes, structures, lists of buffers, addresses
//! (process_vm_readv(2)).

use std::io;
use std::mem::MaybeUninit;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};

use super::ptrace::Tid;
use crate::event::Bytes;

/// How many bytes of one call are kept; of the rest only the number is known.
pub const MOST: usize = 64 * 1024;

/// How many buffers of one list are looked at: `UIO_MAXIOV`, more than which the kernel refuses.
const MOST_BUFFERS: u64 = 1024;

/// A buffer of a program.
#[derive(Clone, Copy, Debug)]
pub struct Buffer {
    /// Where it begins.
    pub address: u64,
    /// How long it is, in bytes.
    pub length: u64,
}

/// Reads up to `length` bytes; fewer where the memory ends before.
pub fn bytes(tid: Tid, address: u64, length: usize) -> Vec<u8> {
    let mut bytes = vec![0; length];
    let local = libc::iovec { iov_base: bytes.as_mut_ptr().cast(), iov_len: length };
    let remote = libc::iovec { iov_base: address as *mut libc::c_void, iov_len: length };
    // SAFETY: the local buffer is live and as long as said; the other process's memory is read only.
    let read = unsafe { libc::process_vm_readv(tid, &raw const local, 1, &raw const remote, 1, 0) };
    bytes.truncate(usize::try_from(read).unwrap_or(0));
    bytes
}

/// A structure of C, which any bytes make a valid one.
///
/// # Safety
/// `T` must be made of plain numbers and pointers alone.
unsafe fn structure<T>(tid: Tid, address: u64) -> Option<T> {
    let bytes = bytes(tid, address, size_of::<T>());
    if bytes.len() < size_of::<T>() {
        return None;
    }
    let mut value = MaybeUninit::<T>::uninit();
    // SAFETY: both are as long as `T`, and by the caller's word any bytes are a `T`.
    unsafe {
        std::ptr::copy_nonoverlapping(bytes.as_ptr(), value.as_mut_ptr().cast(), bytes.len());
        Some(value.assume_init())
    }
}

/// A list of structures.
fn list<T: Copy>(bytes: &[u8], one: impl Fn(&[u8]) -> T) -> Vec<T> {
    bytes.chunks_exact(size_of::<T>()).map(one).collect()
}

/// A number of 32 bits.
pub fn number(tid: Tid, address: u64) -> Option<i32> {
    bytes(tid, address, 4).try_into().ok().map(i32::from_ne_bytes)
}

/// A `struct timespec`.
pub fn timespec(tid: Tid, address: u64) -> Option<libc::timespec> {
    // SAFETY: a timespec is two numbers.
    unsafe { structure(tid, address) }
}

/// A `struct timeval`.
pub fn timeval(tid: Tid, address: u64) -> Option<libc::timeval> {
    // SAFETY: a timeval is two numbers.
    unsafe { structure(tid, address) }
}

/// A list of `struct pollfd`.
pub fn pollfds(tid: Tid, address: u64, count: usize) -> Vec<libc::pollfd> {
    let bytes = bytes(tid, address, count * size_of::<libc::pollfd>());
    list(&bytes, |one| libc::pollfd {
        fd: i32::from_ne_bytes([one[0], one[1], one[2], one[3]]),
        events: i16::from_ne_bytes([one[4], one[5]]),
        revents: 0,
    })
}

/// The numbers that are in an `fd_set`, of those below `count`.
pub fn fd_set(tid: Tid, address: u64, count: usize) -> Vec<i32> {
    if address == 0 {
        return Vec::new();
    }
    // The kernel's words are of 64 bits; with the lowest byte first, bytes count the same.
    let set = bytes(tid, address, count.div_ceil(64) * 8);
    (0..count)
        .filter(|bit| set.get(bit / 8).is_some_and(|byte| byte >> (bit % 8) & 1 == 1))
        .map(|bit| bit as i32)
        .collect()
}

/// The buffers of a list of `struct iovec`; none of a list that is longer than the kernel takes.
pub fn iovecs(tid: Tid, address: u64, count: u64) -> Vec<Buffer> {
    if count > MOST_BUFFERS {
        return Vec::new();
    }
    let size = size_of::<libc::iovec>();
    let bytes = bytes(tid, address, count as usize * size);
    let word = |one: &[u8], at: usize| {
        one[at..at + 8].iter().rev().fold(0, |word, &byte| word << 8 | u64::from(byte))
    };
    bytes.chunks_exact(size).map(|one| Buffer { address: word(one, 0), length: word(one, 8) }).collect()
}

/// The buffers of a `struct msghdr`.
pub fn msghdr(tid: Tid, address: u64) -> Vec<Buffer> {
    // SAFETY: a msghdr is numbers and pointers, which are not followed here.
    let header: Option<libc::msghdr> = unsafe { structure(tid, address) };
    header.map_or(Vec::new(), |header| iovecs(tid, header.msg_iov as u64, header.msg_iovlen as u64))
}

/// The messages of a list of `struct mmsghdr`: their buffers, and how many bytes the kernel moved.
pub fn mmsghdrs(tid: Tid, address: u64, count: u64) -> Vec<(Vec<Buffer>, u64)> {
    let size = size_of::<libc::mmsghdr>() as u64;
    (0..count.min(MOST_BUFFERS))
        .map_while(|index| {
            // SAFETY: as above.
            let one: libc::mmsghdr = unsafe { structure(tid, address + index * size) }?;
            let header = one.msg_hdr;
            Some((iovecs(tid, header.msg_iov as u64, header.msg_iovlen as u64), u64::from(one.msg_len)))
        })
        .collect()
}

/// What is in buffers, up to `length` bytes in all.
pub fn content(tid: Tid, buffers: &[Buffer], length: u64) -> Bytes {
    let mut kept = Vec::new();
    // What is longer than a size can be is refused by the kernel; of the rest the number is known.
    let length = length.min(isize::MAX as u64);
    let mut left = length;
    for buffer in buffers {
        let take = buffer.length.min(left);
        left -= take;
        let room = MOST.saturating_sub(kept.len()) as u64;
        if take.min(room) > 0 {
            kept.extend(bytes(tid, buffer.address, take.min(room) as usize));
        }
    }
    Bytes { kept, length: (length - left) as usize }
}

/// An internet address (ip(7), ipv6(7)).
pub fn address(tid: Tid, address: u64, length: usize) -> Option<SocketAddr> {
    let bytes = bytes(tid, address, length.min(size_of::<libc::sockaddr_in6>()));
    let family = i32::from(u16::from_ne_bytes(bytes.get(..2)?.try_into().ok()?));
    let port = u16::from_be_bytes(bytes.get(2..4)?.try_into().ok()?);
    match family {
        libc::AF_INET => {
            let ip: [u8; 4] = bytes.get(4..8)?.try_into().ok()?;
            Some((Ipv4Addr::from(ip), port).into())
        }
        libc::AF_INET6 => {
            let ip: [u8; 16] = bytes.get(8..24)?.try_into().ok()?;
            Some((Ipv6Addr::from(ip), port).into())
        }
        _ => None,
    }
}

/// Writes bytes into a program's memory.
///
/// # Errors
/// `EFAULT` where the program itself may not write.
pub fn write(tid: Tid, address: u64, bytes: &[u8]) -> io::Result<()> {
    let local = libc::iovec { iov_base: bytes.as_ptr().cast_mut().cast(), iov_len: bytes.len() };
    let remote = libc::iovec { iov_base: address as *mut libc::c_void, iov_len: bytes.len() };
    // SAFETY: the local buffer is live and only read; the kernel checks the other process's.
    match unsafe { libc::process_vm_writev(tid, &raw const local, 1, &raw const remote, 1, 0) } {
        -1 => Err(io::Error::last_os_error()),
        _ => Ok(()),
    }
}
