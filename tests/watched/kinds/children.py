"""Connections that a child has as well as its parent."""
import os, time
from pair import *


def spawn(does):
    if os.fork() == 0:
        does()
        os._exit(0)


def helper_sleeps():
    """The child sleeps with the connection; its end is the end of the connection."""
    peer = accepts()
    peer.recv(100)
    spawn(lambda: time.sleep(1000))
    peer.sendall(b"done")
    peer.close()


def helper_reads():
    """The child has the connection too, and waits on a pipe that nobody writes to."""
    peer = accepts()
    peer.recv(100)
    inner, outer = os.pipe()
    spawn(lambda: os.read(inner, 1))
    peer.sendall(b"done")
    peer.close()
    os.wait()


def helper_closes():
    """As it should be: the child closes what is not its own."""
    peer = accepts()
    peer.recv(100)
    spawn(lambda: (peer.close(), time.sleep(1000)))
    peer.sendall(b"done")
    peer.close()


def helper_serves():
    """The parent forgets to close its copy, and waits for the child."""
    peer = accepts()
    spawn(lambda: peer.sendall(peer.recv(100).upper()))
    os.wait()
    say("the child has ended")
    peer.close()


def until_the_end():
    peer = connects()
    peer.sendall(b"hi")
    got = b""
    while data := peer.recv(100):
        got += data
    say("all of it:", got)


play(globals())
