//! What the fuzz targets share: pictures to be drawn, what may be in them, how much memory it may
//! take, and the shapes that let mutated bytes get past a file's header.

#[path = "../../tests/harmless.rs"]
mod harmless;
pub mod memory;
pub mod pictures;
pub mod shape;

use socklab::lang::Text;
use socklab::render::Scene;
use socklab::truth::Wire;

/// What the pictures are told where no file tells them otherwise.
pub fn scene() -> Scene {
    Scene {
        title: Text::fixed("퍼징", "fuzz"),
        cast: Vec::new(),
        server: None,
        start: 0,
        wire: Wire::File,
        remarks: Vec::new(),
        next: None,
    }
}
