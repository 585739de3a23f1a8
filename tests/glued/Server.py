# A server that believes in one recv for each send.
import socket

listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
listener.bind(("127.0.0.1", 12000))
listener.listen(1)
print("The server is ready to receive")
while True:
    connection, _ = listener.accept()
    text = connection.recv(1024).decode()
    mode = connection.recv(1024).decode()
    connection.send({"1": text.upper(), "2": text.lower()}.get(mode, "Error").encode())
    connection.close()
