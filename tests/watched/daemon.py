"""Leaves a daemon behind that takes no notice of signals, serves one client, and then sleeps."""
import os
import signal
import socket
import time

listener = socket.create_server(("127.0.0.1", 12000))
if os.fork() == 0:
    os.setsid()
    if os.fork():
        os._exit(0)
    for name in ("SIGTERM", "SIGINT", "SIGHUP"):
        signal.signal(getattr(signal, name), signal.SIG_IGN)
    connection, _ = listener.accept()
    connection.sendall(connection.recv(100).upper())
    connection.close()
    while True:
        time.sleep(60)
