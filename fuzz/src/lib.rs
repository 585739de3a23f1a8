//! What the fuzz targets share: pictures to be drawn, what may be in them, how much memory it may
//! take, and the shapes that let mutated bytes get past a file's header.

#[path = "../../tests/harmless.rs"]
mod harmless;
pub mod memory;
pub mod pictures;
pub mod shape;

use socklab::capfile::Reader;
use socklab::text::lang::Text;
use socklab::render::Scene;
use socklab::sniff::sniffer::Sniffer;
use socklab::event::truth::Wire;

use pictures::Pictures;

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

/// Reads a file from its first byte to its end or to where it breaks, through the picture that a
/// number chooses and in the look that a byte does.
///
/// # Panics
/// If the reader does not come to an end, or the picture does not hold what it promises.
pub fn read(file: &[u8], which: usize, look: u8, recorded: bool) {
    let Ok(mut reader) = Reader::open(file) else { return };
    let (pictures, gallery) = Pictures::new(which, look, recorded);
    let mut sniffer = Sniffer::new(gallery, scene(), &[]);
    // Every item takes at least a byte of the file: there cannot be more of them.
    let mut left = file.len();
    while let Ok(Some(item)) = reader.item() {
        left = left.checked_sub(1).expect("the reader comes to an end");
        sniffer.item(item).expect("memory can be written to");
    }
    sniffer.end().expect("memory can be written to");
    pictures.judge();
}
