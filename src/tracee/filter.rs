//! Which system calls stop a traced program: a seccomp filter (seccomp(2)), which leaves all other
//! calls as fast as they are.

use std::io;

/// The calls that the stage has to know about, by their numbers on this machine.
const CHOSEN: &[libc::c_long] = &[
    libc::SYS_socket,
    libc::SYS_setsockopt,
    libc::SYS_getsockopt,
    libc::SYS_getsockname,
    libc::SYS_getpeername,
    libc::SYS_bind,
    libc::SYS_listen,
    libc::SYS_connect,
    libc::SYS_accept,
    libc::SYS_accept4,
    libc::SYS_shutdown,
    libc::SYS_sendto,
    libc::SYS_sendmsg,
    libc::SYS_sendmmsg,
    libc::SYS_recvfrom,
    libc::SYS_recvmsg,
    libc::SYS_recvmmsg,
    libc::SYS_read,
    libc::SYS_readv,
    libc::SYS_write,
    libc::SYS_writev,
    libc::SYS_sendfile,
    libc::SYS_splice,
    libc::SYS_close,
    libc::SYS_close_range,
    libc::SYS_dup3,
    libc::SYS_execve,
    libc::SYS_execveat,
    libc::SYS_ppoll,
    libc::SYS_pselect6,
    libc::SYS_epoll_pwait,
    libc::SYS_epoll_pwait2,
    libc::SYS_nanosleep,
    libc::SYS_clock_nanosleep,
    libc::SYS_setitimer,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_dup2,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_poll,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_select,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_epoll_wait,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_alarm,
];

/// Calls that would go past the filter: what io_uring does, it does without a call. Programs that
/// are refused it (`ENOSYS`) go the usual way instead.
const DENIED: &[libc::c_long] =
    &[libc::SYS_io_uring_setup, libc::SYS_io_uring_enter, libc::SYS_io_uring_register];

/// The kind of system calls whose numbers these are (`linux/audit.h`): the machine, 64 bits, the
/// lowest byte first. Programs of another kind, 32-bit ones, run unseen.
const KIND: u32 = MACHINE as u32 | 0x8000_0000 | 0x4000_0000;

#[cfg(target_arch = "x86_64")]
const MACHINE: u16 = libc::EM_X86_64;
#[cfg(target_arch = "aarch64")]
const MACHINE: u16 = libc::EM_AARCH64;

/// The filter's program: classic BPF over `struct seccomp_data`, which has the call's number first
/// and its kind after that.
pub fn program() -> Vec<libc::sock_filter> {
    let step = |code: u32, then: usize, otherwise: usize, value: u32| libc::sock_filter {
        code: code as u16,
        jt: then as u8,
        jf: otherwise as u8,
        k: value,
    };
    let load = libc::BPF_LD | libc::BPF_W | libc::BPF_ABS;
    let equal = libc::BPF_JMP | libc::BPF_JEQ | libc::BPF_K;
    let decide = |action: u32| step(libc::BPF_RET | libc::BPF_K, 0, 0, action);

    let mut program = vec![step(load, 0, 0, 4), step(equal, 1, 0, KIND), decide(libc::SECCOMP_RET_ALLOW)];
    program.push(step(load, 0, 0, 0));
    // Behind the list stand the three decisions: leave it alone, deny it, stop at it.
    let end = DENIED.len() + CHOSEN.len();
    for (index, &number) in DENIED.iter().enumerate() {
        program.push(step(equal, end - index, 0, number as u32));
    }
    for (index, &number) in CHOSEN.iter().enumerate() {
        program.push(step(equal, end - DENIED.len() - index + 1, 0, number as u32));
    }
    program.push(decide(libc::SECCOMP_RET_ALLOW));
    program.push(decide(libc::SECCOMP_RET_ERRNO | libc::ENOSYS as u32));
    program.push(decide(libc::SECCOMP_RET_TRACE));
    program
}

/// Puts this process, and all that it becomes and makes, under the filter. It makes two calls and
/// allocates nothing: the process may be a fork.
///
/// # Errors
/// What prctl(2) reports: `EINVAL` where the kernel has no such filters.
pub fn install(program: &[libc::sock_filter]) -> io::Result<()> {
    let program = libc::sock_fprog { len: program.len() as u16, filter: program.as_ptr().cast_mut() };
    // SAFETY: prctl(2) takes numbers here.
    let answer = unsafe { libc::prctl(libc::PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) };
    if answer == -1 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: the program is live, and the kernel only reads it.
    match unsafe { libc::prctl(libc::PR_SET_SECCOMP, libc::SECCOMP_MODE_FILTER, &raw const program) } {
        -1 => Err(io::Error::last_os_error()),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::{CHOSEN, DENIED, KIND, program};

    /// What the filter says of a call: a small machine for the four instructions that it uses.
    fn decide(kind: u32, number: libc::c_long) -> u32 {
        let (program, mut at, mut loaded) = (program(), 0, 0);
        loop {
            let step = program[at];
            at += 1;
            match u32::from(step.code) & 0x07 {
                libc::BPF_LD => loaded = if step.k == 4 { kind } else { number as u32 },
                libc::BPF_JMP => at += usize::from(if loaded == step.k { step.jt } else { step.jf }),
                _ => return step.k,
            }
        }
    }

    #[test]
    fn chosen_calls_stop_and_no_others() {
        assert!(CHOSEN.iter().all(|&number| decide(KIND, number) == libc::SECCOMP_RET_TRACE));
        for &number in DENIED {
            assert_eq!(decide(KIND, number), libc::SECCOMP_RET_ERRNO | libc::ENOSYS as u32);
        }
        for number in [libc::SYS_openat, libc::SYS_futex, libc::SYS_ptrace] {
            assert_eq!(decide(KIND, number), libc::SECCOMP_RET_ALLOW);
        }
        assert_eq!(decide(KIND ^ 1, libc::SYS_socket), libc::SECCOMP_RET_ALLOW);
    }
}
