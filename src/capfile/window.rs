//! A window on a stream of bytes: as much of it as the reader needs at once.

use std::io::{self, Read};

/// How much is asked for at a time.
const STEP: usize = 256 * 1024;

/// The window.
pub struct Window<R> {
    input: R,
    bytes: Vec<u8>,
    /// What is in the window: from here …
    start: usize,
    /// … to here.
    end: usize,
    /// How many bytes have left it.
    passed: u64,
}

impl<R: Read> Window<R> {
    /// A window at the beginning of a stream.
    pub fn new(input: R) -> Window<R> {
        Window { input, bytes: Vec::new(), start: 0, end: 0, passed: 0 }
    }

    /// What is in it.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes[self.start..self.end]
    }

    /// How many bytes came before it.
    pub fn offset(&self) -> u64 {
        self.passed
    }

    /// Lets go of so many bytes at its beginning.
    pub fn pass(&mut self, count: usize) {
        self.start += count;
        self.passed += count as u64;
    }

    /// Takes in what can be had without waiting for more than there is. `false` at the end.
    ///
    /// # Errors
    /// What the stream reports.
    pub fn widen(&mut self) -> io::Result<bool> {
        self.bytes.copy_within(self.start..self.end, 0);
        (self.start, self.end) = (0, self.end - self.start);
        if self.bytes.len() < self.end + STEP {
            self.bytes.resize(self.end + STEP, 0);
        }
        loop {
            match self.input.read(&mut self.bytes[self.end..]) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
                Ok(count) => {
                    self.end += count;
                    return Ok(count > 0);
                }
            }
        }
    }
}
