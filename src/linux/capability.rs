//! The capabilities of this process (capabilities(7)): root's power, cut into pieces.

use std::io;

/// `CAP_NET_RAW` (`linux/capability.h`): to capture.
pub const NET_RAW: u32 = 13;

/// `_LINUX_CAPABILITY_VERSION_3` (capget(2)): sets of 64 bits.
const VERSION: u32 = 0x2008_0522;

/// `struct __user_cap_header_struct`.
#[repr(C)]
struct Header {
    version: u32,
    process: libc::c_int,
}

/// `struct __user_cap_data_struct`, one for the lower half of each set and one for the upper.
#[repr(C)]
#[derive(Clone, Copy, Default)]
struct Sets {
    effective: u32,
    permitted: u32,
    inheritable: u32,
}

/// Gives up all of them. Other threads keep theirs: there must be none.
///
/// # Errors
/// What capset(2) reports.
pub fn give_up() -> io::Result<()> {
    set(&[Sets::default(); 2])
}

/// Marks one that this process has as inheritable, which it must be before it can be ambient.
///
/// # Errors
/// What capget(2) and capset(2) report: `EPERM` if this process does not have it.
pub fn make_inheritable(capability: u32) -> io::Result<()> {
    let mut sets = [Sets::default(); 2];
    let header = Header { version: VERSION, process: 0 };
    // SAFETY: the header and both sets are live and laid out as capget(2) has them.
    check(unsafe { libc::syscall(libc::SYS_capget, &raw const header, sets.as_mut_ptr()) })?;
    sets[(capability / 32) as usize].inheritable |= 1 << (capability % 32);
    set(&sets)
}

fn set(sets: &[Sets; 2]) -> io::Result<()> {
    let header = Header { version: VERSION, process: 0 };
    // SAFETY: the header and both sets are live and laid out as capset(2) has them.
    check(unsafe { libc::syscall(libc::SYS_capset, &raw const header, sets.as_ptr()) })
}

fn check(answer: libc::c_long) -> io::Result<()> {
    if answer == -1 { Err(io::Error::last_os_error()) } else { Ok(()) }
}
