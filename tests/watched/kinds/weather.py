"""What the wire does to programs that ask a question and wait for the answer."""
import time
from pair import *


def asks(limit):
    """A client that waits so many seconds for its answer (SO_RCVTIMEO)."""
    peer = connects()
    peer.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, int(limit).to_bytes(8, "little") + bytes(8))
    say("ready", peer.recv(100))
    peer.sendall(b"hi")
    try:
        say("answer", peer.recv(100))
    except BlockingIOError:
        say("no answer")


def answers():
    """A server that lets itself be asked, and answers in capitals."""
    peer = accepts()
    peer.sendall(b"?")
    while question := peer.recv(1000):
        peer.sendall(question.upper())


def in_two():
    """Questions in two sends each: the second waits for the ACK of the first (Nagle, RFC 896)."""
    peer = connects()
    for _ in range(2):
        peer.sendall(b"how ")
        peer.sendall(b"are you?")
        begun = time.monotonic()
        say("answer", peer.recv(100), "after", round((time.monotonic() - begun) * 1000), "ms")


def answers_wholes():
    """A server that answers when it has twelve bytes, again and again."""
    peer = accepts()
    question = b""
    while more := peer.recv(100):
        question += more
        if len(question) == 12:
            peer.sendall(question.upper())
            question = b""


def much():
    """Ten thousand bytes in one send."""
    peer = connects()
    peer.sendall(bytes(10000))
    peer.shutdown(socket.SHUT_WR)
    drains(peer)


def sizes():
    """What the kernel says of the buffers."""
    peer = connects()
    option = lambda name: peer.getsockopt(socket.SOL_SOCKET, name)
    say("buffers", option(socket.SO_RCVBUF), option(socket.SO_SNDBUF))


if __name__ == "__main__":
    globals()[sys.argv[1]](*sys.argv[2:])
