//! A writer that never makes its program wait: what a server prints must not stop it from serving.

use std::io::{self, Write};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// How many flushed pieces may lie waiting for a reader.
const MOST: usize = 16 * 1024;

/// How long the last pieces may take to be read once the program ends.
const FAREWELL: Duration = Duration::from_secs(1);

/// A writer with a thread of its own. When its reader falls too far behind, pieces are left out,
/// and a line says how many.
pub struct Spool {
    piece: Vec<u8>,
    lost: usize,
    /// What is said when the rest cannot be written.
    farewell: &'static str,
    queue: Option<SyncSender<Vec<u8>>>,
    failure: Arc<Mutex<Option<io::Error>>>,
    thread: Option<JoinHandle<()>>,
}

impl Spool {
    /// A spool in front of a slow writer. `farewell` is said when nobody reads the rest at the end.
    pub fn new(out: impl Write + Send + 'static, farewell: &'static str) -> Spool {
        let (queue, pieces) = sync_channel(MOST);
        let failure = Arc::new(Mutex::new(None));
        let told = Arc::clone(&failure);
        let thread = std::thread::spawn(move || copy(&pieces, out, &told));
        Spool { piece: Vec::new(), lost: 0, farewell, queue: Some(queue), failure, thread: Some(thread) }
    }
}

fn copy(pieces: &Receiver<Vec<u8>>, mut out: impl Write, failure: &Mutex<Option<io::Error>>) {
    for piece in pieces {
        if let Err(error) = out.write_all(&piece).and_then(|()| out.flush()) {
            *failure.lock().unwrap_or_else(PoisonError::into_inner) = Some(error);
            return;
        }
    }
}

impl Write for Spool {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.piece.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        if let Some(error) = self.failure.lock().unwrap_or_else(PoisonError::into_inner).take() {
            return Err(error);
        }
        let mut piece = std::mem::take(&mut self.piece);
        if self.lost > 0 {
            piece.splice(0..0, format!("… {} not shown\n", self.lost).into_bytes());
        }
        match self.queue.as_ref().map(|queue| queue.try_send(piece)) {
            Some(Err(TrySendError::Full(_))) => self.lost += 1,
            Some(Err(TrySendError::Disconnected(_))) => return Err(io::ErrorKind::BrokenPipe.into()),
            Some(Ok(())) | None => self.lost = 0,
        }
        Ok(())
    }
}

impl Drop for Spool {
    /// Lets a reader that reads have the rest; one that does not is not waited for.
    fn drop(&mut self) {
        drop(self.queue.take());
        let begun = Instant::now();
        if let Some(thread) = self.thread.take() {
            while !thread.is_finished() && begun.elapsed() < FAREWELL {
                std::thread::sleep(Duration::from_millis(1));
            }
            if !thread.is_finished() {
                // The exit says it where the output cannot.
                let _ = writeln!(io::stderr(), "{}", self.farewell);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::{self, Write};
    use std::sync::mpsc::{Sender, channel};

    use super::{MOST, Spool};

    /// A writer that hands every piece on.
    struct Reader(Sender<Vec<u8>>);

    impl Write for Reader {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.send(bytes.to_vec()).map_err(|_| io::Error::from(io::ErrorKind::BrokenPipe))?;
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    /// A writer that takes nothing until it is dropped.
    struct Stuck(std::sync::mpsc::Receiver<()>);

    impl Write for Stuck {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            let _ = self.0.recv();
            Err(io::ErrorKind::BrokenPipe.into())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn everything_arrives_in_order() {
        let (pieces, read) = channel();
        let mut spool = Spool::new(Reader(pieces), "");
        for piece in ["one\n", "two\n"] {
            spool.write_all(piece.as_bytes()).unwrap();
            spool.flush().unwrap();
        }
        drop(spool);
        assert_eq!(read.iter().flatten().collect::<Vec<_>>(), b"one\ntwo\n");
    }

    #[test]
    fn nobody_reading_does_not_stop_the_writer() {
        let (release, stuck) = channel();
        let mut spool = Spool::new(Stuck(stuck), "");
        for _ in 0..MOST + 10 {
            spool.write_all(b"line\n").unwrap();
            spool.flush().unwrap();
        }
        assert!(spool.lost > 0);
        drop(release);
    }

    #[test]
    fn a_reader_that_has_gone_is_told_to_the_writer() {
        let (pieces, read) = channel();
        drop(read);
        let mut spool = Spool::new(Reader(pieces), "");
        let mut gone = false;
        while !gone {
            spool.write_all(b"line\n").unwrap();
            gone = spool.flush().is_err();
        }
        assert!(gone);
    }
}
