"""Both wait: because nobody reads, nobody closes, or somebody looks in the wrong place."""
import select, time
from pair import *

MUCH = b"x" * 20_000_000


def sends_much():
    peer = accepts()
    peer.sendall(MUCH)
    drains(peer)


def sends_much_too():
    peer = connects()
    peer.sendall(MUCH)
    drains(peer)


def reads_first():
    """The one who reads while the other sends."""
    peer = accepts()
    count = 0
    while count < len(MUCH):
        count += len(peer.recv(1 << 20))
    peer.sendall(b"%d" % count)


def sends_then_reads():
    peer = connects()
    peer.sendall(MUCH)
    say("they have", peer.recv(100))


def wants_all():
    peer = accepts()
    say("record", peer.recv(20, socket.MSG_WAITALL))
    peer.sendall(b"ok")


def sends_twelve():
    peer = connects()
    peer.sendall(b"x" * 12)
    say(peer.recv(100))


def sends_twelve_and_eight():
    peer = connects()
    peer.sendall(b"x" * 12)
    time.sleep(1)
    peer.sendall(b"y" * 8)
    say(peer.recv(100))


def sends_twelve_and_ends():
    peer = connects()
    peer.sendall(b"x" * 12)
    peer.shutdown(socket.SHUT_WR)
    say(peer.recv(100))


def edge(until_empty):
    peer = accepts()
    peer.setblocking(False)
    with select.epoll() as epoll:
        epoll.register(peer, select.EPOLLIN | select.EPOLLET)
        got = b""
        while len(got) < 9:
            epoll.poll()
            try:
                got += peer.recv(3)
                while until_empty:
                    got += peer.recv(3)
            except BlockingIOError:
                pass
    peer.sendall(got)


def edge_once():
    edge(False)


def edge_until_empty():
    edge(True)


def nine():
    peer = connects()
    peer.sendall(b"123456789")
    say(peer.recv(100))


def one_at_a_time():
    """Serves its first client to the end, before the next; who will not end before the other."""
    s = listens()
    for _ in range(2):
        peer, _ = s.accept()
        peer.sendall(peer.recv(100))
        drains(peer)


def stays():
    """Is answered, and stays for more."""
    peer = connects()
    peer.sendall(b"stay")
    say(peer.recv(100))
    say(peer.recv(100))


def asks():
    peer = connects()
    peer.sendall(b"ask")
    say(peer.recv(100))


def full():
    """Room for one who waits, and never an accept."""
    s = listens(0)
    mine, other = socket.socketpair()
    mine.recv(1)


def full_then_serves():
    """Room for one; and everybody is served, when a while is over."""
    s = listens(0)
    time.sleep(0.2)
    for _ in range(3):
        peer, _ = s.accept()
        peer.sendall(peer.recv(100))
        peer.close()


def two_lines():
    """Reads two messages by two recv: the first takes both."""
    peer = accepts()
    first = peer.recv(100)
    second = peer.recv(100)
    peer.sendall(first + second)


def two_sends():
    peer = connects()
    peer.sendall(b"one\n")
    peer.sendall(b"two\n")
    say(peer.recv(100))


def by_lines():
    """The same, by lines."""
    peer = accepts()
    lines = peer.makefile()
    peer.sendall((lines.readline() + lines.readline()).encode())


def half_closed():
    """Answers when the client has said that it is done."""
    peer = accepts()
    got = b""
    while data := peer.recv(100):
        got += data
    peer.sendall(got.upper())
    peer.close()


def half_closed_and_stays():
    """Answers, does not close, and waits for something else."""
    peer = accepts()
    drains(peer)
    peer.sendall(b"all")
    other = listens(1, ("127.0.0.1", 12001))
    other.accept()


def shuts_down():
    peer = connects()
    peer.sendall(b"asked")
    peer.shutdown(socket.SHUT_WR)
    got = b""
    while data := peer.recv(100):
        got += data
    say("all of it:", got)


def never_shuts_down():
    peer = connects()
    peer.sendall(b"asked")
    say(peer.recv(100))


play(globals())
