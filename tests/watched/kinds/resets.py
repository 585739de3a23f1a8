"""Connections that are broken off, and programs that are both ends of one."""
import os, socket, struct, time
from pair import *


BACK = ("127.0.0.1", 12001)


def breaks_off(peer):
    peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    peer.close()


def fills(peer):
    """Hands over all that the kernel takes: far more than the peer has room for."""
    peer.setblocking(False)
    sent = 0
    try:
        while True:
            sent += peer.send(b"x" * 65536)
    except BlockingIOError:
        say(sent)


def fills_and_breaks_off():
    peer = connects()
    fills(peer)
    breaks_off(peer)


def fills_and_waits():
    peer = connects()
    fills(peer)
    time.sleep(2)


def corks():
    """Its bytes wait for more to come, and never go out."""
    peer = connects()
    peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_CORK, 1)
    peer.sendall(b"abc")
    breaks_off(peer)


def comes_late():
    """A server that reads after a second."""
    peer = accepts()
    time.sleep(1)
    try:
        drains(peer)
    except ConnectionResetError:
        say("reset")


def has_unread():
    """A server that has not read what has come."""
    peer = accepts()
    time.sleep(1)
    return peer


def leaves_unread():
    has_unread().close()


def ends_unread():
    peer = has_unread()
    os._exit(0)


def shuts_down_and_leaves_unread():
    peer = has_unread()
    peer.shutdown(socket.SHUT_WR)
    peer.close()


def lingers_with_unread():
    breaks_off(has_unread())


def asks():
    """A client that asks, and takes whatever comes of it."""
    peer = connects()
    peer.sendall(b"hi")
    try:
        drains(peer)
        drains(peer)
    except ConnectionResetError:
        say("reset")


def both_ends():
    """A server, and its client, in one program."""
    with listens() as listener, connects() as peer, listener.accept()[0] as accepted:
        peer.sendall(b"hello")
        say(accepted.recv(10))
        accepted.sendall(b"ok")
        say(peer.recv(10))


def serves_as_well():
    """A client with a port of its own, where the server connects to it."""
    with listens(here=BACK) as listener, connects() as peer, listener.accept()[0] as accepted:
        peer.sendall(b"abc")
        accepted.recv(10)
        accepted.sendall(b"four")
        drains(peer)


def two_ways():
    """A server that is its client's client."""
    with accepts() as peer, socket.create_connection(BACK) as back:
        back.sendall(b"hello")
        back.recv(10)
        peer.recv(10)


def nothing():
    pass


play(globals())
