//! What the kernel tells a program at its beginning: the auxiliary vector (getauxval(3)), pairs of
//! words behind its environment on its stack. The kernel keeps a copy, `/proc/PID/auxv` (proc(5)).

use std::{fs, io};

use super::memory;
use super::ptrace::Tid;
use super::regs::{self, Registers};

/// The size of a word, in bytes.
const WORD: usize = 8;

/// The smallest page that there is, in bytes: what is within one is there all, or not at all.
const PAGE: u64 = 4096;

/// What the kernel has told a program under this number (`AT_*`); none where it has not.
///
/// # Errors
/// `ENOENT` when the process is no more, `EACCES` where it may not be looked at.
pub fn value(pid: Tid, key: u64) -> io::Result<Option<u64>> {
    Ok(position(&copy(pid)?, key).map(|(_, value)| value))
}

/// Hides the vDSO (vdso(7)) of a process that stands in its `PTRACE_EVENT_EXEC` stop, so that its
/// clocks ask the kernel: `AT_SYSINFO_EHDR` becomes `AT_IGNORE`. For where the vDSO cannot be
/// changed. A 32-bit program's is not found, and stays.
///
/// # Errors
/// `ESRCH` and `ENOENT` when the process is no more; [`io::ErrorKind::InvalidData`] where its stack
/// is not that of a program at its beginning, or its vDSO has been hidden already.
pub fn hide_vdso(tid: Tid) -> io::Result<()> {
    let told = copy(tid)?;
    let Some((index, _)) = position(&told, libc::AT_SYSINFO_EHDR) else { return Ok(()) };
    let place = place(tid)?;
    // What is to be overwritten is first seen to be what it is taken for.
    if memory::bytes(tid, place, told.len()) != told {
        return Err(not_at_its_beginning());
    }
    memory::write(tid, place + (index * 2 * WORD) as u64, &libc::AT_IGNORE.to_ne_bytes())
}

/// Overwrites the 16 bytes of chance that a program is given (`AT_RANDOM`), from which the C library
/// makes what guards its stack and pointers, and others their first seed.
///
/// # Errors
/// `ENOENT` when the process is no more; [`io::ErrorKind::NotFound`] where it has no such bytes.
pub fn set_random(tid: Tid, bytes: [u8; 16]) -> io::Result<()> {
    let place = value(tid, libc::AT_RANDOM)?.ok_or(io::ErrorKind::NotFound)?;
    memory::write(tid, place, &bytes)
}

/// The kernel's copy.
fn copy(pid: Tid) -> io::Result<Vec<u8>> {
    fs::read(format!("/proc/{pid}/auxv"))
}

/// The pair with this number: the how manyth it is, and its value.
fn position(told: &[u8], key: u64) -> Option<(usize, u64)> {
    let (words, _) = told.as_chunks::<WORD>();
    let (pairs, _) = words.as_chunks::<2>();
    let index = pairs.iter().position(|[one, _]| u64::from_ne_bytes(*one) == key)?;
    Some((index, u64::from_ne_bytes(pairs[index][1])))
}

/// Where the vector is on the stack of a program that has not begun to run: behind the number of
/// its arguments, their addresses, a null, those of its environment, and another null.
fn place(tid: Tid) -> io::Result<u64> {
    let stack = stack_pointer(&regs::get(tid)?);
    let count = memory::bytes(tid, stack, WORD).try_into().map_err(|_| not_at_its_beginning())?;
    let arguments = u64::from_ne_bytes(count).wrapping_add(2).wrapping_mul(WORD as u64);
    let mut at = stack.wrapping_add(arguments);
    loop {
        let page = memory::bytes(tid, at, (PAGE - at % PAGE) as usize);
        let (words, _) = page.as_chunks::<WORD>();
        if words.is_empty() {
            return Err(not_at_its_beginning());
        }
        match words.iter().position(|word| *word == [0; WORD]) {
            Some(null) => return Ok(at + ((null + 1) * WORD) as u64),
            None => at += (words.len() * WORD) as u64,
        }
    }
}

#[cfg(target_arch = "x86_64")]
fn stack_pointer(registers: &Registers) -> u64 {
    registers.rsp
}

#[cfg(target_arch = "aarch64")]
fn stack_pointer(registers: &Registers) -> u64 {
    registers.sp
}

fn not_at_its_beginning() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, "this is not the stack of a program at its beginning")
}
