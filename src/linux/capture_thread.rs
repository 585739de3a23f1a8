//! A capture that is drained by a thread of its own, so that a slow picture costs no frame.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crate::linux::capture::{Capture, Count};
use crate::tcp::frame::Frame;

/// How many bytes of frames may wait to be shown.
const MOST: usize = 256 << 20;

/// What a frame takes besides its bytes, about.
const OVERHEAD: usize = 128;

/// How often the thread looks up.
const TICK: Duration = Duration::from_millis(20);

/// How long a tap that is shut may still take what the kernel holds for it.
const REST: Duration = Duration::from_secs(2);

/// The tap.
pub struct Tap {
    frames: Receiver<Frame>,
    basin: Arc<Basin>,
    thread: JoinHandle<io::Result<Count>>,
}

/// What the thread and its reader share.
#[derive(Default)]
struct Basin {
    waiting: AtomicUsize,
    lost: AtomicU64,
    shut: AtomicBool,
}

/// What came of waiting for a frame.
pub enum Drop {
    /// A frame.
    Frame(Frame),
    /// None so far.
    Dry,
    /// No more will come.
    Over,
}

impl Tap {
    /// Opens a tap on a capture.
    pub fn open(capture: Capture) -> Tap {
        let basin = Arc::new(Basin::default());
        let (sender, frames) = channel();
        let shared = Arc::clone(&basin);
        let thread = std::thread::spawn(move || drain(capture, &sender, &shared));
        Tap { frames, basin, thread }
    }

    /// The next frame, waiting up to `patience` for it.
    pub fn next(&self, patience: Duration) -> Drop {
        match self.frames.recv_timeout(patience) {
            Ok(frame) => {
                self.basin.waiting.fetch_sub(frame.bytes.len() + OVERHEAD, Ordering::Relaxed);
                Drop::Frame(frame)
            }
            Err(RecvTimeoutError::Timeout) => Drop::Dry,
            Err(RecvTimeoutError::Disconnected) => Drop::Over,
        }
    }

    /// Takes no more than what the kernel has by now; that comes until the tap is over.
    pub fn shut(&self) {
        self.basin.shut.store(true, Ordering::Relaxed);
    }

    /// What became of all frames. The tap must be over.
    ///
    /// # Errors
    /// What ended the capture, if it was not shut: `ENETDOWN` when the interface went down.
    ///
    /// # Panics
    /// Only if the thread did.
    pub fn finish(self) -> io::Result<Count> {
        let count = self.thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))?;
        let lost = self.basin.lost.load(Ordering::Relaxed);
        Ok(Count { dropped: count.dropped + lost, ..count })
    }
}

fn drain(mut capture: Capture, frames: &Sender<Frame>, basin: &Basin) -> io::Result<Count> {
    let mut shut_at = None;
    loop {
        if shut_at.is_none() && basin.shut.load(Ordering::Relaxed) {
            shut_at = Some(Instant::now());
        }
        let patience = if shut_at.is_some() { Duration::ZERO } else { TICK };
        match capture.next(patience)? {
            Some(frame) => {
                let size = frame.bytes.len() + OVERHEAD;
                if basin.waiting.fetch_add(size, Ordering::Relaxed) > MOST {
                    basin.waiting.fetch_sub(size, Ordering::Relaxed);
                    basin.lost.fetch_add(1, Ordering::Relaxed);
                } else if frames.send(frame).is_err() {
                    return capture.count();
                }
                if shut_at.is_some_and(|at| at.elapsed() > REST) {
                    return capture.count();
                }
            }
            None if shut_at.is_some() => return capture.count(),
            None => {}
        }
    }
}
