# A client that sends twice and expects two to arrive.
import socket

connection = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
connection.connect(("127.0.0.1", 12000))
text = input("Input sentence : ")
connection.send(text.encode())
connection.send(b"1" if text.islower() else b"2")
print("From Server:", connection.recv(1024).decode())
connection.close()
