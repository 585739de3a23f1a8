"""What is chance elsewhere: the date, numbers, processes and ports."""
import datetime, os, random, secrets, tempfile, uuid
from pair import *


def server():
    peer = accepts()
    peer.recv(100)
    order = " ".join(sorted(set("abcdef"), key=hash))
    words = [
        datetime.datetime.now().isoformat(), random.random(), uuid.uuid4(), secrets.token_hex(4), order,
        os.getpid(), os.getppid(), peer.getpeername()[1], os.path.basename(tempfile.mktemp()),
        open("/dev/urandom", "rb").read(4).hex(),
    ]
    peer.sendall(" ".join(map(str, words)).encode())
    peer.close()


def client():
    peer = connects()
    peer.sendall(b"%d" % peer.getsockname()[1])
    say(peer.recv(1000).decode())


play(globals())
