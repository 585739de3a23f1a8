//! Which system calls stop a traced program: a seccomp filter (seccomp(2)), which leaves all other
//! calls as fast as they are.

use std::io;

use super::vdso;

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
    libc::SYS_kill,
    libc::SYS_tkill,
    libc::SYS_tgkill,
    libc::SYS_rt_sigqueueinfo,
    libc::SYS_rt_tgsigqueueinfo,
    libc::SYS_pidfd_send_signal,
    libc::SYS_signalfd4,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_dup2,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_signalfd,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_poll,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_select,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_epoll_wait,
];

/// Those that wait for a time, set a timer or ask a clock, where the clock is the stage's.
const TIMED: &[libc::c_long] = &[
    libc::SYS_nanosleep,
    libc::SYS_clock_nanosleep,
    libc::SYS_rt_sigtimedwait,
    libc::SYS_semtimedop,
    libc::SYS_mq_timedreceive,
    libc::SYS_mq_timedsend,
    libc::SYS_setitimer,
    libc::SYS_getitimer,
    libc::SYS_timer_create,
    libc::SYS_timer_settime,
    libc::SYS_timer_gettime,
    libc::SYS_timerfd_settime,
    libc::SYS_timerfd_gettime,
    libc::SYS_times,
    libc::SYS_sysinfo,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_alarm,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_time,
];

/// Those that ask a clock: none of these stops that the stage's own code in the vDSO makes.
const CLOCKS: &[libc::c_long] = &[libc::SYS_clock_gettime, libc::SYS_gettimeofday];

/// Those that draw random numbers, where the stage holds chance.
const RANDOM: &[libc::c_long] = &[libc::SYS_getrandom];

/// What the stage holds besides the calls on sockets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Held {
    /// Time.
    pub time: bool,
    /// Chance.
    pub chance: bool,
}

/// Calls that would go past the filter: what io_uring does, it does without a call. Programs that
/// are refused it (`ENOSYS`) go the usual way instead.
const DENIED: &[libc::c_long] =
    &[libc::SYS_io_uring_setup, libc::SYS_io_uring_enter, libc::SYS_io_uring_register];

/// The kind of system calls whose numbers these are (`linux/audit.h`): the machine, 64 bits, the
/// lowest byte first. Programs of another kind, 32-bit ones, run unseen.
const KIND: u32 = MACHINE as u32 | 0x8000_0000 | 0x4000_0000;

/// `FUTEX_LOCK_PI2` (`linux/futex.h`).
const FUTEX_LOCK_PI2: libc::c_int = 13;

#[cfg(target_arch = "x86_64")]
const MACHINE: u16 = libc::EM_X86_64;
#[cfg(target_arch = "aarch64")]
const MACHINE: u16 = libc::EM_AARCH64;

/// Where the fields are in `struct seccomp_data`.
const NUMBER: u32 = 0;
const ARCHITECTURE: u32 = 4;

/// Where an argument is there: its lower half, then its upper one.
const fn argument(index: u32) -> u32 {
    16 + 8 * index
}

