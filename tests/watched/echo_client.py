"""Says something, and reads until the other end closes."""
import socket
import sys

with socket.create_connection((sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1", 12000)) as connection:
    connection.sendall(b"hello")
    connection.shutdown(socket.SHUT_WR)
    answer = b""
    while part := connection.recv(1024):
        answer += part
    print(answer.decode())
