//! How a play is shown, and where else it goes.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

#[cfg(feature = "wire")]
use crate::capfile::Recording;
use crate::event::error::{Error, Result};
use crate::render::{Format, Look, Paint, Picture, picture};
#[cfg(feature = "wire")]
use crate::sniff::stdout::Outlet;

/// The endings that a saved file's name can have.
#[cfg(feature = "wire")]
pub const ENDINGS: [&str; 3] = ["txt", "json", "pcapng"];
/// The endings that a saved file's name can have.
#[cfg(not(feature = "wire"))]
pub const ENDINGS: [&str; 2] = ["txt", "json"];

/// What was asked for.
#[derive(Clone, Debug)]
pub struct Display {
    /// The picture.
    pub format: Option<Format>,
    /// How it looks.
    pub look: Look,
    /// Where a second picture goes.
    pub save: Option<PathBuf>,
}

impl Display {
    /// The picture that goes into the file, if one was asked for. A text file gets the picture that
    /// the screen has, unless that is none for people.
    ///
    /// # Errors
    /// [`Error::Save`].
    pub fn saved(&self, shown: Format) -> Result<Option<Box<dyn Picture>>> {
        Ok(self.file()?.map(|file| self.recorded(shown, BufWriter::new(file))))
    }

    /// The same through an outlet of its own, for what has too many events to write each at once.
    ///
    /// # Errors
    /// [`Error::Save`].
    #[cfg(feature = "wire")]
    pub fn saved_in_time(&self, shown: Format) -> Result<Option<(Box<dyn Picture>, Outlet)>> {
        let outlet = self.file()?.map(Outlet::over);
        Ok(outlet.map(|outlet| (self.recorded(shown, outlet.clone()), outlet)))
    }

    fn file(&self) -> Result<Option<File>> {
        let create =
            |path: &PathBuf| File::create(path).map_err(|source| Error::Save { path: path.clone(), source });
        self.save.as_ref().map(create).transpose()
    }

    fn recorded(&self, shown: Format, out: impl Write + Send + 'static) -> Box<dyn Picture> {
        let look = Look { paint: Paint::Plain, ..self.look };
        match (self.save.as_deref().map_or("", ending), shown) {
            #[cfg(feature = "wire")]
            ("pcapng", _) => Box::new(Recording::new(look.lang, out)),
            ("json", _) => picture(Format::Json, look, out),
            (_, Format::Json) => picture(Format::Ladder, look, out),
            (_, shown) => picture(shown, look, out),
        }
    }
}

/// The ending of a file's name.
pub fn ending(path: &Path) -> &str {
    path.extension().and_then(|ending| ending.to_str()).unwrap_or_default()
}
