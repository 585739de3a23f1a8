//! A command that was invited into the room: it is started, waited for, and never left behind.

use std::ffi::OsString;
use std::process::{Child, Command, ExitStatus};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::event::error::{Error, Result};

/// The command at work.
pub struct Guest {
    child: Child,
    status: Option<ExitStatus>,
    asked_to_end: Arc<AtomicBool>,
}

impl Guest {
    /// Starts a command with its arguments, and one more variable in its environment if there is
    /// one. Ctrl-C is for it, and it ends with this process.
    ///
    /// # Errors
    /// [`Error::Start`].
    ///
    /// # Panics
    /// If there is no command, or if the system forbids to handle SIGINT.
    pub fn start(command: &[OsString], variable: Option<(&str, &str)>) -> Result<Guest> {
        let (name, arguments) = command.split_first().expect("a command has a name");
        let asked_to_end = Arc::new(AtomicBool::new(false));
        // What the terminal sends goes to the command as well; it knows what to do.
        let interrupted = Arc::new(AtomicBool::new(false));
        for (signal, flag) in [
            (signal_hook::consts::SIGINT, interrupted),
            (signal_hook::consts::SIGTERM, Arc::clone(&asked_to_end)),
        ] {
            signal_hook::flag::register(signal, flag)
                .expect("these two signals may be handled by every program");
        }
        let mut command = Command::new(name);
        command.args(arguments).envs(variable);
        system::tie(&mut command);
        let child = command
            .spawn()
            .map_err(|source| Error::Start { program: name.to_string_lossy().into_owned(), source })?;
        Ok(Guest { child, status: None, asked_to_end })
    }

    /// Whether it has ended. A request to end is handed on to it.
    pub fn has_left(&mut self) -> bool {
        if self.asked_to_end.swap(false, Ordering::Relaxed) {
            system::ask_to_end(&self.child);
        }
        if self.status.is_none() {
            // A child that cannot be asked for is not there.
            self.status = self.child.try_wait().unwrap_or_else(|_| Some(ExitStatus::default()));
        }
        self.status.is_some()
    }

    /// Ends it, if it has not ended, and gives its exit code: 128 and the signal's number where one
    /// ended it, as shells have it.
    ///
    /// # Errors
    /// None so far: a command that failed has a code for that.
    pub fn leave(mut self) -> Result<u8> {
        if !self.has_left() {
            system::ask_to_end(&self.child);
            let begun = std::time::Instant::now();
            while !self.has_left() {
                if begun.elapsed() > GRACE {
                    // It may end by itself in this moment: then there is nobody to kill.
                    let _ = self.child.kill();
                }
                std::thread::sleep(TICK);
            }
        }
        Ok(self.status.map_or(0, system::code))
    }
}

/// How long a command may take to end when it is asked to.
const GRACE: std::time::Duration = std::time::Duration::from_secs(2);

/// How often it is asked for.
const TICK: std::time::Duration = std::time::Duration::from_millis(10);

#[cfg(target_os = "linux")]
mod system {
    use std::io;
    use std::os::unix::process::{CommandExt, ExitStatusExt};
    use std::process::{Child, Command, ExitStatus};

    /// Ties the command's life to this process's, whatever ends it (`PR_SET_PDEATHSIG`, prctl(2)).
    pub fn tie(command: &mut Command) {
        let tie = || {
            // SAFETY: prctl(2) with numbers alone, which is async-signal-safe.
            match unsafe { libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGHUP) } {
                -1 => Err(io::Error::last_os_error()),
                _ => Ok(()),
            }
        };
        // SAFETY: between fork and exec it makes one system call and allocates nothing.
        unsafe { command.pre_exec(tie) };
    }

    pub fn ask_to_end(child: &Child) {
        // SAFETY: the child has not been waited for, so its number is still its own.
        unsafe { libc::kill(child.id() as libc::pid_t, libc::SIGTERM) };
    }

    pub fn code(status: ExitStatus) -> u8 {
        let signal = status.signal().map(|signal| 128 + signal);
        u8::try_from(status.code().or(signal).unwrap_or(1)).unwrap_or(1)
    }
}

#[cfg(not(target_os = "linux"))]
mod system {
    use std::process::{Child, Command, ExitStatus};

    pub fn tie(_: &mut Command) {}

    pub fn ask_to_end(_: &Child) {}

    pub fn code(status: ExitStatus) -> u8 {
        status.code().and_then(|code| u8::try_from(code).ok()).unwrap_or(1)
    }
}
