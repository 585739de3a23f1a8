//! What may reach a terminal. The list stands here a second time, apart from the one in
//! `src/escape.rs`, so that a mistake there is not its own witness; the fuzz targets use it too.

/// The first character that steers a terminal, or changes how others look without having a picture
/// of its own; a line's end is none. `None` says that there is no such character.
///
/// # Panics
/// If the bytes are no UTF-8.
pub fn harm(output: &[u8]) -> Option<char> {
    let text = std::str::from_utf8(output).expect("what is printed is UTF-8");
    text.chars().find(|&character| {
        matches!(character as u32,
            // C0 but the line feed, DEL and C1
            0..=9 | 0xb..=0x1f | 0x7f..=0x9f
            // zero width, and what reorders a line
            | 0x61c | 0x200b..=0x200f | 0x202a..=0x202e | 0x2060..=0x206f | 0xfeff
            // other line ends
            | 0x2028 | 0x2029
            // annotations and tags
            | 0xfff9..=0xfffb | 0xe0000..=0xe007f)
    })
}
