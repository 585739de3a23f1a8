"""Limits of time that programs set themselves: they try again, give up, or go by their own clock."""
import select, time
from pair import *


def late():
    """Answers when three tries of a second are over."""
    peer = accepts()
    peer.recv(100)
    time.sleep(2.5)
    peer.sendall(b"late")
    drains(peer)


def retries():
    """settimeout in a loop, until the answer comes."""
    peer = connects()
    peer.settimeout(1)
    for attempt in range(1, 9):
        peer.sendall(b"?")
        try:
            return say("answer", peer.recv(100), attempt)
        except TimeoutError:
            say("try", attempt, "came to nothing")


def gives_up():
    """poll(2) with a limit, three times; then it ends of its own accord."""
    peer = connects()
    waits = select.poll()
    waits.register(peer, select.POLLIN)
    for attempt in range(3):
        say("ready", waits.poll(400))
    say("gives up")


def deadline():
    """Until two seconds are over by its own clock, with ever shorter limits."""
    peer = connects()
    end = time.monotonic() + 2
    count = 0
    while (left := end - time.monotonic()) > 0:
        select.select([peer], [], [], min(left, 0.75))
        count += 1
    say("looked", count, "times in", round(time.monotonic() - end + 2, 1))


def server_gives_up():
    """The server's limit is over, not the client's; it says so and closes."""
    peer = accepts()
    peer.settimeout(3)
    try:
        peer.recv(100)
    except TimeoutError:
        peer.sendall(b"too late")


def says_nothing():
    say(connects().recv(100))


def forever():
    """Tries again and again, and nobody will ever answer."""
    peer = connects()
    peer.settimeout(1)
    while True:
        try:
            return peer.recv(100)
        except TimeoutError:
            pass


def hangs():
    """A limit on the way there, and none on the way back."""
    peer = connects()
    peer.settimeout(1)
    peer.sendall(b"?")
    peer.settimeout(None)
    say(peer.recv(100))


def asks_other_clocks():
    """times(2) and sysinfo(2), before the answer and after it."""
    import ctypes, os

    def uptime():
        info = (ctypes.c_long * 16)()
        ctypes.CDLL(None).sysinfo(info)
        return info[0]

    peer = connects()
    before = os.times(), uptime(), time.monotonic()
    peer.sendall(b"?")
    peer.recv(100)
    after = os.times(), uptime(), time.monotonic()
    times, up, clock = (round(then - now, 2) for then, now in
                        [(after[0].elapsed, before[0].elapsed), (after[1], before[1]), (after[2], before[2])])
    computed = after[0].user + after[0].system
    say("times", times, "sysinfo", up, "clock", clock, "computed", 0 <= computed < 60)


play(globals())
