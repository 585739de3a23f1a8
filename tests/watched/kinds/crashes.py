"""Programs that end badly, and why."""
import os, signal, struct, time
from pair import *


def own_limit():
    peer = connects()
    peer.settimeout(0.7)
    peer.recv(100)


def restarts():
    """Serves, closes first, and begins anew without SO_REUSEADDR."""
    for _ in range(2):
        s = socket.socket()
        s.bind(HERE)
        s.listen()
        peer, _ = s.accept()
        peer.sendall(b"bye")
        peer.close()
        s.close()


def restarts_with_reuse():
    for _ in range(2):
        with listens() as s:
            peer, _ = s.accept()
            peer.sendall(b"bye")
            peer.close()


def twice():
    """The port has a listener already, its own."""
    first, second = listens(), socket.socket()
    second.bind(HERE)


def reads_to_the_end():
    drains(connects())


def swapped():
    """Listens at 12000 with its bytes swapped: htons was left out."""
    s = listens(5, ("127.0.0.1", socket.htons(12000)))
    s.accept()


def elsewhere():
    listens(5, ("127.0.0.1", 12001)).accept()


def on_six():
    s = socket.socket(socket.AF_INET6)
    s.bind(("::1", 12000))
    s.listen()
    s.accept()


def on_both():
    s = socket.socket(socket.AF_INET6)
    s.bind(("::", 12000))
    s.listen()
    peer, _ = s.accept()
    peer.sendall(peer.recv(100).upper())


def own_end():
    peer = connects()
    peer.shutdown(socket.SHUT_WR)
    peer.sendall(b"one thing more")


def sigpipe():
    """Writes to somebody who has gone, with the signal as it is without Python."""
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    peer = accepts()
    time.sleep(1)
    peer.sendall(b"a")
    time.sleep(1)
    peer.sendall(b"b")


def goes():
    """Closes with nothing unread."""
    connects().close()


def leaves_unread():
    """Reads some of what has come, and closes."""
    peer = accepts()
    time.sleep(1)
    peer.recv(2)
    peer.sendall(b"ok")
    peer.close()


def reads_all():
    peer = accepts()
    time.sleep(1)
    peer.recv(100)
    peer.sendall(b"ok")
    peer.close()


def asks_long():
    peer = connects()
    peer.sendall(b"a long question")
    time.sleep(3)
    say(peer.recv(100))


def asks_and_waits_for_the_end():
    peer = connects()
    peer.sendall(b"a long question")
    time.sleep(3)
    while data := peer.recv(100):
        say("got", data)


def visits_twice():
    """Comes again as soon as somebody is there."""
    for _ in range(2):
        while True:
            try:
                peer = connects()
                break
            except ConnectionRefusedError:
                time.sleep(0.5)
        drains(peer)
        peer.close()


def aborts():
    """An RST of its own choice (SO_LINGER with 0)."""
    peer = accepts()
    peer.recv(100)
    peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    peer.close()


play(globals())
