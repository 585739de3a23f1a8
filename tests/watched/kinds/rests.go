// Serves one client, and then does what it was asked for.
package main

import (
	"fmt"
	"net"
	"os"
	"time"
)

func serve(listener net.Listener) {
	connection, _ := listener.Accept()
	bytes := make([]byte, 100)
	count, _ := connection.Read(bytes)
	connection.Write(bytes[:count])
	connection.Close()
}

func tick() {
	for i := 0; i < 3; i++ {
		time.Sleep(time.Second)
		fmt.Println("tick", i)
	}
}

func main() {
	if os.Args[1] == "never" {
		tick()
		return
	}
	listener, _ := net.Listen("tcp", "127.0.0.1:12000")
	serve(listener)
	switch os.Args[1] {
	case "closed":
		listener.Close()
		tick()
	case "open":
		tick()
	case "serves":
		serve(listener)
	case "ticks":
		go time.AfterFunc(time.Minute, tick)
		serve(listener)
	}
}
