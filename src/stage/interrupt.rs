//! Ctrl-C and its like: they end a play, which then ends its picture.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use signal_hook::consts;

use crate::event::error::{Error, Result};

#[cfg(unix)]
const SIGNALS: [i32; 3] = [consts::SIGINT, consts::SIGTERM, consts::SIGHUP];

#[cfg(not(unix))]
const SIGNALS: [i32; 2] = [consts::SIGINT, consts::SIGTERM];

/// From now on these signals set a flag, and nothing else.
///
/// # Errors
/// [`Error::Signal`] when they cannot be handled.
pub fn heed() -> Result<Arc<AtomicBool>> {
    let interrupted = Arc::new(AtomicBool::new(false));
    for signal in SIGNALS {
        signal_hook::flag::register(signal, Arc::clone(&interrupted)).map_err(Error::Signal)?;
    }
    Ok(interrupted)
}
