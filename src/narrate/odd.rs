//! What is odd, each with its reason.

use crate::event::{Reset, Who};
use crate::tcp::anomaly::Oddity::{self, *};
use crate::text::lang::Text;

/// What an oddity is called.
pub fn oddity(oddity: Oddity) -> Text {
    let (ko, en) = match oddity {
        Retransmission => ("재전송", "retransmission"),
        FastRetransmission => ("빠른 재전송", "fast retransmission"),
        SpuriousRetransmission => ("불필요한 재전송", "spurious retransmission"),
        OutOfOrder => ("순서 뒤바뀜", "out of order"),
        PreviousNotCaptured => ("앞 세그먼트가 캡처되지 않음", "previous segment not captured"),
        AcknowledgesUnseen => ("보지 못한 세그먼트의 확인", "acknowledges an unseen segment"),
        DuplicateAck => ("중복 ACK", "duplicate ACK"),
        KeepAlive => ("keep-alive", "keep-alive"),
        KeepAliveAck => ("keep-alive의 응답", "answer to a keep-alive"),
        ZeroWindow => ("제로 윈도", "zero window"),
        ZeroWindowProbe => ("제로 윈도 탐색", "zero window probe"),
        ZeroWindowProbeAck => ("제로 윈도 탐색의 응답", "answer to a zero window probe"),
        WindowFull => ("윈도를 가득 채움", "window full"),
        WindowUpdate => ("윈도 갱신", "window update"),
        PortReuse => ("포트 재사용", "port reuse"),
        ResetWithData => ("데이터가 실린 RST", "RST with data"),
        DataOnSyn => ("데이터가 실린 SYN", "data on the SYN"),
        SimultaneousOpen => ("동시 열기", "simultaneous open"),
        SplitHandshake => ("나뉜 핸드셰이크", "split handshake"),
        WrongAcknowledgment => ("어긋난 확인 번호", "wrong acknowledgment"),
        CapturedTwice => ("두 번 캡처된 패킷", "captured twice"),
        Oversized => ("MSS보다 긴 세그먼트", "longer than the MSS"),
        NoTotalLength => ("길이가 없는 IP 헤더", "no length in the IP header"),
        ChecksumUnfilled => ("채워지지 않은 체크섬", "checksum not filled in"),
        ChecksumWrong => ("맞지 않는 체크섬", "wrong checksum"),
        Lost => ("사라진 세그먼트", "lost"),
    };
    Text::fixed(ko, en)
}

/// Why it is so: its name, and one sentence. `ack` is the acknowledgment that a duplicate repeats,
/// and `repeats` says for which time.
pub fn odd(what: Oddity, ack: Option<u32>, repeats: u32) -> Text {
    let (ko, en) = match what {
        Retransmission => (
            "확인되지 않은 것을 다시 보낸다. 재전송 타이머(RTO)가 다했다.",
            "what was not acknowledged is sent again; the retransmission timer (RTO) has run out.",
        ),
        FastRetransmission => (
            "중복 ACK를 세 번 받고 타이머를 기다리지 않고 다시 보낸다.",
            "duplicate ACKs asked for it, and it is sent again without waiting for the timer.",
        ),
        SpuriousRetransmission => (
            "이미 확인된 것을 다시 보낸다. 확인이 늦었거나 사라졌다.",
            "it had been acknowledged already; the ACK was late, or lost.",
        ),
        OutOfOrder => (
            "뒤의 세그먼트가 먼저 왔다. 다시 보낸 것이라기에는 너무 빠르다.",
            "a later segment overtook it; it comes too soon to have been sent again.",
        ),
        PreviousNotCaptured => (
            "이 앞에 빠진 번호가 있다. 잃어버렸거나 캡처가 놓쳤다.",
            "numbers are missing before it: lost on the way, or missed by the capture.",
        ),
        AcknowledgesUnseen => (
            "캡처에 없는 바이트를 확인한다. 받는 쪽은 받았고, 캡처가 놓쳤다.",
            "the bytes arrived, since they are acknowledged; it was the capture that missed them.",
        ),
        DuplicateAck => return duplicate(ack.unwrap_or(0), repeats),
        KeepAlive => (
            "옛 번호로 상대가 아직 있는지 물어본다.",
            "an old number, sent only to see whether the peer is still there.",
        ),
        KeepAliveAck => ("아직 있다고 답한다.", "it is still there."),
        ZeroWindow => (
            "수신 버퍼가 가득 찼다. 상대는 보내기를 멈추어야 한다.",
            "the receive buffer is full: the peer has to stop sending.",
        ),
        ZeroWindowProbe => (
            "닫힌 윈도가 열렸는지 물어본다.",
            "sent only to learn whether the window that was shut has opened.",
        ),
        ZeroWindowProbeAck => ("윈도는 아직 닫혀 있다.", "the window is still shut."),
        WindowFull => (
            "상대가 받겠다고 한 만큼을 다 보냈다. 윈도가 열려야 더 보낸다.",
            "all that the peer offered to take is on its way; more must wait for its window.",
        ),
        WindowUpdate => {
            ("받는 쪽이 버퍼를 비워 더 받을 수 있게 되었다.", "the receiver has read, and can take more.")
        }
        PortReuse => (
            "앞서 쓰이던 주소와 포트로 새 연결을 연다.",
            "a new connection between the addresses and ports of an earlier one.",
        ),
        ResetWithData => (
            "RST에 실린 글은 왜 끊었는지 사람에게 알리는 말이다.",
            "what a RST carries is meant for people: why it was sent.",
        ),
        DataOnSyn => (
            "핸드셰이크가 끝나기 전에 데이터를 실어 보낸다(TCP Fast Open, RFC 7413).",
            "bytes are sent before the handshake is over (TCP Fast Open, RFC 7413).",
        ),
        SimultaneousOpen => (
            "양쪽이 서로의 SYN을 받기 전에 SYN을 보냈다.",
            "each end sent its SYN before the other's had arrived.",
        ),
        SplitHandshake => (
            "SYN,ACK 하나로 할 말을 SYN과 ACK 두 세그먼트로 나누어 답했다.",
            "a SYN and an ACK, apart, say what one SYN,ACK says.",
        ),
        WrongAcknowledgment => (
            "이 연결의 SYN을 확인하는 번호가 아니다. 핸드셰이크로 치지 않는다.",
            "it does not acknowledge this connection's SYN, and is no part of the handshake.",
        ),
        CapturedTwice => (
            "같은 패킷이 캡처에 한 번 더 들어왔다. 와이어에는 한 번만 나갔다.",
            "the very same packet once more in the capture; it was sent once.",
        ),
        Oversized => (
            "와이어에 나가기 전에 잡혔다. 자르는 일은 네트워크 카드가 하고, 루프백에서는 아무도 하지 않는다.",
            "caught before it was cut up: the network card does that, and on loopback nobody.",
        ),
        NoTotalLength => (
            "IP 헤더의 길이가 0이다. 네트워크 카드가 채우거나, 적을 수 있는 것보다 길다.",
            "the length is 0: left to the network card, or more than the field can hold.",
        ),
        ChecksumUnfilled => (
            "의사 헤더만 더한 값이다. 바이트가 메모리를 떠나지 않으므로 커널이 채우지 않는다.",
            "it covers the pseudo header alone; the kernel does not fill it in for bytes that never leave memory.",
        ),
        ChecksumWrong => (
            "체크섬이 바이트와 맞지 않는다. 받는 쪽은 이 세그먼트를 버린다.",
            "it does not fit the bytes; the receiver throws such a segment away.",
        ),
        Lost => {
            ("회선이 끊겨 있어 상대에게 닿지 않는다.", "the line is cut, and it never reaches the other end.")
        }
    };
    let name = oddity(what);
    Text::made(format!("{}: {ko}", name.ko), format!("{}: {en}", name.en))
}

