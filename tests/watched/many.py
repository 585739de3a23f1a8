"""A thousand connections, one after another; or, with `big`, one hundred megabytes over one."""
import socket
import sys

big, client = "big" in sys.argv, "client" in sys.argv
address = ("127.0.0.1", 12000)
if client and big:
    with socket.create_connection(address) as connection:
        connection.sendall(bytes(100_000_000))
        connection.shutdown(socket.SHUT_WR)
        print(connection.recv(100).decode())
elif client:
    for _ in range(1000):
        with socket.create_connection(address) as connection:
            connection.sendall(b"x")
            connection.recv(10)
else:
    with socket.create_server(address) as listener:
        for _ in range(1 if big else 1000):
            connection, _ = listener.accept()
            count = 0
            while part := connection.recv(1_000_000 if big else 1):
                count += len(part)
                if not big:
                    break
            connection.sendall(str(count).encode())
            connection.close()
