//! The machine code that takes the place of the vDSO's: it reads the clock from two words that
//! stand behind it, and is right wherever it is copied to.

/// The code, and what is where in it. Places are counted in bytes from its beginning.
#[derive(Debug)]
pub struct Code {
    /// The instructions, and the words behind them.
    pub bytes: &'static [u8],
    /// The functions of the vDSO that are replaced, and where their replacement begins.
    pub functions: [(&'static str, usize); 4],
    /// Where the words are: the monotonic clock, then wall time; nanoseconds.
    pub words: usize,
}

/// What the code's place has to be a multiple of, so that its words are at a multiple of their size:
/// the processor writes and reads such words whole.
pub const ALIGNMENT: usize = 16;

/// How long a [`jump`] is, in bytes.
pub const JUMP: usize = 5;

/// An instruction at `from` that goes on at `to`; none where that is too far away.
pub fn jump(from: usize, to: usize) -> Option<[u8; JUMP]> {
    let distance = i64::try_from(to).ok()? - i64::try_from(from.checked_add(JUMP)?).ok()?;
    let [a, b, c, d] = i32::try_from(distance).ok()?.to_le_bytes();
    Some([0xe9, a, b, c, d])
}

/// The code for this machine; none where it has not been written.
#[cfg(not(target_arch = "x86_64"))]
pub fn code() -> Option<Code> {
    None
}

/// The code for this machine; none where it has not been written.
#[cfg(target_arch = "x86_64")]
pub fn code() -> Option<Code> {
    use std::ptr::addr_of;

    unsafe extern "C" {
        static socklab_vdso_begin: u8;
        static socklab_vdso_clock_gettime: u8;
        static socklab_vdso_gettimeofday: u8;
        static socklab_vdso_time: u8;
        static socklab_vdso_getrandom: u8;
        static socklab_vdso_words: u8;
        static socklab_vdso_end: u8;
    }
    let begin = addr_of!(socklab_vdso_begin);
    let at = |label: *const u8| label.addr() - begin.addr();
    let length = at(addr_of!(socklab_vdso_end));
    Some(Code {
        // SAFETY: the labels are the beginning and the end of one block, which nobody writes to.
        bytes: unsafe { std::slice::from_raw_parts(begin, length) },
        functions: [
            ("__vdso_clock_gettime", at(addr_of!(socklab_vdso_clock_gettime))),
            ("__vdso_gettimeofday", at(addr_of!(socklab_vdso_gettimeofday))),
            ("__vdso_time", at(addr_of!(socklab_vdso_time))),
            ("__vdso_getrandom", at(addr_of!(socklab_vdso_getrandom))),
        ],
        words: at(addr_of!(socklab_vdso_words)),
    })
}

// It is never run here and stands among the constants. Functions are called as in C; arguments come
// in rdi, rsi, rdx, rcx, r8. A system call destroys rcx and r11, which a function may.
#[cfg(target_arch = "x86_64")]
std::arch::global_asm!(
    ".pushsection .rodata.socklab_vdso, \"a\", @progbits",
    ".macro socklab_label name",
    ".globl \\name",
    ".hidden \\name",
    "\\name:",
    ".endm",
    ".balign {alignment}",
    "socklab_label socklab_vdso_begin",

    // int clock_gettime(clockid_t, struct timespec *)
    "socklab_label socklab_vdso_clock_gettime",
    "cmp edi, 31", // Clocks of a process or of a device have negative numbers: large ones here.
    "ja 4f",
    "mov eax, {wall_clocks}",
    "bt eax, edi",
    "jc 2f",
    "mov eax, {monotonic_clocks}",
    "bt eax, edi",
    "jnc 4f",
    "mov rax, [rip + socklab_vdso_words]",
    "jmp 3f",
    "2:",
    "mov rax, [rip + socklab_vdso_words + 8]",
    "3:",
    "xor edx, edx",
    "mov ecx, 1000000000",
    "div rcx",
    "mov [rsi], rax",
    "mov [rsi + 8], rdx",
    "xor eax, eax",
    "ret",
    "4:",
    "mov eax, {clock_gettime}",
    "mov r9d, {magic}",
    "syscall",
    "ret",

    // int gettimeofday(struct timeval *, struct timezone *)
    "socklab_label socklab_vdso_gettimeofday",
    "test rdi, rdi",
    "jz 2f",
    "mov rax, [rip + socklab_vdso_words + 8]",
    "xor edx, edx",
    "mov ecx, 1000000000",
    "div rcx",
    "mov [rdi], rax",
    "mov eax, edx",
    "xor edx, edx",
    "mov ecx, 1000",
    "div ecx",
    "mov [rdi + 8], rax",
    "2:",
    "test rsi, rsi",
    "jz 3f",
    "mov qword ptr [rsi], 0",
    "3:",
    "xor eax, eax",
    "ret",

    // time_t time(time_t *)
    "socklab_label socklab_vdso_time",
    "mov rax, [rip + socklab_vdso_words + 8]",
    "xor edx, edx",
    "mov ecx, 1000000000",
    "div rcx",
    "test rdi, rdi",
    "jz 2f",
    "mov [rdi], rax",
    "2:",
    "ret",

    // ssize_t getrandom(void *, size_t, unsigned, void *state, size_t state_length)
    // A length of ~0 asks how long a state has to be. Whoever is told that there is none (glibc
    // 2.41, Go 1.24) makes the system call from then on. Whoever does not ask has it made here.
    "socklab_label socklab_vdso_getrandom",
    "cmp r8, -1",
    "je 2f",
    "mov eax, {getrandom}",
    "syscall",
    "ret",
    "2:",
    "mov rax, -{enosys}",
    "ret",

    ".balign 8",
    "socklab_label socklab_vdso_words",
    ".quad 0, 0",
    "socklab_label socklab_vdso_end",
    ".purgem socklab_label",
    ".popsection",
    alignment = const ALIGNMENT,
    wall_clocks = const WALL,
    monotonic_clocks = const MONOTONIC,
    clock_gettime = const libc::SYS_clock_gettime,
    getrandom = const libc::SYS_getrandom,
    magic = const super::MAGIC,
    enosys = const libc::ENOSYS,
);

/// The clocks that say wall time, one bit a number (clock_gettime(2)). International atomic time
/// differs from it by what the kernel has been told, which is nothing on most machines.
#[cfg(target_arch = "x86_64")]
const WALL: u32 = 1 << libc::CLOCK_REALTIME
    | 1 << libc::CLOCK_REALTIME_COARSE
    | 1 << libc::CLOCK_REALTIME_ALARM
    | 1 << libc::CLOCK_TAI;

/// The clocks that say how long ago something is.
#[cfg(target_arch = "x86_64")]
const MONOTONIC: u32 = 1 << libc::CLOCK_MONOTONIC
    | 1 << libc::CLOCK_MONOTONIC_RAW
    | 1 << libc::CLOCK_MONOTONIC_COARSE
    | 1 << libc::CLOCK_BOOTTIME
    | 1 << libc::CLOCK_BOOTTIME_ALARM;
