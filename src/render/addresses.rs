//! Addresses as text, the ones in use kept: the same two stand in line after line.

use std::fmt::Write;
use std::net::SocketAddr;

/// How many are kept; a power of two.
const MOST: usize = 256;

/// The addresses that were written last, each at the place that its port gives it.
#[derive(Default)]
pub struct Addresses {
    kept: Vec<Option<(SocketAddr, String)>>,
}

impl Addresses {
    /// Adds an address to a line: `127.0.0.1:12000`, `[::1]:12000`.
    pub fn push(&mut self, line: &mut String, address: SocketAddr) {
        self.kept.resize(MOST, None);
        let place = &mut self.kept[usize::from(address.port()) % MOST];
        match place {
            Some((kept, text)) if *kept == address => line.push_str(text),
            _ => {
                let mut text = String::new();
                write!(text, "{address}").expect("writing to a String cannot fail");
                line.push_str(&text);
                *place = Some((address, text));
            }
        }
    }
}
