//! Process numbers of the play's own (pid_namespaces(7)): the first program is 2 in every play, what
//! it starts is 3, and so on, whatever else runs on this machine.
//!
//! Process 1 is none of the programs: signals whose default is to kill (SIGPIPE, SIGTERM) do not
//! kill a process 1. It waits for orphans, and takes everybody along when it ends.

#[cfg(test)]
mod tests;

use std::io::{self, Read};
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd, RawFd};
use std::ptr;
use std::time::{Duration, Instant};

/// The name of process 1 (`PR_SET_NAME`, prctl(2)).
const NAME: &std::ffi::CStr = c"socklab-init";

/// Descriptors of ours begin here: small numbers are left to the programs.
const HIGH: RawFd = 64;

/// How long process 1, which has been killed, is waited for. What is still to be done after that the
/// kernel does by itself.
const FAREWELL: Duration = Duration::from_secs(1);

/// How often it is looked for meanwhile.
const MOMENT: Duration = Duration::from_micros(200);

/// Numbers of the play's own, for as long as this value lives.
///
/// A copy of this process that fork(2) made may drop it as well: nothing happens then.
#[derive(Debug)]
pub struct PidNamespace {
    first: libc::pid_t,
    /// The mount namespace of process 1, if it has a /proc of its own there.
    mounts: Option<OwnedFd>,
}

impl PidNamespace {
    /// Makes the numbers: the children that this thread makes from now on count from 2. The
    /// process itself keeps the number that it has, and sees its children by the numbers that they
    /// have outside, in its own /proc too.
    ///
    /// The room must have been entered before ([`crate::linux::room::enter`]): this takes CAP_SYS_ADMIN in
    /// its user namespace. No other thread may do anything meanwhile. This one cannot make another
    /// afterwards (clone(2): `EINVAL`); nor, when the value has been dropped, a child (fork(2):
    /// `ENOMEM`). It takes everybody in the namespace along when it ends.
    ///
    /// # Errors
    /// What clone(2) or setns(2) reports: `EPERM` without the capability, `ENOSPC` where there may
    /// be no more namespaces. Everything is as it was then. That /proc cannot be mounted is not an
    /// error, but see [`PidNamespace::has_proc`].
    pub fn enter() -> io::Result<PidNamespace> {
        let (mut ready, tell) = io::pipe()?;
        // Exit signal 0, so that waitpid(2) without `__WALL` does not count process 1 among the
        // children of this process; those that it traces are counted all the same.
        let flags: libc::c_long = libc::CLONE_NEWPID.into();
        // SAFETY: without CLONE_VM this is a fork(2): the child has memory and a stack of its own,
        // and what it does allocates nothing and takes no lock.
        let first = match unsafe { libc::syscall(libc::SYS_clone, flags, 0, 0, 0, 0) } {
            -1 => return Err(io::Error::last_os_error()),
            0 => be_first(tell.as_raw_fd(), ready.as_raw_fd()),
            first => first as libc::pid_t,
        };
        drop(tell);
        // From here on, giving up drops it, which ends process 1.
        let mut namespace = PidNamespace { first, mounts: None };
        let mut has_proc = [0];
        ready.read_exact(&mut has_proc)?;
        let numbers = open(format!("/proc/{first}/ns/pid"))?;
        if has_proc == [1] {
            namespace.mounts = Some(open(format!("/proc/{first}/ns/mnt"))?);
        }
        // SAFETY: setns(2) takes a descriptor, which is open, and a number.
        match unsafe { libc::setns(numbers.as_raw_fd(), libc::CLONE_NEWPID) } {
            -1 => Err(io::Error::last_os_error()),
            _ => Ok(namespace),
        }
    }

    /// For a child between fork(2) and execve(2): gives it the /proc that has the namespace's
    /// numbers, by moving it to the mount namespace of process 1. Its working directory stays, and
    /// so do its descriptors. Nothing happens where there is no such /proc. It allocates nothing.
    ///
    /// It needs the capabilities of the room, and comes before anything that takes them away.
    ///
    /// # Errors
    /// What setns(2) reports. The child is as it was then, and can run its program.
    pub fn furnish(&self) -> io::Result<()> {
        let Some(mounts) = &self.mounts else { return Ok(()) };
        let mut path = [0; libc::PATH_MAX as usize];
        // SAFETY: getcwd(3) writes a string that ends in NUL into memory that is as long as said;
        // open(2) reads one.
        let (known, here) = unsafe {
            let known = !libc::getcwd(path.as_mut_ptr(), path.len()).is_null();
            (known, libc::open(c".".as_ptr(), libc::O_PATH | libc::O_DIRECTORY | libc::O_CLOEXEC))
        };
        // SAFETY: calls with numbers and a string that ends in NUL, by the name if it has one: by
        // its descriptor the directory would still be one of the old mount namespace.
        unsafe {
            let moved = libc::setns(mounts.as_raw_fd(), libc::CLONE_NEWNS);
            let error = io::Error::last_os_error();
            if moved == 0 && !(known && libc::chdir(path.as_ptr()) == 0) {
                libc::fchdir(here);
            }
            libc::close(here);
            if moved == 0 { Ok(()) } else { Err(error) }
        }
    }

