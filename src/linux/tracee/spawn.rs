//! A program is started: with a terminal of its own to print to, under the filter, and traced
//! before it makes its first call.

use std::ffi::{CStr, CString, OsString};
use std::fs::File;
use std::io::{self, Write};
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd, RawFd};
use std::os::unix::ffi::OsStrExt;
use std::ptr;

use super::ptrace::{self, Tid};
use super::terminal::{name_of, terminal};
use super::{filter, limits};
use crate::linux::pid_namespace::PidNamespace;

/// What a program does.
pub enum Body {
    /// It is a line for the shell.
    Line(OsString),
    /// It is this program itself, with this command line.
    Own(Vec<OsString>),
}

/// Where a program reads from.
pub enum Input<'a> {
    /// Where this process does.
    Inherited,
    /// From nowhere.
    Nothing,
    /// These bytes.
    Bytes(&'a [u8]),
}

/// A program that has been started.
pub struct Program {
    /// Its first process.
    pub pid: Tid,
    /// What it prints arrives here.
    pub screen: File,
    /// What `/proc` calls its own side of that.
    pub screen_name: String,
}

/// What the stage holds of a program, apart from its calls.
#[derive(Clone, Copy, Debug)]
pub struct Setting<'a> {
    /// Time and chance.
    pub held: filter::Held,
    /// Where it gets its process number.
    pub numbers: Option<&'a PidNamespace>,
}

/// Starts a program. It stands still, traced, until it is let go.
///
/// # Errors
/// What fork(2) and its like report; `EPERM` when this process may not trace its children.
pub fn start(
    body: &Body,
    input: &Input<'_>,
    complaints: Option<&File>,
    setting: Setting<'_>,
) -> io::Result<Program> {
    let (screen, terminal) = terminal()?;
    let screen_name = name_of(&terminal);
    let stdin = input_file(input)?;
    let (gate, key) = io::pipe()?;
    let filter = filter::program(setting.held);
    let command = Command::of(body)?;
    // SAFETY: this process has a single thread, so that its copy may do whatever it likes.
    let pid = match unsafe { libc::fork() } {
        -1 => return Err(io::Error::last_os_error()),
        0 => {
            drop(key);
            let own = terminal.as_raw_fd();
            let errors = complaints.map_or(own, AsRawFd::as_raw_fd);
            let descriptors = [stdin.as_ref().map(AsRawFd::as_raw_fd), Some(own), Some(errors)];
            let code = child(&command, descriptors, gate.into(), &filter, setting);
            // SAFETY: it ends the process, and with it everything that could be in its way.
            unsafe { libc::_exit(code) }
        }
        pid => pid,
    };
    drop(gate);
    ptrace::seize(pid).inspect_err(|_| kill(pid))?;
    // A child that has ended already will be told of by waitpid(2).
    let _ = File::from(OwnedFd::from(key)).write_all(&[1]);
    Ok(Program { pid, screen: screen.into(), screen_name })
}

/// Starts a program that nobody traces; it prints where this process does. Its number.
///
/// # Errors
/// What fork(2) and its like report.
pub fn start_untraced(body: &Body, input: &Input<'_>, numbers: Option<&PidNamespace>) -> io::Result<Tid> {
    let stdin = input_file(input)?;
    let command = Command::of(body)?;
    // SAFETY: no other thread of this process does anything now, so that its copy may do whatever it
    // likes.
    match unsafe { libc::fork() } {
        -1 => Err(io::Error::last_os_error()),
        0 => {
            // Without a /proc of its own, the program sees the numbers of outside there.
            let _ = numbers.map(PidNamespace::furnish);
            furnish([stdin.as_ref().map(AsRawFd::as_raw_fd), None, None]);
            let code = command.exec();
            // SAFETY: it ends the process, and with it everything that could be in its way.
            unsafe { libc::_exit(code) }
        }
        pid => Ok(pid),
    }
}

/// Whether a program that nobody traces has ended; it is forgotten then.
pub fn has_ended(pid: Tid) -> bool {
    // SAFETY: waitpid(2) with numbers alone; a child that is not there any more has ended.
    unsafe { libc::waitpid(pid, ptr::null_mut(), libc::WNOHANG) != 0 }
}

/// Ends every child of this process, and then those who become its children by that.
pub fn end_all() {
    // Each is the child of one of the threads.
    let of_thread = |thread: std::fs::DirEntry| std::fs::read_to_string(thread.path().join("children")).ok();
    let children = || {
        let threads = std::fs::read_dir("/proc/self/task").into_iter().flatten().flatten();
        threads.filter_map(of_thread).collect::<String>()
    };
    loop {
        let found: Vec<Tid> = children().split_whitespace().filter_map(|pid| pid.parse().ok()).collect();
        if found.is_empty() {
            return;
        }
        found.into_iter().for_each(kill);
    }
}

fn input_file(input: &Input<'_>) -> io::Result<Option<OwnedFd>> {
    Ok(match input {
        Input::Inherited => None,
        Input::Nothing => Some(OwnedFd::from(File::open("/dev/null")?)),
        Input::Bytes(bytes) => Some(file_of(bytes)?),
    })
}

