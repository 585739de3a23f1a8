"""A thread for each of two clients, or of as many as the argument says."""
import socket
import sys
import threading


def serve(connection):
    with connection:
        while data := connection.recv(1024):
            connection.sendall(data.upper())


with socket.create_server(("127.0.0.1", 12000)) as listener:
    threads = []
    for _ in range(int(sys.argv[1]) if len(sys.argv) > 1 else 2):
        thread = threading.Thread(target=serve, args=(listener.accept()[0],))
        thread.start()
        threads.append(thread)
    for thread in threads:
        thread.join()
