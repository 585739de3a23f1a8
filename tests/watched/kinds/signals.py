"""Clients for the servers that signals meet."""
import signal, time
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


def goes():
    connects().close()


def sets_an_alarm():
    """A server whose alarm would come if it waited for that long."""
    listener = listens()
    peer = listener.accept()[0]
    signal.signal(signal.SIGALRM, lambda *_: say("alarm"))
    signal.alarm(5)
    drains(peer)
    listener.accept()


def ticks_by_a_limit():
    peer = accepts()
    signal.signal(signal.SIGALRM, lambda *_: None)
    signal.setitimer(signal.ITIMER_REAL, 0.02, 0.02)
    time.sleep(2)
    peer.settimeout(20)
    try:
        peer.recv(100)
    except TimeoutError:
        say("nothing in time")


def ticks():
    """A server whose timer breaks its recv off fifty times a second, and that calls it again."""
    peer = accepts()
    signal.signal(signal.SIGALRM, lambda *_: None)
    signal.setitimer(signal.ITIMER_REAL, 0.02, 0.02)
    say(peer.recv(100))


play(globals())
