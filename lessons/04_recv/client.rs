//! The case-conversion client, as far as this lesson takes it.

use socklab::{Result, Side, Socket};

pub fn client(side: &Side) -> Result<Socket> {
    // socket — 통신의 끝점을 만든다 · make an endpoint
    let socket = side.socket()?;

    // connect — 서버와 세 방향 핸드셰이크를 한다 · shake hands with the server, three ways
    socket.connect(side.server())?;

    // 문장을 묻고, 모드를 정한다 · ask for the sentence, and settle the mode
    let sentence = side.sentence()?;
    let mode = side.mode(&sentence)?;

    // send — 문장을 보내고, 잠시 멈췄다가 모드를 보낸다 · the sentence, a pause, the mode
    socket.send(&sentence)?;
    side.pause()?;
    socket.send(&mode)?;

    // recv — 바뀐 문장을 받는다 · receive the converted sentence
    let answer = socket.recv(1024)?;
    side.print_answer(&answer)?;

    Ok(socket)
}
