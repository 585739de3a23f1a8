//! What the stage does, for whoever wants to see it do so: stops and decisions, on standard error,
//! with `SOCKLAB_LOG=stage`.

use std::io::Write;
use std::sync::OnceLock;

/// Says something, where somebody listens.
pub fn say(what: impl FnOnce() -> String) {
    static LISTENS: OnceLock<bool> = OnceLock::new();
    let listens = LISTENS.get_or_init(|| std::env::var("SOCKLAB_LOG").is_ok_and(|who| who == "stage"));
    if *listens {
        // Nobody is told where even that cannot be written.
        let _ = writeln!(std::io::stderr(), "stage: {}", what());
    }
}