/// The filter's program: classic BPF over `struct seccomp_data`, which has the call's number first
/// and its kind after that.
pub fn program(held: Held) -> Vec<libc::sock_filter> {
    let step = |code: u32, then: usize, otherwise: usize, value: u32| libc::sock_filter {
        code: code as u16,
        jt: then as u8,
        jf: otherwise as u8,
        k: value,
    };
    let load = |field: u32| step(libc::BPF_LD | libc::BPF_W | libc::BPF_ABS, 0, 0, field);
    let equal =
        |then, otherwise, value| step(libc::BPF_JMP | libc::BPF_JEQ | libc::BPF_K, then, otherwise, value);
    let decide = |action: u32| step(libc::BPF_RET | libc::BPF_K, 0, 0, action);
    let (allow, trace) = (libc::SECCOMP_RET_ALLOW, libc::SECCOMP_RET_TRACE);

    let mut program = vec![load(ARCHITECTURE), equal(1, 0, KIND), decide(allow), load(NUMBER)];
    if held.time {
        // A futex waits for a time only with an address of one, and only in some operations.
        let waits = [
            libc::FUTEX_WAIT,
            libc::FUTEX_WAIT_BITSET,
            libc::FUTEX_LOCK_PI,
            libc::FUTEX_WAIT_REQUEUE_PI,
            FUTEX_LOCK_PI2,
        ];
        let mut futex = vec![
            load(argument(1)),
            step(libc::BPF_ALU | libc::BPF_AND | libc::BPF_K, 0, 0, libc::FUTEX_CMD_MASK as u32),
        ];
        for (index, &operation) in waits.iter().enumerate() {
            futex.push(equal(waits.len() - index, 0, operation as u32));
        }
        futex.push(decide(allow));
        futex.extend([load(argument(3)), equal(0, 2, 0), load(argument(3) + 4), equal(1, 0, 0)]);
        futex.extend([decide(trace), decide(allow)]);
        program.push(equal(0, futex.len(), libc::SYS_futex as u32));
        program.extend(futex);
        for &number in CLOCKS {
            let asks = [load(argument(5)), equal(0, 1, vdso::MAGIC as u32), decide(allow), decide(trace)];
            program.push(equal(0, asks.len(), number as u32));
            program.extend(asks);
        }
    }
    let mut chosen = CHOSEN.to_vec();
    chosen.extend(TIMED.iter().filter(|_| held.time));
    chosen.extend(RANDOM.iter().filter(|_| held.chance));
    // Behind the list stand the three decisions: leave it alone, deny it, stop at it.
    let end = DENIED.len() + chosen.len();
    for (index, &number) in DENIED.iter().enumerate() {
        program.push(equal(end - index, 0, number as u32));
    }
    for (index, &number) in chosen.iter().enumerate() {
        program.push(equal(end - DENIED.len() - index + 1, 0, number as u32));
    }
    program.extend([decide(allow), decide(libc::SECCOMP_RET_ERRNO | libc::ENOSYS as u32), decide(trace)]);
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
    use super::{CHOSEN, CLOCKS, DENIED, FUTEX_LOCK_PI2, Held, KIND, RANDOM, TIMED, program};
    use crate::linux::tracee::vdso;

    const ALL: Held = Held { time: true, chance: true };
    const NONE: Held = Held { time: false, chance: false };

    /// What the filter says of a call: a small machine for the instructions that it uses.
    fn decide(held: Held, kind: u32, number: libc::c_long, args: [u64; 6]) -> u32 {
        let mut data = vec![number as u32, kind, 0, 0];
        data.extend(args.iter().flat_map(|&argument| [argument as u32, (argument >> 32) as u32]));
        let (program, mut at, mut loaded) = (program(held), 0, 0);
        loop {
            let step = program[at];
            at += 1;
            match u32::from(step.code) & 0x07 {
                libc::BPF_LD => loaded = data[step.k as usize / 4],
                libc::BPF_ALU => loaded &= step.k,
                libc::BPF_JMP => at += usize::from(if loaded == step.k { step.jt } else { step.jf }),
                _ => return step.k,
            }
        }
    }

    fn stops(held: Held, number: libc::c_long, args: [u64; 6]) -> bool {
        decide(held, KIND, number, args) == libc::SECCOMP_RET_TRACE
    }

    #[test]
    fn chosen_calls_stop_and_no_others() {
        for held in [ALL, NONE] {
            assert!(CHOSEN.iter().all(|&number| stops(held, number, [0; 6])));
            for &number in DENIED {
                let answer = decide(held, KIND, number, [0; 6]);
                assert_eq!(answer, libc::SECCOMP_RET_ERRNO | libc::ENOSYS as u32);
            }
            for number in [libc::SYS_openat, libc::SYS_mmap, libc::SYS_ptrace] {
                assert_eq!(decide(held, KIND, number, [0; 6]), libc::SECCOMP_RET_ALLOW);
            }
            assert_eq!(decide(held, KIND ^ 1, libc::SYS_socket, [0; 6]), libc::SECCOMP_RET_ALLOW);
        }
        for number in TIMED.iter().chain(CLOCKS).chain(RANDOM) {
            assert!(stops(ALL, *number, [0; 6]) && !stops(NONE, *number, [0; 6]));
        }
    }

    #[test]
    fn a_futex_stops_only_where_it_waits_for_a_time() {
        let with = |operation: libc::c_int, time: u64| {
            stops(ALL, libc::SYS_futex, [1, operation as u64, 0, time, 0, 0])
        };
        for operation in [libc::FUTEX_WAIT, libc::FUTEX_WAIT_BITSET, libc::FUTEX_LOCK_PI, FUTEX_LOCK_PI2] {
            let private = operation | libc::FUTEX_PRIVATE_FLAG | libc::FUTEX_CLOCK_REALTIME;
            assert!(with(operation, 1) && with(private, 1) && with(operation, 1 << 40));
            assert!(!with(operation, 0));
        }
        // Here the argument is a count.
        assert!(!with(libc::FUTEX_WAKE, 1) && !with(libc::FUTEX_REQUEUE, 1));
        assert!(!stops(NONE, libc::SYS_futex, [1, 0, 0, 1, 0, 0]));
    }

    #[test]
    fn the_clocks_own_code_does_not_stop() {
        for &number in CLOCKS {
            assert!(!stops(ALL, number, [2, 0, 0, 0, 0, vdso::MAGIC]));
        }
    }
}
