"""Programs that are stopped, and go on only when somebody says so."""
import os, signal, time
from pair import *


def client():
    peer = connects()
    os.kill(os.getpid(), signal.SIGSTOP)
    peer.sendall(b"hi")
    say(peer.recv(100))


def server():
    peer = accepts()
    os.kill(os.getpid(), signal.SIGTSTP)
    peer.sendall(peer.recv(100))


def woken():
    """Its child lets it go on after a second."""
    peer = connects()
    parent = os.getpid()
    if os.fork() == 0:
        peer.close()
        time.sleep(1)
        os.kill(parent, signal.SIGCONT)
        os._exit(0)
    os.kill(parent, signal.SIGSTOP)
    peer.sendall(b"hi")
    say(peer.recv(100))
    os.wait()


play(globals())
