"""Reads a sentence, then a mode, and answers with the sentence converted."""
import socket

listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
listener.bind(("127.0.0.1", 12000))
listener.listen(1)
print("ready")
while True:
    connection, _ = listener.accept()
    text = connection.recv(1024).decode()
    mode = connection.recv(1024).decode()
    answer = {"1": text.upper(), "2": text.lower()}.get(mode, "Error")
    connection.send(answer.encode())
    connection.close()
