//! A writer that never makes its program wait: what a server prints must not stop it from serving.

use std::io::{self, Write};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// How many flushed pieces may lie waiting for a reader.
const MOST: usize = 16 * 1024;

/// How long the last pieces may take to be read once the program ends.
const FAREWELL: Duration = Duration::from_secs(1);

/// A writer with a thread of its own, from its first piece on. When its reader falls too far behind,
/// pieces are left out, and a line says how many; when the reader has gone, nothing is written any
/// more.
pub struct Spool<W> {
    piece: Vec<u8>,
    lost: usize,
    /// What is said when the rest cannot be written.
    farewell: &'static str,
    out: Option<W>,
    copying: Option<Copying>,
}

/// The thread that writes.
struct Copying {
    queue: SyncSender<Vec<u8>>,
    thread: JoinHandle<()>,
}

impl<W: Write + Send + 'static> Spool<W> {
    /// A spool in front of a slow writer. `farewell` is said when nobody reads the rest at the end.
    pub fn new(out: W, farewell: &'static str) -> Spool<W> {
        Spool { piece: Vec::new(), lost: 0, farewell, out: Some(out), copying: None }
    }
}

fn copy(pieces: &Receiver<Vec<u8>>, mut out: impl Write) {
    for piece in pieces {
        // A reader that has gone wants nothing more.
        if out.write_all(&piece).and_then(|()| out.flush()).is_err() {
            return;
        }
    }
}

impl<W: Write + Send + 'static> Write for Spool<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.piece.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.piece.is_empty() {
            return Ok(());
        }
        if let Some(out) = self.out.take() {
            let (queue, pieces) = sync_channel(MOST);
            self.copying = Some(Copying { queue, thread: std::thread::spawn(move || copy(&pieces, out)) });
        }
        let mut piece = std::mem::take(&mut self.piece);
        if self.lost > 0 {
            piece.splice(0..0, format!("… {} not shown\n", self.lost).into_bytes());
        }
        match self.copying.as_ref().map(|copying| copying.queue.try_send(piece)) {
            Some(Err(TrySendError::Full(_))) => self.lost += 1,
            Some(Err(TrySendError::Disconnected(_)) | Ok(())) | None => self.lost = 0,
        }
        Ok(())
    }
}

impl<W> Drop for Spool<W> {
    /// Lets a reader that reads have the rest; one that does not is not waited for.
    fn drop(&mut self) {
        let Some(Copying { queue, thread }) = self.copying.take() else { return };
        drop(queue);
        let begun = Instant::now();
        while !thread.is_finished() && begun.elapsed() < FAREWELL {
            std::thread::sleep(Duration::from_millis(1));
        }
        if !thread.is_finished() {
            // The exit says it where the output cannot.
            let _ = writeln!(io::stderr(), "{}", self.farewell);
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
    fn a_reader_that_has_gone_stops_nobody() {
        let (pieces, read) = channel();
        drop(read);
        let mut spool = Spool::new(Reader(pieces), "");
        while spool.copying.as_ref().is_none_or(|copying| !copying.thread.is_finished()) {
            spool.write_all(b"line\n").unwrap();
            spool.flush().unwrap();
        }
        spool.write_all(b"line\n").unwrap();
        spool.flush().unwrap();
    }
}
