//! The case-conversion client, as far as this lesson takes it.

use socklab::{Result, Side, Socket};

pub fn client(side: &Side) -> Result<()> {
    // socket — 통신의 끝점을 만든다 · make an endpoint
    let socket = Socket::new()?;

    // connect — 서버와 세 방향 핸드셰이크를 한다 · shake hands with the server, three ways
    socket.connect(side.server())?;

    Ok(())
}
