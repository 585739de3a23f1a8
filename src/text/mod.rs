//! What a text is made of: escapes, and the two languages.

pub mod escape;
pub mod lang;
