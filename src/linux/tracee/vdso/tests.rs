//! Small programs are started, given a clock before their first instruction, and asked for the time.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::os::unix::process::CommandExt;
use std::process::{ChildStdin, ChildStdout, Command, Stdio};

use super::code::{self, Code, JUMP};
use super::{Clock, Times, auxv, elf, plan};
use crate::linux::tracee::ptrace::{self, Tid};

/// 2031-03-04 05:06:07.891234567 UTC, and 1000.5 s after some beginning.
const TIMES: Times = Times { monotonic: 1_000_500_000_000, wall: 1_930_367_167_891_234_567 };

/// Python that prints the time by every clock there is, whenever it is asked, until it is not.
const CLOCKS: &str = r"
import sys, time
for line in sys.stdin:
    wall = [time.CLOCK_REALTIME, 5, 8, time.CLOCK_TAI]
    monotonic = [time.CLOCK_MONOTONIC, time.CLOCK_MONOTONIC_RAW, 6, time.CLOCK_BOOTTIME, 9]
    print({time.clock_gettime_ns(clock) for clock in wall}, time.time_ns(),
          {time.clock_gettime_ns(clock) for clock in monotonic}, time.monotonic_ns(), flush=True)
";

/// Python that calls the functions themselves, with pointers to nothing.
const NULLS: &str = r"
import ctypes
vdso, two = ctypes.CDLL('linux-vdso.so.1'), (ctypes.c_long * 2)(7, 7)
print(vdso.__vdso_gettimeofday(two, None), *two, vdso.__vdso_gettimeofday(None, two), *two,
      vdso.__vdso_gettimeofday(None, None), vdso.__vdso_time(None), vdso.__vdso_time(two), two[0],
      vdso.__vdso_clock_gettime(99, two))
if hasattr(vdso, '__vdso_getrandom'):
    print(vdso.__vdso_getrandom(None, ctypes.c_long(0), 0, two, ctypes.c_long(-1)),
          vdso.__vdso_getrandom(two, ctypes.c_long(16), 0, None, ctypes.c_long(0)))
else:
    print(-38, 16)
";

/// A program that stands in its exec stop.
struct Traced {
    pid: Tid,
    input: Option<ChildStdin>,
    output: BufReader<ChildStdout>,
}

/// Starts Python, itself: what is called so may be a script that looks for it.
fn python(program: &str) -> Option<Traced> {
    let asked = Command::new("python3").args(["-c", "import sys; print(sys.executable, end='')"]).output();
    let path = asked.ok().and_then(|output| String::from_utf8(output.stdout).ok()).unwrap_or_default();
    start(if path.is_empty() { "python3" } else { &path }, &["-c", program])
}

/// Starts a program; none, aloud, where it is not installed or may not be traced.
fn start(program: &str, arguments: &[&str]) -> Option<Traced> {
    // SAFETY: the request takes no arguments.
    let trace_me = || match unsafe { libc::ptrace(libc::PTRACE_TRACEME) } {
        -1 => Err(io::Error::last_os_error()),
        _ => Ok(()),
    };
    let mut command = Command::new(program);
    command.args(arguments).env("TZ", "UTC").stdin(Stdio::piped()).stdout(Stdio::piped());
    // SAFETY: between fork and exec it makes one system call and allocates nothing.
    unsafe { command.pre_exec(trace_me) };
    let mut child = match command.spawn() {
        Ok(child) => child,
        Err(error) => {
            let _ = writeln!(io::stderr(), "skipped: {program}: {error}");
            return None;
        }
    };
    let pid = child.id() as Tid;
    assert!(libc::WIFSTOPPED(wait(pid)));
    let options = libc::PTRACE_O_EXITKILL | libc::PTRACE_O_TRACEFORK;
    // SAFETY: the request takes numbers; the process is this thread's, and stands still.
    assert_eq!(unsafe { libc::ptrace(libc::PTRACE_SETOPTIONS, pid, 0, options) }, 0);
    let output = BufReader::new(child.stdout.take()?);
    Some(Traced { pid, input: child.stdin.take(), output })
}

impl Traced {
    /// Asks for a line.
    fn ask(&mut self) -> String {
        writeln!(self.input.as_mut().unwrap()).unwrap();
        let mut line = String::new();
        self.output.read_line(&mut line).unwrap();
        line
    }

    /// Lets it run to its end; all that it prints.
    fn rest(mut self) -> String {
        self.input = None;
        let mut text = String::new();
        self.output.read_to_string(&mut text).unwrap();
        assert_eq!(wait(self.pid), 0, "{text}");
        text
    }
}

fn wait(pid: Tid) -> libc::c_int {
    let mut status = 0;
    // SAFETY: waitpid(2) writes one number, which is live.
    assert_eq!(unsafe { libc::waitpid(pid, &raw mut status, libc::__WALL) }, pid);
    status
}

/// The bytes of this process's own vDSO.
fn own_vdso() -> Vec<u8> {
    let pid = std::process::id() as Tid;
    let base = auxv::value(pid, libc::AT_SYSINFO_EHDR).unwrap().unwrap();
    let mut image = vec![0; super::length(pid, base).unwrap()];
    std::os::unix::fs::FileExt::read_exact_at(&super::open(pid).unwrap(), &mut image, base).unwrap();
    image
}

