// Reads a line, and answers it.
package main

import (
	"bufio"
	"net"
	"strings"
)

func main() {
	listener, err := net.Listen("tcp", "127.0.0.1:12000")
	if err != nil {
		panic(err)
	}
	peer, _ := listener.Accept()
	listener.Close()
	line, _ := bufio.NewReader(peer).ReadString('\n')
	peer.Write([]byte(strings.ToUpper(line)))
	peer.Close()
}
