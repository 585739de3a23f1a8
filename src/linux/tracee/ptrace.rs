//! ptrace(2), one function a request, and what waitpid(2) says of a program that is traced.

use std::io;

/// The number of a thread, as the kernel counts them; a process has its first thread's.
pub type Tid = libc::pid_t;

/// How a process ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// By itself, with this exit code.
    Exit(i32),
    /// By this signal.
    Signal(i32),
}

/// Why a thread stands still, or is no more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stop {
    /// It has just been born, or is to be looked at again after a stop of its whole group.
    Born,
    /// At the entry to a call that the filter chose.
    Entry,
    /// At the exit of a call.
    Exit,
    /// A signal is about to reach it.
    Signal(i32),
    /// This signal has stopped its whole group, until another lets it go on.
    Group(i32),
    /// It has made another thread or process.
    Parent(Tid),
    /// It has made a process, and stands still until that one runs a program of its own or ends.
    ParentThatWaits(Tid),
    /// That has happened.
    WaitedForChild,
    /// It runs another program now; it was this thread before.
    Program(Tid),
    /// It is about to end, and still has its descriptors.
    Ending,
    /// It is no more.
    Ended(Ending),
}

/// A call as the kernel found it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its number.
    pub number: libc::c_long,
    /// Its arguments.
    pub args: [u64; 6],
}

/// What is followed: other threads and processes of theirs; and that nobody outlives this process.
const OPTIONS: libc::c_int = libc::PTRACE_O_EXITKILL
    | libc::PTRACE_O_TRACESYSGOOD
    | libc::PTRACE_O_TRACESECCOMP
    | libc::PTRACE_O_TRACECLONE
    | libc::PTRACE_O_TRACEFORK
    | libc::PTRACE_O_TRACEVFORK
    | libc::PTRACE_O_TRACEVFORKDONE
    | libc::PTRACE_O_TRACEEXEC
    | libc::PTRACE_O_TRACEEXIT;

fn request(request: libc::c_uint, tid: Tid, address: usize, data: usize) -> io::Result<libc::c_long> {
    // SAFETY: every request below takes numbers, or pointers to memory that lives through the call.
    match unsafe { libc::ptrace(request, tid, address, data) } {
        -1 => Err(io::Error::last_os_error()),
        answer => Ok(answer),
    }
}

/// Begins to trace a process, without stopping it.
///
/// # Errors
/// `EPERM` where that is forbidden: by Yama (ptrace_scope), or by a filter of system calls.
pub fn seize(tid: Tid) -> io::Result<()> {
    request(libc::PTRACE_SEIZE, tid, 0, OPTIONS as usize).map(drop)
}

/// Whether somebody traces this process already, who then traces its children as well or would miss
/// what they do (proc(5), `TracerPid`).
pub fn is_traced() -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let tracer = status.lines().find_map(|line| line.strip_prefix("TracerPid:"));
    tracer.is_some_and(|pid| pid.trim() != "0")
}

/// Whether this process may trace its children at all.
///
/// # Errors
/// What fork(2) or the first request reports: `EPERM` where tracing is forbidden, or where this
/// process is itself traced by one that will not share.
pub fn is_allowed() -> io::Result<()> {
    // SAFETY: getpid(2) has no preconditions. The child waits for a signal and does nothing else.
    let (parent, child) = unsafe { (libc::getpid(), libc::fork()) };
    match child {
        -1 => return Err(io::Error::last_os_error()),
        // SAFETY: system calls with numbers alone.
        0 => unsafe {
            // Until it is traced, nothing else would end it along with its parent.
            libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL, 0, 0, 0);
            while libc::getppid() == parent {
                libc::pause();
            }
            libc::_exit(0)
        },
        _ => {}
    }
    // Without the option that would have it stop once more when it ends.
    let allowed = request(libc::PTRACE_SEIZE, child, 0, libc::PTRACE_O_EXITKILL as usize).map(drop);
    // SAFETY: the child is this process's own and was not waited for: nobody else has its number.
    unsafe {
        libc::kill(child, libc::SIGKILL);
        libc::waitpid(child, std::ptr::null_mut(), libc::__WALL);
    }
    allowed
}

/// Lets a thread go on, with a signal for it or 0.
pub fn go_on(tid: Tid, signal: i32) {
    // A thread that has been killed meanwhile says so by itself.
    let _ = request(libc::PTRACE_CONT, tid, 0, signal as usize);
}

