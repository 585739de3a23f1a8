"""Serves one client, and then sleeps, with its listening socket open: a few times, or for ever."""
import socket
import sys
import time

listener = socket.create_server(("127.0.0.1", 12000))
connection, _ = listener.accept()
connection.sendall(connection.recv(100))
connection.close()
if sys.argv[1] == "open":
    for _ in range(3):
        time.sleep(1)
    print("slept three times")
while sys.argv[1] == "for_ever":
    time.sleep(1)
