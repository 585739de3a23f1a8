//! The arguments of a call at its entry, changed for a moment: in the registers that the kernel
//! takes them from (syscall(2)).

use std::io;

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

fn transfer(request: libc::c_uint, tid: Tid, registers: &mut Registers) -> io::Result<()> {
    let mut vector = libc::iovec { iov_base: (&raw mut *registers).cast(), iov_len: size_of::<Registers>() };
    // SAFETY: the vector describes the registers, which are live and as long as it says.
    match unsafe { libc::ptrace(request, tid, libc::NT_PRSTATUS as usize, &raw mut vector) } {
        -1 => Err(io::Error::last_os_error()),
        _ => Ok(()),
    }
}

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