    /// The number of process 1 outside.
    pub fn first(&self) -> libc::pid_t {
        self.first
    }

    /// Whether programs can have a /proc with their own numbers. Without it, what they read there
    /// is named by the numbers outside. It is refused where parts of /proc are covered, as in most
    /// containers (user_namespaces(7), "mounted fully visible").
    pub fn has_proc(&self) -> bool {
        self.mounts.is_some()
    }
}

/// Ends process 1, and thereby everybody in the namespace, traced or not. Whatever waitpid(2) has
/// to say of this process's children until then is lost.
impl Drop for PidNamespace {
    fn drop(&mut self) {
        // SAFETY: an empty siginfo_t is not looked at, and null is no place to write to. A copy of
        // the process has no such child; the process has, and nobody else has got the number.
        let is_parent = unsafe {
            let flags = libc::WEXITED | libc::WNOHANG | libc::WNOWAIT | libc::__WALL;
            libc::waitid(libc::P_PID, self.first as libc::id_t, ptr::null_mut(), flags) == 0
        };
        if !is_parent {
            return;
        }
        // Whoever lets go of a mount namespace last waits until every processor has seen that, which
        // on a busy machine has been seen to take seconds: that is left to process 1.
        self.mounts = None;
        // SAFETY: kill(2) takes numbers.
        unsafe { libc::kill(self.first, libc::SIGKILL) };
        // The kernel lets process 1 go as the last, when this process has waited for those that it
        // is the parent of or traces: to wait for process 1 alone would last for ever.
        let begun = Instant::now();
        while begun.elapsed() < FAREWELL {
            let mut status = 0;
            // SAFETY: waitpid(2) writes one number, which is live.
            let pid = unsafe { libc::waitpid(-1, &raw mut status, libc::__WALL | libc::WNOHANG) };
            if pid == self.first || pid == -1 {
                return;
            }
            if pid == 0 {
                std::thread::sleep(MOMENT);
            } else if libc::WIFSTOPPED(status) {
                // It stands at its end, as a traced one does that is killed, or is about to be.
                // SAFETY: the request takes numbers.
                unsafe { libc::ptrace(libc::PTRACE_CONT, pid, 0, 0) };
            }
        }
    }
}

/// Opens a file of a namespace, at a high number.
fn open(path: String) -> io::Result<OwnedFd> {
    let file = std::fs::File::open(path)?;
    // SAFETY: fcntl(2) with an open descriptor and numbers.
    match unsafe { libc::fcntl(file.as_raw_fd(), libc::F_DUPFD_CLOEXEC, HIGH) } {
        -1 => Err(io::Error::last_os_error()),
        // SAFETY: the descriptor is new, and nobody else has it.
        descriptor => Ok(unsafe { OwnedFd::from_raw_fd(descriptor) }),
    }
}

/// What process 1 does, to its end. `tell` gets one byte when the namespace can be used: 1 with a
/// /proc of its own, 0 without; `ready` is the other end of that pipe.
fn be_first(tell: RawFd, ready: RawFd) -> ! {
    // SAFETY: system calls with numbers, and with strings that end in NUL. None of them allocates.
    unsafe {
        libc::prctl(libc::PR_SET_NAME, NAME.as_ptr());
        libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL);
        let mut all: libc::sigset_t = std::mem::zeroed();
        libc::sigfillset(&raw mut all);
        libc::sigprocmask(libc::SIG_SETMASK, &raw const all, ptr::null_mut());
        // The kernel waits for the children of whoever ignores this signal (waitpid(2)).
        libc::signal(libc::SIGCHLD, libc::SIG_IGN);
        // If the parent has ended before its death could be told, nobody reads the pipe any more.
        libc::close(ready);
        libc::dup2(tell, 0);
        libc::syscall(libc::SYS_close_range, 1, libc::c_uint::MAX, 0);
        libc::chdir(c"/".as_ptr());
        let has_proc = [u8::from(mount_proc())];
        if libc::write(0, has_proc.as_ptr().cast(), 1) != 1 {
            libc::_exit(1);
        }
        libc::close(0);
        loop {
            libc::pause();
        }
    }
}

/// Puts a /proc with the numbers of this process's namespace over the one that is there, for this
/// process alone. Whether that was possible.
fn mount_proc() -> bool {
    let flags = libc::MS_NOSUID | libc::MS_NODEV | libc::MS_NOEXEC;
    let none = ptr::null();
    // SAFETY: numbers, strings that end in NUL, and null where nothing is needed.
    unsafe {
        libc::unshare(libc::CLONE_NEWNS) == 0
            && libc::mount(none, c"/".as_ptr(), none, libc::MS_REC | libc::MS_SLAVE, none.cast()) == 0
            && libc::mount(c"proc".as_ptr(), c"/proc".as_ptr(), c"proc".as_ptr(), flags, none.cast()) == 0
    }
}
