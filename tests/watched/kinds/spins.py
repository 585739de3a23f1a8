"""Programs that look again and again: some of them see what they look for."""
import select, time
from pair import *


def later():
    """Answers after a second."""
    peer = accepts()
    peer.recv(100)
    time.sleep(1)
    peer.sendall(b"now")
    drains(peer)


def closes():
    accepts().close()


def looks(peer):
    try:
        return peer.recv(100)
    except BlockingIOError:
        return None


def eagain():
    peer = connects()
    peer.sendall(b"?")
    peer.setblocking(False)
    while not (data := looks(peer)):
        pass
    say("got", data)


def zero_poll():
    peer = connects()
    peer.sendall(b"?")
    poll = select.poll()
    poll.register(peer, select.POLLIN)
    while not poll.poll(0):
        pass
    say("got", peer.recv(100))


def by_its_own_clock():
    """Looks until three seconds are over by its own clock, and comes to its end."""
    peer = connects()
    peer.setblocking(False)
    end = time.monotonic() + 3
    while time.monotonic() < end:
        looks(peer)
    say("nobody has answered for", round(time.monotonic() - end + 3))


def getsockopt():
    """Asks until the peer has closed (CLOSE_WAIT is 8)."""
    peer = connects()
    while peer.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 1) != b"\x08":
        pass
    say("it has closed")


def accept_polls():
    """A server that asks for clients without waiting."""
    s = listens()
    s.setblocking(False)
    while True:
        try:
            peer, _ = s.accept()
            break
        except BlockingIOError:
            pass
    peer.setblocking(True)
    peer.sendall(peer.recv(100).upper())


def computes():
    connects()
    while True:
        pass


def computes_a_while(seconds=0.5):
    """Some work, and an answer."""
    peer = accepts()
    peer.recv(100)
    end = time.process_time() + seconds
    while time.process_time() < end:
        pass
    peer.sendall(b"computed")


def computes_for_long():
    computes_a_while(4.5)


def ignores_the_end():
    peer = connects()
    while peer.recv(100) != b"bye":
        pass


def ignores_the_end_by_poll():
    """The poll says ready at once, for ever."""
    peer = connects()
    poll = select.poll()
    poll.register(peer, select.POLLIN)
    data = b""
    while data != b"bye":
        poll.poll()
        data = peer.recv(100)


def getsockopt_in_vain():
    """Asks a silent peer whether it has closed."""
    getsockopt()


play(globals())
