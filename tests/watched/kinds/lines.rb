# Asks with a line, or with a word that no line ends, and reads the answer to its end.
require "socket"
peer = TCPSocket.new("127.0.0.1", 12000)
peer.write ARGV[0] == "word" ? "hi" : "hi\n"
puts "answer: #{peer.read}"
