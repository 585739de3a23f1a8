"""A thread for each of two clients."""
import socket
import threading


def serve(connection):
    with connection:
        while data := connection.recv(1024):
            connection.sendall(data.upper())


with socket.create_server(("127.0.0.1", 12000)) as listener:
    threads = []
    for _ in range(2):
        thread = threading.Thread(target=serve, args=(listener.accept()[0],))
        thread.start()
        threads.append(thread)
    for thread in threads:
        thread.join()