/// Lets a thread go on to the exit of its call.
pub fn go_to_exit(tid: Tid) {
    let _ = request(libc::PTRACE_SYSCALL, tid, 0, 0);
}

/// Lets a thread make one step, with a signal for it: to the first instruction of the signal's
/// handler, if it has one.
pub fn step(tid: Tid, signal: i32) {
    let _ = request(libc::PTRACE_SINGLESTEP, tid, 0, signal as usize);
}

/// Wakes a thread that sleeps in a call, which the kernel then breaks off; it stops.
pub fn interrupt(tid: Tid) {
    let _ = request(libc::PTRACE_INTERRUPT, tid, 0, 0);
}

/// Sends a signal to a process or thread that is traced by this process, and that has not been told
/// of as ended: nobody else can have its number.
pub fn kill(tid: Tid, signal: i32) {
    // SAFETY: kill(2) takes numbers.
    unsafe { libc::kill(tid, signal) };
}

/// Leaves a thread in the stop of its group, until a signal ends that.
pub fn listen(tid: Tid) {
    let _ = request(libc::PTRACE_LISTEN, tid, 0, 0);
}

/// The number that came with the last stop.
fn message(tid: Tid) -> libc::c_ulong {
    let mut number: libc::c_ulong = 0;
    let _ = request(libc::PTRACE_GETEVENTMSG, tid, 0, (&raw mut number) as usize);
    number
}

/// How the thread that stands at its end will have ended.
pub fn ending(tid: Tid) -> Ending {
    let status = message(tid) as libc::c_int;
    match libc::WIFSIGNALED(status) {
        true => Ending::Signal(libc::WTERMSIG(status)),
        false => Ending::Exit(libc::WEXITSTATUS(status)),
    }
}

fn info(tid: Tid) -> io::Result<libc::ptrace_syscall_info> {
    // SAFETY: the structure is plain numbers, for which zeros are valid.
    let mut info: libc::ptrace_syscall_info = unsafe { std::mem::zeroed() };
    let size = size_of_val(&info);
    request(libc::PTRACE_GET_SYSCALL_INFO, tid, size, (&raw mut info) as usize)?;
    Ok(info)
}

/// The call at whose entry a thread stands.
///
/// # Errors
/// `ESRCH` when the thread is no more.
pub fn entry(tid: Tid) -> io::Result<Entry> {
    let info = info(tid)?;
    match info.op {
        libc::PTRACE_SYSCALL_INFO_SECCOMP => {
            // SAFETY: `op` says which part of the union is filled.
            let call = unsafe { info.u.seccomp };
            Ok(Entry { number: call.nr as libc::c_long, args: call.args })
        }
        _ => Err(io::ErrorKind::InvalidData.into()),
    }
}

/// What the call at whose exit a thread stands returned: a number, or minus an errno.
///
/// # Errors
/// `ESRCH` when the thread is no more.
pub fn result(tid: Tid) -> io::Result<i64> {
    let info = info(tid)?;
    match info.op {
        // SAFETY: `op` says which part of the union is filled.
        libc::PTRACE_SYSCALL_INFO_EXIT => Ok(unsafe { info.u.exit.sval }),
        _ => Err(io::ErrorKind::InvalidData.into()),
    }
}

/// Whether the signal at whose delivery a thread stands comes from the kernel: from the keyboard,
/// for SIGINT.
pub fn is_from_kernel(tid: Tid) -> bool {
    // SAFETY: a siginfo_t is plain numbers, for which zeros are valid.
    let mut info: libc::siginfo_t = unsafe { std::mem::zeroed() };
    request(libc::PTRACE_GETSIGINFO, tid, 0, (&raw mut info) as usize).is_ok()
        && info.si_code == libc::SI_KERNEL
}

/// The next thread that has stopped or ended, without waiting for one.
pub fn next_stop() -> Option<(Tid, Stop)> {
    wait(libc::WNOHANG)
}

/// The next thread that stops or ends; none if a signal for this process came first.
pub fn wait_for_stop() -> Option<(Tid, Stop)> {
    wait(0)
}

fn wait(flags: libc::c_int) -> Option<(Tid, Stop)> {
    let mut status = 0;
    // SAFETY: waitpid(2) writes one number, which is live.
    let tid = unsafe { libc::waitpid(-1, &raw mut status, libc::__WALL | flags) };
    (tid > 0).then(|| (tid, read(tid, status)))
}

