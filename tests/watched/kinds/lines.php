<?php
// Asks with a line, or with a word that no line ends.
$peer = stream_socket_client("tcp://127.0.0.1:12000");
fwrite($peer, $argv[1] == "word" ? "hi" : "hi\n");
$line = fgets($peer);
echo "answer: $line";
