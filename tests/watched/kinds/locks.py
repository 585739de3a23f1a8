"""Threads that wait for each other, beside the network."""
import threading, time
from pair import *

lock = threading.Lock()


def tells(peer, text):
    with lock:
        peer.sendall(text)


def held():
    """Tells the client with the lock held, and takes it to do so."""
    peer = accepts()
    peer.recv(100)
    with lock:
        tells(peer, b"hi")


def released():
    peer = accepts()
    peer.recv(100)
    with lock:
        pass
    tells(peer, b"hi")


def queue_of_two():
    """A thread reads and hands on; the other waits for what is handed on to it, and answers."""
    import queue

    peer, lines = accepts(), queue.Queue()
    thread = threading.Thread(target=lambda: lines.put(peer.recv(100)))
    thread.start()
    peer.sendall(lines.get().upper())
    thread.join()


play(globals())
