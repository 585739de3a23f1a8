"""A program that prints more than a terminal holds, before it goes on."""
from pair import *


def much():
    peer = accepts()
    for number in range(20_000):
        print(f"{number:06} " + "x" * 92)
    say("that was all")
    peer.sendall(peer.recv(100).upper())


play(globals())
