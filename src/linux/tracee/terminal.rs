//! A terminal of a program's own, to print to.

use std::io;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd, RawFd};

/// Both ends of a new terminal (pty(7)): what a program prints to the second is read from the
/// first, byte by byte as it was. On a terminal programs print when they mean to, and not only
/// when a buffer is full.
///
/// # Errors
/// What posix_openpt(3) and its like report.
pub fn terminal() -> io::Result<(OwnedFd, OwnedFd)> {
    let owned = |descriptor: RawFd| match descriptor {
        -1 => Err(io::Error::last_os_error()),
        // SAFETY: the descriptor is new, and nobody else has it.
        descriptor => Ok(unsafe { OwnedFd::from_raw_fd(descriptor) }),
    };
    let flags = libc::O_RDWR | libc::O_NOCTTY | libc::O_CLOEXEC;
    // SAFETY: posix_openpt(3) takes numbers alone.
    let screen = owned(unsafe { libc::posix_openpt(flags | libc::O_NONBLOCK) })?;
    let mut name = [0; 64];
    // SAFETY: the descriptor is open, and the name is as long as said.
    let failed = unsafe {
        libc::grantpt(screen.as_raw_fd()) != 0
            || libc::unlockpt(screen.as_raw_fd()) != 0
            || libc::ptsname_r(screen.as_raw_fd(), name.as_mut_ptr(), name.len()) != 0
    };
    if failed {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: the name ends in NUL.
    let terminal = owned(unsafe { libc::open(name.as_ptr(), flags) })?;
    // SAFETY: a termios is plain numbers, for which zeros are valid.
    let mut settings: libc::termios = unsafe { std::mem::zeroed() };
    // SAFETY: the descriptor is open, and the settings are live.
    unsafe {
        libc::tcgetattr(terminal.as_raw_fd(), &raw mut settings);
        libc::cfmakeraw(&raw mut settings);
        libc::tcsetattr(terminal.as_raw_fd(), libc::TCSANOW, &raw const settings);
    }
    Ok((screen, terminal))
}

/// What `/proc` calls an open file of this process.
pub fn name_of(descriptor: &OwnedFd) -> String {
    let path = std::fs::read_link(format!("/proc/self/fd/{}", descriptor.as_raw_fd())).unwrap_or_default();
    path.to_string_lossy().into_owned()
}
