//! For tests: what changes a whole process is tried in a child, and what needs a room in a child
//! that has entered one.

use std::io::Write;
use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::linux::room;

/// The exit code of a child that could have no room.
const NO_ROOM: i32 = 77;

/// What the child of this process returns, which is its exit code: a number from 0 to 255.
pub fn child(body: impl FnOnce() -> i32) -> i32 {
    // SAFETY: the child has one thread. It may allocate (glibc and musl see to that at fork(2)), and
    // takes no lock of another thread's.
    let pid = match unsafe { libc::fork() } {
        -1 => panic!("fork: {}", std::io::Error::last_os_error()),
        0 => {
            let code = catch_unwind(AssertUnwindSafe(body)).unwrap_or_else(|panic| {
                let text = panic.downcast_ref::<String>().map(String::as_str);
                let text = text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("panic");
                let _ = writeln!(std::io::stderr(), "{text}");
                101
            });
            // SAFETY: it ends the process, and with it everything that could be in its way.
            unsafe { libc::_exit(code) }
        }
        pid => pid,
    };
    let mut status = 0;
    // SAFETY: waitpid(2) writes one number, which is live.
    assert_eq!(unsafe { libc::waitpid(pid, &raw mut status, 0) }, pid);
    assert!(libc::WIFEXITED(status), "a child did not end by itself: {status:#x}");
    libc::WEXITSTATUS(status)
}

/// Tries something in a room. Where none can be made the test says that it is skipped; with
/// `SOCKLAB_REQUIRE_WIRE=1` it fails instead.
pub fn in_room(test: &str, body: impl FnOnce()) {
    let code = child(|| match room::enter() {
        Ok(()) => {
            body();
            0
        }
        Err(_) => NO_ROOM,
    });
    if code == NO_ROOM {
        let required = std::env::var_os("SOCKLAB_REQUIRE_WIRE").is_some_and(|value| value == "1");
        assert!(!required, "SOCKLAB_REQUIRE_WIRE=1, but no room can be made here");
        let _ = writeln!(std::io::stderr(), "skipped: {test}: no room can be made here");
        return;
    }
    assert_eq!(code, 0, "{test}: see above");
}