#[test]
fn every_clock_says_what_it_is_set_to() {
    let Some(mut traced) = python(CLOCKS) else { return };
    let clock = Clock::install(traced.pid, TIMES).unwrap();
    ptrace::go_on(traced.pid, 0);
    let said = |Times { monotonic, wall }| format!("{{{wall}}} {wall} {{{monotonic}}} {monotonic}\n");
    assert_eq!(traced.ask(), said(TIMES));
    let later = Times { monotonic: TIMES.monotonic + 1, wall: TIMES.wall + 3_600_000_000_000 };
    // It waits for a line meanwhile, and is not stopped.
    clock.set(later).unwrap();
    assert_eq!(traced.ask(), said(later));
    traced.rest();
    assert_eq!(clock.set(later).unwrap_err().raw_os_error(), Some(libc::ESRCH));
}

#[test]
fn a_clock_of_cpu_time_is_real() {
    let program = "import time; print(0 < time.process_time() < 60, 0 < time.thread_time() < 60, \
                   0 < time.clock_gettime(time.pthread_getcpuclockid(__import__('threading').get_ident())) < 60)";
    let Some(traced) = python(program) else { return };
    Clock::install(traced.pid, TIMES).unwrap();
    ptrace::go_on(traced.pid, 0);
    assert_eq!(traced.rest(), "True True True\n");
}

#[test]
fn the_other_functions_do_what_they_are_documented_to() {
    let Some(traced) = python(NULLS) else { return };
    Clock::install(traced.pid, TIMES).unwrap();
    ptrace::go_on(traced.pid, 0);
    // The second call clears a time zone, which is as long as one word. -22 is EINVAL, -38 ENOSYS.
    let said = "0 1930367167 891234 0 0 891234 0 1930367167 1930367167 1930367167 -22\n-38 16\n";
    assert_eq!(traced.rest(), said);
}

#[test]
fn a_program_of_c_is_told_the_same() {
    let Some(traced) = start("date", &["+%F %T.%N"]) else { return };
    Clock::install(traced.pid, TIMES).unwrap();
    ptrace::go_on(traced.pid, 0);
    assert_eq!(traced.rest(), "2031-03-04 05:06:07.891234567\n");
}

#[test]
fn a_child_has_a_clock_of_its_own() {
    let program =
        "import os, sys, time\nchild = os.fork()\nif child: os.waitpid(child, 0)\nprint(time.time_ns())";
    let Some(traced) = python(program) else { return };
    let clock = Clock::install(traced.pid, TIMES).unwrap();
    ptrace::go_on(traced.pid, 0);
    assert_eq!(wait(traced.pid) >> 8, libc::SIGTRAP | libc::PTRACE_EVENT_FORK << 8);
    let mut child: libc::c_ulong = 0;
    // SAFETY: the request writes one number, which is live.
    unsafe { libc::ptrace(libc::PTRACE_GETEVENTMSG, traced.pid, 0, &raw mut child) };
    let child = child as Tid;
    wait(child);
    clock.of_child(child).unwrap().set(Times { wall: 5, ..TIMES }).unwrap();
    ptrace::go_on(child, 0);
    ptrace::go_on(traced.pid, 0);
    // The parent's SIGCHLD is a stop, too.
    assert_eq!(wait(child), 0);
    assert_eq!(wait(traced.pid) >> 8, libc::SIGCHLD);
    ptrace::go_on(traced.pid, libc::SIGCHLD);
    assert_eq!(traced.rest(), format!("5\n{}\n", TIMES.wall));
}

#[test]
fn a_hidden_vdso_is_not_there() {
    let program = "import ctypes; getauxval = ctypes.CDLL(None).getauxval; getauxval.restype = ctypes.c_ulong; \
                   print(getauxval(33), ctypes.string_at(getauxval(25), 16))";
    let Some(traced) = python(program) else { return };
    auxv::hide_vdso(traced.pid).unwrap();
    auxv::set_random(traced.pid, *b"sixteen of bytes").unwrap();
    ptrace::go_on(traced.pid, 0);
    assert_eq!(traced.rest(), "0 b'sixteen of bytes'\n");
}

#[test]
fn the_code_goes_where_there_is_room() {
    let (image, code) = (own_vdso(), code::code().unwrap());
    let object = elf::Object::read(&image).unwrap();
    let body = object.function("__vdso_clock_gettime").unwrap();
    // Behind its end, where that is empty.
    assert!(plan(&image, &code).unwrap().place >= object.end);
    // Else in the largest body, behind the jump.
    let short = plan(&image[..object.end], &code).unwrap();
    assert!((body.start + JUMP..body.end).contains(&short.place));
    // Else nowhere.
    let large = Code { bytes: Box::leak(vec![0; image.len()].into()), ..code };
    assert!(plan(&image, &large).is_none());
}

#[test]
fn no_vdso_whatever_is_in_it_breaks_the_reader() {
    let (image, code) = (own_vdso(), code::code().unwrap());
    for length in 0..image.len() {
        plan(&image[..length], &code);
    }
    // Every byte of the headers and tables is once as large as can be, and once as small.
    for at in 0..image.len() {
        for byte in [0, 0xff] {
            let mut image = image.clone();
            image[at] = byte;
            plan(&image, &code);
        }
    }
}
