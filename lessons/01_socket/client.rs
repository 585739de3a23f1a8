//! The case-conversion client, as far as this lesson takes it.

use socklab::{Result, Side, Socket};

pub fn client(_side: &Side) -> Result<()> {
    // socket — 통신의 끝점을 만든다 · make an endpoint
    let _socket = Socket::new()?;

    Ok(())
}
