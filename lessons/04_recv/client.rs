//! The case-conversion client, as far as this lesson takes it.

use std::thread::sleep;
use std::time::Duration;

use socklab::{Result, Side, Socket};

pub fn client(side: &Side) -> Result<()> {
    // socket — 통신의 끝점을 만든다 · make an endpoint
    let socket = Socket::new()?;

    // connect — 서버와 세 방향 핸드셰이크를 한다 · shake hands with the server, three ways
    socket.connect(side.server())?;

    // 문장을 묻고, 모드를 정한다 · ask for the sentence, and settle the mode
    let sentence = side.sentence()?;
    let mode = side.mode(&sentence)?;

    // send — 문장을 보내고, 잠시 멈췄다가 모드를 보낸다 · the sentence, a pause, the mode
    socket.send(&sentence)?;
    sleep(Duration::from_millis(100));
    socket.send(&mode)?;

    // recv — 바뀐 문장을 30초까지 기다려 받는다 · the converted sentence, within 30 seconds
    socket.set_read_timeout(Duration::from_secs(30))?;
    let answer = socket.recv(1024)?;
    side.print_answer(&answer)?;

    Ok(())
}
