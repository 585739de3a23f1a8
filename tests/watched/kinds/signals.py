"""Clients for the servers that signals meet."""
import time
from pair import *


def patient():
    """Says something after two seconds, and waits for the end."""
    peer = connects()
    time.sleep(2)
    peer.sendall(b"x")
    drains(peer)


def comes_late():
    """Waits for two seconds before it comes."""
    time.sleep(2)
    drains(connects())


def quiet():
    drains(connects())


play(globals())
