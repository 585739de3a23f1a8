//! The standard input of a sniffer: nobody knows when more comes, so what was shown so far goes out
//! before it is waited for, and Ctrl-C ends the waiting.

use std::io::{self, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, TryRecvError, sync_channel};
use std::time::Duration;

use crate::sniff::stdout::Outlets;

/// How much is read at a time, in bytes.
const CHUNK: usize = 64 * 1024;

/// How many such pieces may lie ready.
const AHEAD: usize = 4;

/// How often Ctrl-C is looked for.
const TICK: Duration = Duration::from_millis(50);

/// The input.
pub struct Pipe {
    chunks: Receiver<io::Result<Vec<u8>>>,
    chunk: Vec<u8>,
    used: usize,
    outlets: Outlets,
    interrupted: Arc<AtomicBool>,
}

impl Pipe {
    /// Reads from an input that may make it wait; `interrupted` ends it.
    pub fn new(
        mut input: impl Read + Send + 'static,
        outlets: Outlets,
        interrupted: Arc<AtomicBool>,
    ) -> Pipe {
        let (sender, chunks) = sync_channel(AHEAD);
        // It ends with its input, or with the process: a read cannot be called off.
        std::thread::spawn(move || {
            loop {
                let mut chunk = vec![0; CHUNK];
                let result = input.read(&mut chunk).map(|count| {
                    chunk.truncate(count);
                    chunk
                });
                let over = result.as_ref().is_ok_and(Vec::is_empty)
                    || result.as_ref().is_err_and(|error| error.kind() != io::ErrorKind::Interrupted);
                if sender.send(result).is_err() || over {
                    return;
                }
            }
        });
        Pipe { chunks, chunk: Vec::new(), used: 0, outlets, interrupted }
    }

    fn next(&mut self) -> io::Result<Vec<u8>> {
        match self.chunks.try_recv() {
            Ok(chunk) => return chunk,
            Err(TryRecvError::Disconnected) => return Ok(Vec::new()),
            Err(TryRecvError::Empty) => self.outlets.release()?,
        }
        loop {
            match self.chunks.recv_timeout(TICK) {
                Ok(chunk) => return chunk,
                Err(RecvTimeoutError::Disconnected) => return Ok(Vec::new()),
                Err(RecvTimeoutError::Timeout) if self.interrupted.load(Ordering::Relaxed) => {
                    return Ok(Vec::new());
                }
                Err(RecvTimeoutError::Timeout) => {}
            }
        }
    }
}

impl Read for Pipe {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if self.used == self.chunk.len() {
            (self.chunk, self.used) = (self.next()?, 0);
        }
        let count = into.len().min(self.chunk.len() - self.used);
        into[..count].copy_from_slice(&self.chunk[self.used..self.used + count]);
        self.used += count;
        Ok(count)
    }
}
