//! The standard output of a program that prints much: what is written is kept back until a good
//! moment, or until there is enough of it.

use std::io::{self, BufWriter, Write};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// How much is kept back, in bytes.
const ENOUGH: usize = 64 * 1024;

/// A writer whose clones all lead to the one standard output.
#[derive(Clone)]
pub struct Outlet(Arc<Mutex<BufWriter<Box<dyn Write + Send>>>>);

impl Outlet {
    /// The way out.
    pub fn new() -> Outlet {
        Outlet::over(io::stdout())
    }

    /// The way out through a writer that leads there.
    pub fn over(out: impl Write + Send + 'static) -> Outlet {
        Outlet(Arc::new(Mutex::new(BufWriter::with_capacity(ENOUGH, Box::new(out)))))
    }

    /// Lets out what was kept back.
    ///
    /// # Errors
    /// What the standard output reports.
    pub fn release(&self) -> io::Result<()> {
        self.lock().flush()
    }

    fn lock(&self) -> MutexGuard<'_, BufWriter<Box<dyn Write + Send>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for Outlet {
    fn default() -> Outlet {
        Outlet::new()
    }
}

impl Write for Outlet {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.lock().write(bytes)
    }

    /// A picture flushes after every event: here that can wait for [`Outlet::release`].
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
