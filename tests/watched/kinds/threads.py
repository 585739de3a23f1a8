"""A descriptor that one thread waits on, and that another closes, shuts down, or replaces."""
import os, select, threading, time
from pair import *


def waits_in(wait):
    """Starts a thread that waits, and is there when it does."""
    thread = threading.Thread(target=wait)
    thread.start()
    time.sleep(1)
    return thread


def receives(peer):
    def wait():
        try:
            say("recv returned", peer.recv(100))
        except OSError as error:
            say("recv failed", error.errno)

    return wait


def close_recv():
    peer = connects()
    thread = waits_in(receives(peer))
    os.close(peer.fileno())
    say("closed")
    thread.join()


def shutdown_recv():
    peer = connects()
    thread = waits_in(receives(peer))
    peer.shutdown(socket.SHUT_RDWR)
    thread.join()


def dup2_recv():
    """The connection goes on living in the call that waits on it."""
    peer = connects()
    thread = waits_in(receives(peer))
    with open("/dev/null") as nothing:
        os.dup2(nothing.fileno(), peer.fileno())
    say("replaced")
    thread.join()


def close_poll():
    peer = connects()
    poll = select.poll()
    poll.register(peer, select.POLLIN)
    thread = waits_in(lambda: say("poll returned", poll.poll()))
    os.close(peer.fileno())
    thread.join()


def close_poll_with_limit():
    peer = connects()
    poll = select.poll()
    poll.register(peer, select.POLLIN)
    thread = waits_in(lambda: say("poll returned", poll.poll(3000)))
    os.close(peer.fileno())
    thread.join()


def close_accept():
    """A server that one thread should end, while another waits for clients."""
    s = listens()

    def wait():
        try:
            peer, _ = s.accept()
            peer.sendall(b"hello")
        except OSError as error:
            say("accept failed", error.errno)

    thread = waits_in(wait)
    os.close(s.fileno())
    thread.join()


def shutdown_accept():
    s = listens()

    def wait():
        try:
            s.accept()
            say("somebody came")
        except OSError as error:
            say("accept failed", error.errno)

    thread = waits_in(wait)
    s.shutdown(socket.SHUT_RDWR)
    thread.join()


def two_recv():
    """Two threads on one connection: the one byte wakes one of them, the end both."""
    peer = connects()
    threads = [waits_in(receives(peer)) for _ in range(2)]
    peer.sendall(b"x")
    for thread in threads:
        thread.join()


def comes_late():
    """Connects when the other has closed its listening socket long ago."""
    time.sleep(3)
    try:
        say("said", connects().recv(100))
    except OSError as error:
        say("connect failed", error.errno)


def answers_once():
    peer = accepts()
    peer.sendall(peer.recv(100))


def heeds_the_end():
    """Reads until the end, says that it has seen it."""
    drains(accepts())
    say("the client has gone")


play(globals())