/// A program's file and its command line.
struct Command {
    path: &'static CStr,
    words: Vec<CString>,
}

impl Command {
    fn of(body: &Body) -> io::Result<Command> {
        let word = |word: &OsString| CString::new(word.as_bytes()).map_err(io::Error::from);
        Ok(match body {
            Body::Line(line) => {
                Command { path: c"/bin/sh", words: vec![c"sh".into(), c"-c".into(), word(line)?] }
            }
            Body::Own(words) => {
                Command { path: c"/proc/self/exe", words: words.iter().map(word).collect::<Result<_, _>>()? }
            }
        })
    }

    /// Makes this process the program. It returns the exit code if it cannot be that.
    fn exec(&self) -> i32 {
        let arguments: Vec<_> =
            self.words.iter().map(|word| word.as_ptr()).chain(std::iter::once(ptr::null())).collect();
        // SAFETY: the arguments are strings that end in NUL, and their list ends in a null.
        unsafe { libc::execv(self.path.as_ptr(), arguments.as_ptr()) };
        let error = io::Error::last_os_error();
        let _ = writeln!(io::stderr(), "execve({}): {error}", self.path.to_string_lossy());
        127
    }
}

/// Ends a child that is not traced, and forgets it.
fn kill(pid: Tid) {
    // SAFETY: both calls take numbers, and the process is a child of this one that was not waited
    // for yet, so that nobody else can have its number.
    unsafe {
        libc::kill(pid, libc::SIGKILL);
        libc::waitpid(pid, ptr::null_mut(), 0);
    }
}

/// What a child does before it is the program. It returns the exit code if it cannot be that.
fn child(
    command: &Command,
    descriptors: [Option<RawFd>; 3],
    gate: OwnedFd,
    filter: &[libc::sock_filter],
    setting: Setting<'_>,
) -> i32 {
    // Nobody comes through before the tracer has opened.
    let mut token = [0];
    if !matches!(io::Read::read(&mut File::from(gate), &mut token), Ok(1)) {
        return 126;
    }
    if let Some(numbers) = setting.numbers {
        // Without a /proc of its own, the program sees the numbers of outside there.
        let _ = numbers.furnish();
    }
    furnish(descriptors);
    if setting.held.chance {
        fix_addresses();
    }
    if let Err(error) = filter::install(filter) {
        // It goes to the program's own screen, where it is seen.
        let _ = writeln!(io::stderr(), "prctl(PR_SET_SECCOMP): {error}");
        return 126;
    }
    command.exec()
}

/// Gives a child its input, its screen, a process group, and the signals that a program begins with.
fn furnish([stdin, terminal, errors]: [Option<RawFd>; 3]) {
    limits::restore();
    // SAFETY: calls that take numbers, or a set of signals that is live.
    unsafe {
        libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL);
        // What it sends to its group (kill(2) with 0) is not for this process. But only the group in the
        // foreground may read what a person types (credentials(7)): with that, it stays in this one's.
        if stdin.is_some() || libc::isatty(0) == 0 {
            libc::setpgid(0, 0);
        }
        for (from, to) in [(stdin, 0), (terminal, 1), (errors, 2)] {
            if let Some(from) = from {
                libc::dup2(from, to);
            }
        }
        // The program gets the small numbers for its sockets that it would get without us.
        libc::syscall(libc::SYS_close_range, 3, libc::c_uint::MAX, 0);
        // Rust ignores this one, and a program inherits that.
        libc::signal(libc::SIGPIPE, libc::SIG_DFL);
        libc::signal(libc::SIGINT, libc::SIG_DFL);
        libc::signal(libc::SIGTERM, libc::SIG_DFL);
        libc::signal(libc::SIGHUP, libc::SIG_DFL);
        libc::signal(libc::SIGALRM, libc::SIG_DFL);
        let mut none: libc::sigset_t = std::mem::zeroed();
        libc::sigemptyset(&raw mut none);
        libc::sigprocmask(libc::SIG_SETMASK, &raw const none, ptr::null_mut());
    }
}

/// Has the kernel lay out this process's memory, and that of the program it becomes, the same way
/// every time (personality(2)). Where that is refused, addresses differ.
fn fix_addresses() {
    // SAFETY: personality(2) takes numbers alone; the first call only asks.
    unsafe {
        let now = libc::personality(0xffff_ffff);
        if now != -1 {
            libc::personality((now | libc::ADDR_NO_RANDOMIZE) as libc::c_ulong);
        }
    }
}

/// A file in memory that holds these bytes, to be read from the start.
fn file_of(bytes: &[u8]) -> io::Result<OwnedFd> {
    let mut file = nameless_file()?;
    file.write_all(bytes)?;
    io::Seek::rewind(&mut file)?;
    Ok(file.into())
}

/// An empty file in memory (memfd_create(2)).
///
/// # Errors
/// What memfd_create(2) reports.
pub fn nameless_file() -> io::Result<File> {
    // SAFETY: the name is a string that ends in NUL.
    let descriptor = unsafe { libc::memfd_create(c"socklab".as_ptr(), libc::MFD_CLOEXEC) };
    if descriptor == -1 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: the descriptor is new, and nobody else has it.
    Ok(unsafe { File::from_raw_fd(descriptor) })
}
