//! The ways out of a program that prints much, to the standard output and into a file: what is
//! written is kept back until a good moment, or until there is enough of it.

use std::collections::VecDeque;
use std::io::{self, Write};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// How much is kept back, in bytes.
const ENOUGH: usize = 64 * 1024;

/// How much is kept back at most for a reader who takes its time, in bytes.
const MOST: usize = 16 * 1024 * 1024;

/// How much a pipe takes at once of whoever was told that it takes something (`PIPE_BUF`, pipe(7)).
const PIECE: usize = 4096;

/// A writer whose clones all lead to the same place, which is the standard output as a rule.
#[derive(Clone)]
pub struct Outlet(Arc<Mutex<Kept>>);

/// What was kept back, and where it goes.
struct Kept {
    bytes: VecDeque<u8>,
    out: Box<dyn Write + Send>,
    /// Whether the way out takes something at once; none if it may be waited for.
    takes: Option<fn() -> bool>,
}

impl Outlet {
    /// The way out.
    pub fn new() -> Outlet {
        Outlet::over(io::stdout())
    }

    /// The way out through a writer that leads there.
    pub fn over(out: impl Write + Send + 'static) -> Outlet {
        Outlet::with(out, None)
    }

    /// A way out that is not waited for before [`Outlet::release`], unless there is very much to come:
    /// `takes` says whether it takes something at once.
    pub fn unhurried(out: impl Write + Send + 'static, takes: fn() -> bool) -> Outlet {
        Outlet::with(out, Some(takes))
    }

    fn with(out: impl Write + Send + 'static, takes: Option<fn() -> bool>) -> Outlet {
        Outlet(Arc::new(Mutex::new(Kept { bytes: VecDeque::new(), out: Box::new(out), takes })))
    }

    /// Lets out what was kept back.
    ///
    /// # Errors
    /// What the standard output reports.
    pub fn release(&self) -> io::Result<()> {
        self.lock().release(None)
    }

    /// Lets out as much as the way out takes now.
    ///
    /// # Errors
    /// What the standard output reports.
    pub fn offer(&self) -> io::Result<()> {
        let mut kept = self.lock();
        let takes = kept.takes;
        kept.release(takes)
    }

    fn lock(&self) -> MutexGuard<'_, Kept> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Kept {
    fn release(&mut self, takes: Option<fn() -> bool>) -> io::Result<()> {
        while !self.bytes.is_empty() && takes.is_none_or(|takes| takes()) {
            let (front, _) = self.bytes.as_slices();
            let piece = front.len().min(if takes.is_some() { PIECE } else { usize::MAX });
            if let Err(error) = self.out.write_all(&front[..piece]).and_then(|()| self.out.flush()) {
                // Nobody will read the rest.
                self.bytes.clear();
                return Err(error);
            }
            self.bytes.drain(..piece);
        }
        Ok(())
    }
}

/// All ways out of one run.
#[derive(Clone)]
pub struct Outlets(Vec<Outlet>);

impl Outlets {
    /// These, of which there is at least one.
    pub fn new(outlets: Vec<Outlet>) -> Outlets {
        Outlets(outlets)
    }

    /// Lets out what each kept back.
    ///
    /// # Errors
    /// What one of them reports. Readers that have gone are an error when nobody is left.
    pub fn release(&self) -> io::Result<()> {
        let mut gone = None;
        for outlet in &self.0 {
            match outlet.release() {
                Ok(()) => {}
                Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {
                    gone = Some((gone.map_or(1, |(count, _)| count + 1), error))
                }
                Err(error) => return Err(error),
            }
        }
        match gone {
            Some((count, error)) if count == self.0.len() => Err(error),
            _ => Ok(()),
        }
    }
}

impl Default for Outlet {
    fn default() -> Outlet {
        Outlet::new()
    }
}

impl Write for Outlet {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut kept = self.lock();
        kept.bytes.extend(bytes);
        match kept.bytes.len() {
            ENOUGH..MOST => {
                let takes = kept.takes;
                kept.release(takes)?;
            }
            MOST.. => kept.release(None)?,
            _ => {}
        }
        Ok(bytes.len())
    }

    /// A picture flushes after every event: here that can wait for [`Outlet::release`].
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::io::{self, Write};
    use std::sync::mpsc::{Sender, channel};

    use super::{ENOUGH, MOST, Outlet, Outlets, PIECE};

    /// Hands on how much was written at once.
    struct Reader(Sender<usize>);

    impl Write for Reader {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.send(bytes.len()).map_err(|_| io::Error::from(io::ErrorKind::BrokenPipe))?;
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_reader_who_takes_nothing_is_waited_for_at_the_end_alone() {
        let (pieces, read) = channel();
        let mut outlet = Outlet::unhurried(Reader(pieces), || false);
        for _ in 0..4 {
            outlet.write_all(&[0; ENOUGH]).unwrap();
            outlet.offer().unwrap();
        }
        assert!(read.try_iter().next().is_none());
        outlet.release().unwrap();
        assert_eq!(read.try_iter().sum::<usize>(), 4 * ENOUGH);
    }

    #[test]
    fn a_reader_gets_no_more_at_once_than_it_takes() {
        let (pieces, read) = channel();
        let mut outlet = Outlet::unhurried(Reader(pieces), || true);
        outlet.write_all(&[0; PIECE * 2 + 1]).unwrap();
        outlet.offer().unwrap();
        let pieces: Vec<_> = read.try_iter().collect();
        assert!(pieces.iter().all(|&piece| piece <= PIECE) && pieces.iter().sum::<usize>() == PIECE * 2 + 1);
    }

    #[test]
    fn what_is_kept_for_a_reader_has_an_end() {
        let (pieces, read) = channel();
        let mut outlet = Outlet::unhurried(Reader(pieces), || false);
        outlet.write_all(&vec![0; MOST]).unwrap();
        assert_eq!(read.try_iter().sum::<usize>(), MOST);
    }

    #[test]
    fn a_reader_who_has_gone_is_told_of() {
        let (pieces, read) = channel();
        drop(read);
        let mut outlet = Outlet::over(Reader(pieces));
        outlet.write_all(b"line\n").unwrap();
        assert_eq!(outlet.release().unwrap_err().kind(), io::ErrorKind::BrokenPipe);
        assert!(outlet.release().is_ok());
    }

    /// A reader that has gone.
    struct Gone;

    impl Write for Gone {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(io::ErrorKind::BrokenPipe.into())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_reader_that_has_gone_is_an_error_when_nobody_is_left() {
        let (mut gone, file) = (Outlet::over(Gone), Outlet::over(io::sink()));
        gone.write_all(b"x").unwrap();
        let alone = Outlets::new(vec![gone.clone()]);
        assert_eq!(alone.release().unwrap_err().kind(), io::ErrorKind::BrokenPipe);
        assert!(Outlets::new(vec![gone, file]).release().is_ok());
    }
}
