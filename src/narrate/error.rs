//! What went wrong, what it means, and what to do.

use super::reason;
use crate::errno::Errno;
use crate::error::Error;
use crate::event::Op;
use crate::lang::Text;

/// What went wrong, what it means, and what to do. It begins with the call that failed.
pub fn error(error: &Error) -> Text {
    match error {
        Error::Call { op, address, source } => {
            let errno = Errno::of(source);
            let target = address.map_or(String::new(), |address| format!("({address})"));
            // What has no name of its own is at least told in the system's words.
            let detail = if errno == Errno::Io { format!(" {source}.") } else { String::new() };
            let ((ko, en), (advice_ko, advice_en)) = (reason(errno), advice(*op, errno));
            let call = format!("{}{target}: {}", op.name(), errno.name());
            Text::made(format!("{call}: {ko}{detail}{advice_ko}"), format!("{call}: {en}{detail}{advice_en}"))
        }
        Error::Silence { op, seconds } => Text::made(
            format!(
                "{}: {seconds}초 동안 기다렸으나 상대가 조용하다. 상대 프로그램이 멈춘 것은 아닌지 보라.",
                op.name()
            ),
            format!(
                "{}: waited {seconds} s and the peer stays silent. See whether its program hangs.",
                op.name()
            ),
        ),
        Error::Curtain => Text::fixed("막이 내렸다.", "The stage has ended."),
        Error::EmptySentence => Text::fixed(
            "send: 문장이 비어 있다. 0바이트를 보내면 와이어에는 아무것도 나가지 않고, 튜토리얼의 서버는 \
             영원히 기다린다. 한 글자 이상 입력하라.",
            "send: the sentence is empty. Sending 0 bytes puts nothing on the wire, and the tutorial's \
             server would wait for ever. Type at least one character.",
        ),
        Error::EmptyMode => Text::fixed(
            "send: 모드가 비어 있다. 1(대문자로)이나 2(소문자로)를 입력하라.",
            "send: the mode is empty. Type 1 (to upper case) or 2 (to lower case).",
        ),
        Error::EndOfInput => Text::fixed(
            "read: 입력이 끝났다. 문장을 입력하거나 --sentence와 --mode로 주어라.",
            "read: the input has ended. Type a sentence, or give it with --sentence and --mode.",
        ),
        Error::Input(source) if Errno::of(source) == Errno::IlSeq => Text::fixed(
            "read: 입력이 UTF-8이 아니다. 터미널의 인코딩을 UTF-8로 바꾸어라.",
            "read: the input is not UTF-8. Set the terminal's encoding to UTF-8.",
        ),
        Error::Input(source) => Text::made(
            format!("read: 입력을 읽지 못했다: {source}"),
            format!("read: cannot read the input: {source}"),
        ),
        Error::NotText => Text::fixed(
            "recv: 받은 답이 UTF-8이 아니다. 위에 이스케이프해 보였다. 다른 프로그램이 이 포트를 쓰는지 보라.",
            "recv: the answer is not UTF-8; it is shown escaped above. See whether another program has this port.",
        ),
        Error::Output(source) => {
            Text::made(format!("write: 출력하지 못했다: {source}"), format!("write: cannot print: {source}"))
        }
        Error::Save { path, source } => Text::made(
            format!("open({}): 저장하지 못했다: {source}", path.display()),
            format!("open({}): cannot save: {source}", path.display()),
        ),
        Error::NoWire => Text::fixed(
            "socket(AF_PACKET): --wire require 인데 여기서는 와이어를 볼 수 없다. `socklab doctor`가 까닭과 할 일을 말해 준다.",
            "socket(AF_PACKET): --wire require, but the wire cannot be seen here. `socklab doctor` says why, and what to do.",
        ),
        Error::Deadlock => Text::fixed(
            "recv: 두 쪽이 서로를 기다려 아무도 나아갈 수 없다. 누가 무엇을 기다리는지 위에 있다.",
            "recv: both sides wait for each other, and neither can go on. Who waits for what stands above.",
        ),
    }
}

/// What to do about an error, with a space before it; nothing where nothing can be done.
fn advice(op: Op, error: Errno) -> (&'static str, &'static str) {
    if op == Op::Connect && error == Errno::ConnRefused {
        (
            " 다른 터미널에서 서버를 먼저 켜라: cargo run --bin 05_close -- server",
            " Start the server first, in another terminal: cargo run --bin 05_close -- server",
        )
    } else if error == Errno::AddrInUse {
        (
            " 그 프로그램을 끝내거나 다른 포트를 골라라: --port 12001",
            " End that program, or choose another port: --port 12001",
        )
    } else if op == Op::Bind && error == Errno::Acces {
        (" 1024 이상의 포트를 골라라: --port 12000", " Choose a port from 1024 up: --port 12000")
    } else {
        ("", "")
    }
}
