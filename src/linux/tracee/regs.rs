//! The arguments of a call at its entry, changed for a moment: in the registers that the kernel
//! takes them from (syscall(2)).

use std::io;

use super::memory;
use super::ptrace::Tid;

/// The registers of a thread.
pub type Registers = libc::user_regs_struct;

/// Reads a thread's registers.
///
/// # Errors
/// `ESRCH` when the thread is no more.
pub fn get(tid: Tid) -> io::Result<Registers> {
    // SAFETY: the registers are plain numbers, for which zeros are valid.
    let mut registers: Registers = unsafe { std::mem::zeroed() };
    transfer(libc::PTRACE_GETREGSET, tid, &mut registers)?;
    Ok(registers)
}

/// Gives a thread other registers.
///
/// # Errors
/// `ESRCH` when the thread is no more.
pub fn set(tid: Tid, mut registers: Registers) -> io::Result<()> {
    transfer(libc::PTRACE_SETREGSET, tid, &mut registers)
}

/// Has a thread that stands at the entry of a call not make it, and get this result instead.
///
/// # Errors
/// `ESRCH` when the thread is no more.
pub fn skip(tid: Tid, result: i64) -> io::Result<()> {
    let mut registers = get(tid)?;
    set_result(&mut registers, result);
    forget_number(tid, &mut registers)?;
    set(tid, registers)
}

/// What a thread that a signal has broken off will find as its call's result once its handler is
/// done, in the frame that the kernel has put on its stack (sigreturn(2)): it stands at the first
/// instruction of the handler. None where that cannot be read.
pub fn result_after_handler(tid: Tid) -> Option<i64> {
    let registers = get(tid).ok()?;
    let bytes = memory::bytes(tid, frame(&registers) + RESULT_IN_FRAME, 8);
    bytes.try_into().ok().map(i64::from_ne_bytes)
}

fn transfer(request: libc::c_uint, tid: Tid, registers: &mut Registers) -> io::Result<()> {
    let mut vector = libc::iovec { iov_base: (&raw mut *registers).cast(), iov_len: size_of::<Registers>() };
    // SAFETY: the vector describes the registers, which are live and as long as it says.
    match unsafe { libc::ptrace(request, tid, libc::NT_PRSTATUS as usize, &raw mut vector) } {
        -1 => Err(io::Error::last_os_error()),
        _ => Ok(()),
    }
}

/// The register that a call's result is in.
#[cfg(target_arch = "x86_64")]
pub fn set_result(registers: &mut Registers, result: i64) {
    registers.rax = result as u64;
}

/// The register that a call's result is in.
#[cfg(target_arch = "aarch64")]
pub fn set_result(registers: &mut Registers, result: i64) {
    registers.regs[0] = result as u64;
}

#[cfg(target_arch = "x86_64")]
fn forget_number(_: Tid, registers: &mut Registers) -> io::Result<()> {
    registers.orig_rax = u64::MAX;
    Ok(())
}

#[cfg(target_arch = "aarch64")]
fn forget_number(tid: Tid, _: &mut Registers) -> io::Result<()> {
    set_number(tid, -1)
}

/// Puts the number of a call back that was skipped, so that the kernel may make it again.
#[cfg(target_arch = "x86_64")]
pub fn restore_number(_: Tid, registers: &mut Registers, number: libc::c_long) -> io::Result<()> {
    registers.orig_rax = number as u64;
    Ok(())
}

/// Puts the number of a call back that was skipped, so that the kernel may make it again.
#[cfg(target_arch = "aarch64")]
pub fn restore_number(tid: Tid, _: &mut Registers, number: libc::c_long) -> io::Result<()> {
    set_number(tid, number as i32)
}

/// `NT_ARM_SYSTEM_CALL` (`linux/elf.h`).
#[cfg(target_arch = "aarch64")]
fn set_number(tid: Tid, mut number: i32) -> io::Result<()> {
    let mut vector = libc::iovec { iov_base: (&raw mut number).cast(), iov_len: size_of::<i32>() };
    // SAFETY: the vector describes the number, which is live and as long as it says.
    match unsafe { libc::ptrace(libc::PTRACE_SETREGSET, tid, 0x404, &raw mut vector) } {
        -1 => Err(io::Error::last_os_error()),
        _ => Ok(()),
    }
}

/// Where the frame of a signal is, given to its handler as the third argument: a `ucontext_t`.
#[cfg(target_arch = "x86_64")]
fn frame(registers: &Registers) -> u64 {
    registers.rdx
}

/// The register RAX in a `ucontext_t` (`sys/ucontext.h`): 40 bytes, then 8 a register.
#[cfg(target_arch = "x86_64")]
const RESULT_IN_FRAME: u64 = 40 + 8 * libc::REG_RAX as u64;

#[cfg(target_arch = "aarch64")]
fn frame(registers: &Registers) -> u64 {
    registers.regs[2]
}

/// The register X0 in a `ucontext_t` (`sys/ucontext.h`).
#[cfg(target_arch = "aarch64")]
const RESULT_IN_FRAME: u64 = 184;

/// The register that a call's argument is in, counted from 0.
#[cfg(target_arch = "x86_64")]
pub fn argument(registers: &mut Registers, index: usize) -> &mut u64 {
    match index {
        0 => &mut registers.rdi,
        1 => &mut registers.rsi,
        2 => &mut registers.rdx,
        3 => &mut registers.r10,
        4 => &mut registers.r8,
        _ => &mut registers.r9,
    }
}

/// The register that a call's argument is in, counted from 0.
#[cfg(target_arch = "aarch64")]
pub fn argument(registers: &mut Registers, index: usize) -> &mut u64 {
    &mut registers.regs[index]
}
