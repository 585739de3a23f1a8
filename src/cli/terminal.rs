//! What the terminal and the environment say about how to print.

use std::env;
use std::io::{self, IsTerminal};

use crate::text::lang::Lang;

/// The language of the locale, by the order that POSIX gives the variables (locale(7)).
pub fn lang() -> Lang {
    let set = |name: &str| env::var(name).ok().filter(|value| !value.is_empty());
    let locale = set("LC_ALL").or_else(|| set("LC_MESSAGES")).or_else(|| set("LANG"));
    Lang::of_locale(&locale.unwrap_or_default())
}

/// Whether to use colour where nothing was asked for: on a terminal, and by the variables that
/// programs have agreed on: `NO_COLOR`, `CLICOLOR_FORCE`, `CLICOLOR`, `TERM`.
pub fn wants_colour() -> bool {
    let set = |name: &str| env::var_os(name).filter(|value| !value.is_empty());
    if set("NO_COLOR").is_some() {
        return false;
    }
    if set("CLICOLOR_FORCE").is_some_and(|value| value != "0") {
        return true;
    }
    io::stdout().is_terminal()
        && set("CLICOLOR").is_none_or(|value| value != "0")
        && set("TERM").is_none_or(|value| value != "dumb")
}

/// The terminal's width in columns; none where the standard output is a pipe or a file.
pub fn width() -> Option<usize> {
    system::width().filter(|&width| width > 0)
}

#[cfg(unix)]
mod system {
    pub fn width() -> Option<usize> {
        // SAFETY: a winsize is four numbers, for which zeros are valid.
        let mut size: libc::winsize = unsafe { std::mem::zeroed() };
        // SAFETY: TIOCGWINSZ writes one winsize, which is live.
        let answer = unsafe { libc::ioctl(libc::STDOUT_FILENO, libc::TIOCGWINSZ, &raw mut size) };
        (answer == 0).then_some(size.ws_col.into())
    }
}

#[cfg(not(unix))]
mod system {
    pub fn width() -> Option<usize> {
        std::env::var("COLUMNS").ok()?.parse().ok()
    }
}
