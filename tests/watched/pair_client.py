"""Sends a sentence and a mode in two calls, with a pause between them if there is an argument."""
import socket
import sys
import time

connection = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
connection.connect(("127.0.0.1", 12000))
text = input("Sentence: ")
mode = "2" if text.isupper() else "1" if text.islower() else input("Mode: ")
connection.send(text.encode())
if len(sys.argv) > 1:
    time.sleep(float(sys.argv[1]))
connection.send(mode.encode())
print("Answer:", connection.recv(1024).decode())
connection.close()
