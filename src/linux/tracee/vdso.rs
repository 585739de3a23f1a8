//! The clock in a program's memory: the vDSO (vdso(7)), a small library of the kernel's that
//! programs ask for the time without a system call. Its functions are replaced, in the memory of
//! one program alone, by some that read the time from two words there. The words change when this
//! process writes them, and the program is not stopped for that.

mod code;
mod elf;
#[cfg(all(test, target_arch = "x86_64"))]
mod tests;

use std::fs::{self, File, OpenOptions};
use std::io;
use std::ops::Range;
use std::os::unix::fs::FileExt;

use self::code::{ALIGNMENT, Code, JUMP, jump};
use self::elf::Object;
use super::auxv;
use super::ptrace::Tid;

/// What a program's clocks say, in nanoseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Times {
    /// Since some beginning: `CLOCK_MONOTONIC` and its like.
    pub monotonic: u64,
    /// Since 1970: `CLOCK_REALTIME` and its like.
    pub wall: u64,
}

/// What the replaced functions put into the sixth argument of the system calls that they make for
/// clocks that are not the stage's, those of CPU time: it has the filter leave those alone.
pub const MAGIC: u64 = 0x50c_1ab;

/// A vDSO is some pages long; nothing that is longer than this, in bytes, is taken for one.
const LONGEST: u64 = 1 << 20;

/// The clock in the vDSO of one process.
#[derive(Debug)]
pub struct Clock {
    /// `/proc/PID/mem`: it stays that of the program that ran when it was opened.
    memory: File,
    /// The address of the words.
    words: u64,
}

impl Clock {
    /// Replaces the functions in the vDSO of a traced process that stands in its
    /// `PTRACE_EVENT_EXEC` stop: none of its threads is in one of them.
    ///
    /// # Errors
    /// [`io::ErrorKind::Unsupported`] where there is no code for this machine, or the vDSO is of an
    /// unknown form or has no room; [`io::ErrorKind::NotFound`] where no vDSO is found, which is so
    /// for a 32-bit program; `EIO` and `EACCES` where the kernel does not let a tracer write to what
    /// the program cannot (`proc_mem.force_override`). The program can have its vDSO hidden then:
    /// [`auxv::hide_vdso`].
    pub fn install(pid: Tid, times: Times) -> io::Result<Clock> {
        let code = code::code().ok_or_else(|| unsupported("there is no clock for this machine"))?;
        let base = auxv::value(pid, libc::AT_SYSINFO_EHDR)?.filter(|&base| base != 0);
        let base = base.ok_or_else(|| io::Error::new(io::ErrorKind::NotFound, "there is no vDSO"))?;
        let memory = open(pid)?;
        let mut image = vec![0; length(pid, base)?];
        memory.read_exact_at(&mut image, base)?;
        let plan = plan(&image, &code).ok_or_else(|| unsupported("the vDSO has no place for a clock"))?;

        let clock = Clock { memory, words: base + (plan.place + code.words) as u64 };
        clock.write(code.bytes, base + plan.place as u64)?;
        clock.set(times)?;
        // Nothing leads to the code before it is there.
        for (at, jump) in plan.jumps {
            clock.write(&jump, base + at as u64)?;
        }
        Ok(clock)
    }

    /// What the clocks say from now on. One pwrite(2); the program may run meanwhile, and reads each
    /// of the two as it was or as it is.
    ///
    /// # Errors
    /// `ESRCH` when the process is no more, or runs another program.
    pub fn set(&self, times: Times) -> io::Result<()> {
        let mut words = [0; 16];
        words[..8].copy_from_slice(&times.monotonic.to_ne_bytes());
        words[8..].copy_from_slice(&times.wall.to_ne_bytes());
        self.write(&words, self.words)
    }

    /// The same clock in a child that fork(2) has made: its memory is a copy, at the same addresses.
    /// It says what it said at the fork. A child by vfork(2) has no memory of its own, nor a clock.
    ///
    /// # Errors
    /// `ENOENT` when the child is no more, `EACCES` where it may not be traced.
    pub fn of_child(&self, child: Tid) -> io::Result<Clock> {
        Ok(Clock { memory: open(child)?, words: self.words })
    }

    fn write(&self, bytes: &[u8], address: u64) -> io::Result<()> {
        match self.memory.write_at(bytes, address)? {
            written if written == bytes.len() => Ok(()),
            // The memory has gone, with the program that it was.
            0 => Err(io::Error::from_raw_os_error(libc::ESRCH)),
            _ => Err(io::ErrorKind::WriteZero.into()),
        }
    }
}

/// What is written to where. Places are counted from the beginning of the vDSO.
#[derive(Debug)]
struct Plan {
    /// Where the code goes.
    place: usize,
    /// Instructions that lead to it.
    jumps: Vec<(usize, [u8; JUMP])>,
}

/// How the code gets into a vDSO; none where it is not one, has no clock, or no room.
fn plan(image: &[u8], code: &Code) -> Option<Plan> {
    let object = Object::read(image)?;
    let functions = code.functions.map(|(name, _)| object.function(name).filter(|body| body.len() >= JUMP));
    // The first is the one that all of this is for.
    functions[0].as_ref()?;
    // The last page is filled up with zeros. Else a function's body is long enough: it is not run
    // any more behind the jump at its beginning.
    let behind = Some(object.end..image.len())
        .filter(|room| image.get(room.clone()).is_some_and(|rest| rest.iter().all(|&byte| byte == 0)));
    let bodies = functions.iter().flatten().map(|body| body.start + JUMP..body.end);
    let place = behind.into_iter().chain(bodies).find_map(|room| fit(room, code.bytes.len()))?;
    let mut jumps = Vec::new();
    for (body, (_, entry)) in functions.iter().zip(code.functions) {
        if let Some(body) = body {
            jumps.push((body.start, jump(body.start, place + entry)?));
        }
    }
    Some(Plan { place, jumps })
}

/// Where in a room so many bytes can be put; none where it is too small.
fn fit(room: Range<usize>, length: usize) -> Option<usize> {
    let place = room.start.checked_next_multiple_of(ALIGNMENT)?;
    (place.checked_add(length)? <= room.end).then_some(place)
}

/// How long the mapping is that begins at this address, in bytes.
fn length(pid: Tid, base: u64) -> io::Result<usize> {
    let maps = fs::read_to_string(format!("/proc/{pid}/maps"))?;
    let end = maps.lines().find_map(|line| {
        let (start, end) = line.split_ascii_whitespace().next()?.split_once('-')?;
        (u64::from_str_radix(start, 16) == Ok(base)).then(|| u64::from_str_radix(end, 16).ok())?
    });
    match end.and_then(|end| end.checked_sub(base)) {
        Some(length) if length <= LONGEST => Ok(length as usize),
        _ => Err(unsupported("the vDSO is not where it is said to be")),
    }
}

fn open(pid: Tid) -> io::Result<File> {
    OpenOptions::new().read(true).write(true).open(format!("/proc/{pid}/mem"))
}

fn unsupported(why: &str) -> io::Error {
    io::Error::new(io::ErrorKind::Unsupported, why)
}