fn duplicate(next: u32, count: u32) -> Text {
    Text::made(
        format!("중복 ACK {count}번째: {next}번부터가 아직 오지 않았다고 되풀이한다."),
        format!("duplicate ACK number {count}: says again that {next} is what it waits for."),
    )
}

/// Why something is so that marks every segment of a connection, and is told once for it.
pub fn ambient(what: Oddity) -> Text {
    odd(what, None, 0)
}

/// Why a connection was broken off, as far as the wire tells.
pub fn reset(reset: Reset, from: Who) -> Text {
    let (ko, en) = match reset {
        Reset::Refused => {
            ("RST: 거부. 그 포트에서 듣는 프로그램이 없다.", "RST: refused. No program listens on that port.")
        }
        Reset::Unexpected => (
            "RST: 이 번호를 기다린 적이 없다. 옛 연결의 것이거나 잘못 온 것이다.",
            "RST: nobody here waits for that number; it belongs to an old connection, or went astray.",
        ),
        Reset::AfterClose => (
            "RST: 이미 닫은 소켓으로 데이터가 왔다. 읽을 프로그램이 없다.",
            "RST: bytes came to a socket that was closed already; no program is there to read them.",
        ),
        Reset::Abort => match from {
            Who::Client => (
                "RST: 연결이 그 자리에서 끊어진다. 클라이언트가 읽지 않은 데이터를 두고 닫았거나, 닫지 않고 끝났다.",
                "RST: the connection is broken off on the spot. The client closed with bytes unread, or was aborted.",
            ),
            Who::Server => (
                "RST: 연결이 그 자리에서 끊어진다. 서버가 읽지 않은 데이터를 두고 닫았거나, 닫지 않고 끝났다.",
                "RST: the connection is broken off on the spot. The server closed with bytes unread, or was aborted.",
            ),
        },
        Reset::Unread => match from {
            Who::Client => (
                "RST: 연결이 그 자리에서 끊어진다. 클라이언트가 읽지 않은 데이터를 두고 닫았다.",
                "RST: the connection is broken off on the spot. The client closed with bytes unread.",
            ),
            Who::Server => (
                "RST: 연결이 그 자리에서 끊어진다. 서버가 읽지 않은 데이터를 두고 닫았다.",
                "RST: the connection is broken off on the spot. The server closed with bytes unread.",
            ),
        },
        Reset::Linger => match from {
            Who::Client => (
                "RST: 연결이 그 자리에서 끊어진다. 클라이언트가 SO_LINGER를 0으로 두고 닫았다.",
                "RST: the connection is broken off on the spot. The client closed with SO_LINGER at 0.",
            ),
            Who::Server => (
                "RST: 연결이 그 자리에서 끊어진다. 서버가 SO_LINGER를 0으로 두고 닫았다.",
                "RST: the connection is broken off on the spot. The server closed with SO_LINGER at 0.",
            ),
        },
    };
    Text::fixed(ko, en)
}
