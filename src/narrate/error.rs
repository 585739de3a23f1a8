//! What went wrong, what it means, and what to do.

use std::io;
use std::path::Path;

use super::call::reason;
use crate::event::Op;
use crate::event::damage::{Damage, Fault};
use crate::event::errno::Errno;
use crate::event::error::Error;
use crate::text::escape;
use crate::text::lang::{Lang, Text};

/// What went wrong, what it means, and what to do. It begins with the call that failed.
pub fn error(error: &Error) -> Text {
    match error {
        Error::Call { op, address, source } => {
            let errno = Errno::of(source);
            let target = address.map_or(String::new(), |address| format!("({address})"));
            // What has no name of its own is at least told in the system's words.
            let detail = if errno == Errno::Io { format!(" {source}.") } else { String::new() };
            let (ko, en) = if error.is_time_over() { time_over() } else { reason(errno) };
            let (advice_ko, advice_en) = advice(*op, errno);
            let call = format!("{}{target}: {}", op.name(), errno.name());
            Text::made(format!("{call}: {ko}{detail}{advice_ko}"), format!("{call}: {en}{detail}{advice_en}"))
        }
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
            format!("open({}): 저장하지 못했다: {source}", shown(path)),
            format!("open({}): cannot save: {source}", shown(path)),
        ),
        Error::NoWire => Text::fixed(
            "socket(AF_PACKET): --wire require 인데 여기서는 와이어를 볼 수 없다. `socklab doctor`가 까닭과 할 일을 말해 준다.",
            "socket(AF_PACKET): --wire require, but the wire cannot be seen here. `socklab doctor` says why, and what to do.",
        ),
        Error::UnknownLesson(name) => {
            let name = escape::line(name.as_bytes());
            Text::made(
                format!("인수: {name}: 그런 강의는 없다. `socklab list`를 보라."),
                format!("arguments: {name}: there is no such lesson. See `socklab list`."),
            )
        }
        Error::TooManyPorts(most) => Text::made(
            format!("인수: --port <PORT>: 포트는 {most}개까지 고를 수 있다. 빼면 모든 포트를 본다."),
            format!("arguments: --port <PORT>: at most {most} ports; without any, all are watched."),
        ),
        Error::Capture { interface, program, source } => capture(interface, program, source),
        Error::Privilege(source) => Text::made(
            format!("capset: 필요 없는 권한을 내려놓지 못했다: {source}. 그대로는 지켜보지 않는다."),
            format!(
                "capset: what is not needed could not be given up: {source}. Nothing is watched like that."
            ),
        ),
        Error::Signal(source) => Text::made(
            format!("sigaction: Ctrl-C를 받을 수 없다: {source}"),
            format!("sigaction: Ctrl-C cannot be handled: {source}"),
        ),
        Error::Wire(source) => Text::made(
            format!("recvfrom: 지켜보던 인터페이스가 꺼졌거나 고장났다: {source}. `ip link`로 확인하라."),
            format!("recvfrom: the interface went down or broke: {source}. See `ip link`."),
        ),
        Error::NoRoom(reasons) => {
            let each = |lang| reasons.iter().map(|text| text.get(lang)).collect::<Vec<_>>().join("\n");
            Text::made(
                format!("unshare: 방을 만들 수 없어 명령을 실행하지 않았다.\n{}", each(Lang::Ko)),
                format!("unshare: without a room the command was not run.\n{}", each(Lang::En)),
            )
        }
        Error::NoWeather(reasons) => {
            let each = |lang| reasons.iter().map(|text| text.get(lang)).collect::<Vec<_>>().join("\n");
            Text::made(
                format!(
                    "인수: 청한 회선 상태는 무대의 방에서만 만들 수 있어 아무것도 실행하지 않았다.\n{}",
                    each(Lang::Ko)
                ),
                format!(
                    "arguments: the weather that was asked for can be had in a room of the stage's alone; nothing was run.\n{}",
                    each(Lang::En)
                ),
            )
        }
        Error::UnknownRoom(id) => Text::made(
            format!("인수: {id}: 그런 방은 열려 있지 않다. `socklab room list`를 보라."),
            format!("arguments: {id}: no such room is open. See `socklab room list`."),
        ),
        Error::WhichRoom(ids) if ids.is_empty() => Text::fixed(
            "인수: 열려 있는 방이 없다. `socklab room`으로 연다.",
            "arguments: no room is open; `socklab room` opens one.",
        ),
        Error::WhichRoom(ids) => {
            let ids = ids.iter().map(u32::to_string).collect::<Vec<_>>().join(", ");
            Text::made(
                format!("인수: 방이 여럿이다. 어느 방인지 골라라: {ids}."),
                format!("arguments: several rooms are open; say which one: {ids}."),
            )
        }
        Error::Room(source) => Text::made(
            format!("setns: 그 방에 들어가지 못했다: {source}. 방을 연 사용자만 들어갈 수 있다."),
            format!("setns: that room cannot be entered: {source}. Only the user who opened it can."),
        ),
        Error::Start { program, source } => {
            let program = escape::line(program.as_bytes());
            Text::made(
                format!("execvp({program}): 실행하지 못했다: {source}. 이름과 PATH를 확인하라."),
                format!("execvp({program}): it could not be started: {source}. See its name and PATH."),
            )
        }
        Error::Open { path, source } => {
            let path = shown(path);
            Text::made(
                format!("open({path}): 열지 못했다: {source}. 이름과 권한을 확인하라."),
                format!("open({path}): cannot be opened: {source}. See its name and permissions."),
            )
        }
        Error::Damaged { path, damage } => damaged(&shown(path), damage),
        Error::Deadlock => Text::fixed(
            "recv: 두 쪽이 서로를 기다려 아무도 나아갈 수 없다. 누가 무엇을 기다리는지 위에 있다.",
            "recv: both sides wait for each other, and neither can go on. Who waits for what stands above.",
        ),
        Error::Stuck => Text::fixed(
            "wait: 더 일어날 일이 없어 끝냈다. 누가 무엇을 하고 있었는지 위에 있다.",
            "wait: ended, since nothing more will happen. Who was doing what stands above.",
        ),
        Error::TimeOver => Text::fixed(
            "wait: --for로 정한 시간이 지났다. 누가 기다리고 있었는지 위에 있다.",
            "wait: the time set with --for is over. Who was waiting stands above.",
        ),
        Error::Crashed => Text::fixed(
            "wait: 프로그램 하나가 제대로 끝나지 않았다. 까닭은 위에 있다.",
            "wait: a program came to a bad end. See above.",
        ),
        Error::Watch(source) => Text::made(
            format!("ptrace: 프로그램을 지켜볼 수 없다: {source}"),
            format!("ptrace: the program cannot be watched: {source}"),
        ),
    }
}

