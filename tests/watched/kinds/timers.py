"""Waits for as long as it is told, in every way that Python knows; then says how long that was."""
import asyncio, queue, select, signal, socket, sys, threading, time
from pair import connects

kind, seconds = sys.argv[1], float(sys.argv[2])
peer = connects()
begun = time.monotonic(), time.time()


def limit():
    peer.settimeout(seconds)
    try:
        peer.recv(1)
    except TimeoutError:
        pass


def empty():
    try:
        queue.Queue().get(timeout=seconds)
    except queue.Empty:
        pass


async def stream():
    reader, writer = await asyncio.open_connection(sock=peer.dup())
    try:
        await asyncio.wait_for(reader.read(1), seconds)
    except asyncio.TimeoutError:
        pass
    writer.close()


def epoll():
    with select.epoll() as watched:
        watched.register(peer, select.EPOLLIN)
        watched.poll(seconds)


{
    "sleep": lambda: time.sleep(seconds),
    "select": lambda: select.select([peer], [], [], seconds),
    "epoll": epoll,
    "settimeout": limit,
    "asyncio": lambda: asyncio.run(asyncio.sleep(seconds)),
    "asyncio-stream": lambda: asyncio.run(stream()),
    "queue": empty,
    "event": lambda: threading.Event().wait(seconds),
    "timer": lambda: (thread := threading.Timer(seconds, int), thread.start(), thread.join()),
    "sigtimedwait": lambda: signal.sigtimedwait([signal.SIGUSR1], seconds),
    "many": lambda: [time.sleep(seconds / 50) for _ in range(50)],
}[kind]()
for before, after in zip(begun, (time.monotonic(), time.time())):
    print(f"{after - before:.1f}", flush=True)