/// Whether a thread has stopped or ended of which nobody has heard.
pub fn is_stop_waiting() -> bool {
    // SAFETY: a siginfo_t is plain numbers, for which zeros are valid.
    let mut info: libc::siginfo_t = unsafe { std::mem::zeroed() };
    let flags = libc::WEXITED | libc::WSTOPPED | libc::WNOHANG | libc::WNOWAIT | libc::__WALL;
    // SAFETY: waitid(2) writes one siginfo_t, which is live.
    let answer = unsafe { libc::waitid(libc::P_ALL, 0, &raw mut info, flags) };
    // SAFETY: the kernel has filled in what goes with SIGCHLD, or left the zeros.
    answer == 0 && unsafe { info.si_pid() } != 0
}

/// Has a signal of this process's own break off its waiting, every so often (setitimer(2)).
///
/// # Errors
/// What sigaction(2) and setitimer(2) report.
pub fn tick(every: std::time::Duration) -> io::Result<()> {
    extern "C" fn nothing(_: libc::c_int) {}
    // SAFETY: a sigaction is plain numbers and an address, for which zeros are valid.
    let mut action: libc::sigaction = unsafe { std::mem::zeroed() };
    // Without SA_RESTART, so that a call is broken off by it.
    action.sa_sigaction = nothing as extern "C" fn(libc::c_int) as libc::sighandler_t;
    let time = libc::timeval { tv_sec: 0, tv_usec: every.as_micros() as libc::suseconds_t };
    let timer = libc::itimerval { it_interval: time, it_value: time };
    // SAFETY: the action and the timer are live, and the handler does nothing at all.
    let failed = unsafe {
        libc::sigaction(libc::SIGALRM, &raw const action, std::ptr::null_mut()) == -1
            || libc::setitimer(libc::ITIMER_REAL, &raw const timer, std::ptr::null_mut()) == -1
    };
    if failed { Err(io::Error::last_os_error()) } else { Ok(()) }
}

/// Whether there is anybody to wait for: traced, or a child of this process.
pub fn is_anybody_left() -> bool {
    // Without `__WALL` process 1 of a namespace, which sends no signal when it ends, is not counted;
    // whoever is traced is, in any case.
    let flags = libc::WEXITED | libc::WNOHANG | libc::WNOWAIT;
    // SAFETY: waitid(2) accepts no place to write to.
    let answer = unsafe { libc::waitid(libc::P_ALL, 0, std::ptr::null_mut(), flags) };
    answer == 0 || io::Error::last_os_error().raw_os_error() != Some(libc::ECHILD)
}

/// Makes this process the parent of those whose own parent ends before them, so that it hears of
/// their end, and nobody stays behind as a zombie (`PR_SET_CHILD_SUBREAPER`, prctl(2)).
pub fn take_in_orphans() {
    // SAFETY: prctl(2) takes numbers here. It has not failed since Linux 3.4.
    unsafe { libc::prctl(libc::PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) };
}

fn read(tid: Tid, status: libc::c_int) -> Stop {
    if libc::WIFEXITED(status) {
        return Stop::Ended(Ending::Exit(libc::WEXITSTATUS(status)));
    }
    if libc::WIFSIGNALED(status) {
        return Stop::Ended(Ending::Signal(libc::WTERMSIG(status)));
    }
    let signal = libc::WSTOPSIG(status);
    match status >> 16 {
        0 if signal == libc::SIGTRAP | 0x80 => Stop::Exit,
        0 => Stop::Signal(signal),
        libc::PTRACE_EVENT_SECCOMP => Stop::Entry,
        libc::PTRACE_EVENT_CLONE | libc::PTRACE_EVENT_FORK => Stop::Parent(message(tid) as Tid),
        libc::PTRACE_EVENT_VFORK => Stop::ParentThatWaits(message(tid) as Tid),
        libc::PTRACE_EVENT_VFORK_DONE => Stop::WaitedForChild,
        libc::PTRACE_EVENT_EXEC => Stop::Program(message(tid) as Tid),
        libc::PTRACE_EVENT_EXIT => Stop::Ending,
        _ if signal == libc::SIGTRAP => Stop::Born,
        _ => Stop::Group(signal),
    }
}