/// A path as it can be shown: a name may have anything in it.
fn shown(path: &Path) -> String {
    escape::line(path.display().to_string().as_bytes())
}

/// That an interface cannot be watched, and the commands that would help.
fn capture(interface: &str, program: &Path, source: &io::Error) -> Text {
    let (interface, program) = (escape::line(interface.as_bytes()), shown(program));
    if source.kind() == io::ErrorKind::PermissionDenied {
        Text::made(
            format!(
                "socket(AF_PACKET): {interface}: 지켜볼 권한(CAP_NET_RAW)이 없다. 다음 가운데 하나면 된다:\n  \
                 sudo setcap cap_net_raw+ep {program}\n  sudo {program} sniff\n  \
                 socklab sniff -- COMMAND…   (root 없이, 자기만의 방에서)"
            ),
            format!(
                "socket(AF_PACKET): watching {interface} takes CAP_NET_RAW. Any of these will do:\n  \
                 sudo setcap cap_net_raw+ep {program}\n  sudo {program} sniff\n  \
                 socklab sniff -- COMMAND…   (in a room of its own, without root)"
            ),
        )
    } else if source.kind() == io::ErrorKind::NotFound {
        Text::made(
            format!("socket(AF_PACKET): {interface}: 그런 인터페이스는 없다. 있는 것: {source}."),
            format!("socket(AF_PACKET): {interface}: there is no such interface. There are: {source}."),
        )
    } else {
        Text::made(
            format!("socket(AF_PACKET): {interface}: 지켜볼 수 없다: {source}."),
            format!("socket(AF_PACKET): {interface} cannot be watched: {source}."),
        )
    }
}

/// Where and why a capture file could not be read to its end.
fn damaged(path: &str, damage: &Damage) -> Text {
    let at = damage.offset;
    let (ko, en) = match &damage.fault {
        Fault::Foreign(first) if first.is_empty() => {
            ("빈 파일이다. 캡처 파일을 주어라.".to_owned(), "it is empty. Give a capture file.".to_owned())
        }
        Fault::Foreign(first) => {
            let first = escape::hex(first);
            (
                format!("pcap도 pcapng도 아니다. {first}(으)로 시작한다."),
                format!("it is neither pcap nor pcapng; it begins with {first}."),
            )
        }
        Fault::Cut => (
            format!("{at}바이트 뒤의 기록이 중간에서 끝난다. 그 앞까지는 읽었다."),
            format!(
                "it ends in the middle of a record that begins at byte {at}; what comes before was read."
            ),
        ),
        Fault::Broken => (
            format!("{at}바이트 뒤의 기록이 깨졌다. 그 앞까지는 읽었다."),
            format!("the record at byte {at} does not hold together; what comes before was read."),
        ),
        Fault::Oversized(length) => (
            format!(
                "{at}바이트 뒤의 기록이 {length}바이트라고 한다. 그렇게 긴 기록은 없다. 그 앞까지는 읽었다."
            ),
            format!(
                "the record at byte {at} claims {length} bytes, more than any can have; what comes before was read."
            ),
        ),
        Fault::UnknownInterface(number) => (
            format!(
                "{at}바이트 뒤의 패킷은 소개된 적 없는 인터페이스 {number}의 것이다. 그 앞까지는 읽었다."
            ),
            format!(
                "the packet at byte {at} is from interface {number}, which was never described; what comes before was read."
            ),
        ),
        Fault::Unreadable(source) => (
            format!("{at}바이트까지 읽고 더 읽지 못했다: {source}."),
            format!("after {at} bytes it could not be read any further: {source}."),
        ),
    };
    Text::made(format!("read({path}): {ko}"), format!("read({path}): {en}"))
}

/// What to do about an error, with a space before it; nothing where nothing can be done.
/// Why a call of ours that waits fails with `EAGAIN`: its socket has a time limit (socket(7)).
fn time_over() -> (&'static str, &'static str) {
    (
        "정해 둔 시간이 지나도록 상대가 조용하다. 상대 프로그램이 멈춘 것은 아닌지 보라.",
        "The peer was silent for as long as the socket waits. See whether its program hangs.",
    )
}

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
