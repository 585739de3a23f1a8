//! The case-conversion server, as far as this lesson takes it.

use socklab::{Result, Side, Socket};

pub fn server(side: &Side) -> Result<()> {
    // socket — 통신의 끝점을 만든다 · make an endpoint
    let listener = Socket::new()?;

    // setsockopt — 다시 켜도 포트를 바로 쓸 수 있게 한다 · let a restart have the port at once
    listener.set_reuse_address(true)?;

    // bind — 소켓에 주소와 포트를 준다 · give it an address and a port
    listener.bind(side.server())?;

    // listen — 핸드셰이크를 커널에 맡긴다 · leave the handshakes to the kernel
    listener.listen(1)?;
    side.print("The server is ready to receive")?;

    loop {
        // accept — 핸드셰이크가 끝난 연결을 하나씩 꺼낸다 · take finished connections, one by one
        listener.accept()?;
    }
}
