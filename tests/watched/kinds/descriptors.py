"""Timers, signals and events as descriptors, in one epoll with the connection."""
import ctypes, os, select, signal
from pair import *

libc = ctypes.CDLL(None)


def timer():
    """Answers with every tick, three times."""
    peer = accepts()
    timer = libc.timerfd_create(1, 0)
    each = (ctypes.c_long * 4)(1, 0, 1, 0)
    libc.timerfd_settime(timer, 0, each, None)
    with select.epoll() as epoll:
        epoll.register(timer, select.EPOLLIN)
        epoll.register(peer, select.EPOLLIN)
        ticks = 0
        while ticks < 3:
            for number, _ in epoll.poll():
                if number == timer:
                    ticks += int.from_bytes(os.read(timer, 8), "little")
                    peer.sendall(b"tick")
                elif not peer.recv(100):
                    return


def signals():
    """Ends by a signal that it reads as bytes; its child sends it after a second."""
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGUSR1])
    mask = (ctypes.c_ulong * 16)()
    libc.sigaddset(mask, signal.SIGUSR1)
    taken = libc.signalfd(-1, mask, 0)
    peer = accepts()
    parent = os.getpid()
    if os.fork() == 0:
        peer.close()
        select.select([], [], [], 1)
        os.kill(parent, signal.SIGUSR1)
        os._exit(0)
    with select.epoll() as epoll:
        epoll.register(taken, select.EPOLLIN)
        epoll.register(peer, select.EPOLLIN)
        while taken not in [number for number, _ in epoll.poll()]:
            peer.sendall(peer.recv(100))
        say("signal", int.from_bytes(os.read(taken, 128)[:4], "little"))


def events():
    """A thread wakes the loop by an eventfd."""
    import threading

    event = os.eventfd(0)
    peer = accepts()

    def works():
        select.select([], [], [], 1)
        os.eventfd_write(event, 7)

    threading.Thread(target=works).start()
    with select.epoll() as epoll:
        epoll.register(event, select.EPOLLIN)
        epoll.register(peer, select.EPOLLIN)
        while event not in [number for number, _ in epoll.poll()]:
            peer.recv(100)
        say("event", os.eventfd_read(event))


def forgotten():
    """An eventfd that nobody will ever write to."""
    event = os.eventfd(0)
    peer = accepts()
    with select.epoll() as epoll:
        epoll.register(event, select.EPOLLIN)
        epoll.poll()
    peer.sendall(b"never")


def listens_to_it():
    drains(connects())


play(globals())
