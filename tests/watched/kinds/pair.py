"""What the pairs of this folder have in common: each argument names a function of its file."""
import socket, sys

HERE = ("127.0.0.1", 12000)


def listens(backlog=5, here=HERE):
    s = socket.socket()
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    s.bind(here)
    s.listen(backlog)
    return s


def accepts():
    """One connection, and the listening socket is gone."""
    with listens() as s:
        return s.accept()[0]


def connects():
    return socket.create_connection(HERE)


def drains(peer):
    """Reads until the peer has closed."""
    while peer.recv(1000):
        pass


def say(*words):
    print(*words, flush=True)


def echo():
    """A server for one client, who ends it."""
    peer = accepts()
    while data := peer.recv(1000):
        peer.sendall(data.upper())


def silent():
    """A server that reads and never answers."""
    drains(accepts())


def hello():
    """A client that does no more than it should."""
    peer = connects()
    peer.sendall(b"hi")
    say(peer.recv(100))


def play(functions):
    functions[sys.argv[1]]()


if __name__ == "__main__":
    play(globals())
