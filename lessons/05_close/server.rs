//! The case-conversion server, as far as this lesson takes it.

use std::time::Duration;

use socklab::case::Request;
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
        let connection = listener.accept()?;

        // 한 클라이언트의 문제로 서버가 멈추지는 않는다 · one client's trouble does not stop the server
        if let Err(error) = converse(&connection, &listener) {
            side.give_up(&connection, &error)?;
        }

        // close — 이 클라이언트와는 끝났다 · done with this client
        connection.close();
    }
}

/// 클라이언트 하나와 나누는 대화 · the conversation with one client
fn converse(connection: &Socket, listener: &Socket) -> Result<()> {
    // recv — 문장을 받고, 모드를 받는다. 붙어 오기도, 나뉘어 오기도 한다
    //        the sentence, then the mode: glued together or in pieces, who knows
    let mut request = Request::new();
    while let Some(patience) = request.patience() {
        connection.set_read_timeout(patience)?;
        match connection.recv(1024) {
            // 조용하면 온 것이 전부다 · when nothing more comes, that was all
            Err(error) if error.is_time_over() && request.stands_silence(listener.is_readable()?) => {}
            piece => request.push(&piece?),
        }
    }

    // send — 바꾼 문장을 보낸다. 읽지 않는 클라이언트는 1초만 기다린다
    //        the converted sentence; a client that does not read is waited for one second
    connection.set_write_timeout(Duration::from_secs(1))?;
    connection.send(request.answer())?;

    Ok(())
}
