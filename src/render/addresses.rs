//! Addresses as text, the ones in use kept: the same two stand in line after line.

use std::net::SocketAddr;

use super::digits::push_number;
use crate::event::FlowId;

/// How many are kept; a power of two.
const MOST: usize = 256;

/// The addresses that were written last, each at the place that its port gives it.
pub struct Addresses {
    kept: Vec<Option<(SocketAddr, String)>>,
}

impl Default for Addresses {
    fn default() -> Addresses {
        Addresses { kept: vec![None; MOST] }
    }
}

impl Addresses {
    /// Adds a connection by its number and its ends to a line: `#1  127.0.0.1:40000 → 127.0.0.1:12000`.
    pub fn push_ends(&mut self, line: &mut String, flow: FlowId, client: SocketAddr, server: SocketAddr) {
        line.push('#');
        push_number(line, flow.into());
        line.push_str("  ");
        self.push(line, client);
        line.push_str(" → ");
        self.push(line, server);
    }

    /// Adds an address to a line: `127.0.0.1:12000`, `[::1]:12000`.
    pub fn push(&mut self, line: &mut String, address: SocketAddr) {
        let place = &mut self.kept[usize::from(address.port()) % MOST];
        match place {
            Some((kept, text)) if *kept == address => line.push_str(text),
            _ => {
                let (_, text) = place.insert((address, text(address)));
                line.push_str(text);
            }
        }
    }
}

fn text(address: SocketAddr) -> String {
    let SocketAddr::V4(four) = address else { return address.to_string() };
    let mut text = String::with_capacity(21);
    for (index, octet) in four.ip().octets().into_iter().enumerate() {
        if index > 0 {
            text.push('.');
        }
        push_number(&mut text, octet.into());
    }
    text.push(':');
    push_number(&mut text, four.port().into());
    text
}
