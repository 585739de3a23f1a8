// Waits for as long as it is told, in every way that Go knows; then says how long that was.
package main

import (
	"context"
	"fmt"
	"net"
	"os"
	"strconv"
	"time"
)

func main() {
	number, _ := strconv.Atoi(os.Args[2])
	seconds := time.Duration(number) * time.Second
	peer, err := net.Dial("tcp", "127.0.0.1:12000")
	if err != nil {
		panic(err)
	}
	begun := time.Now()
	switch os.Args[1] {
	case "sleep":
		time.Sleep(seconds)
	case "context":
		limit, cancel := context.WithTimeout(context.Background(), seconds)
		defer cancel()
		<-limit.Done()
	case "ticker":
		ticker := time.NewTicker(seconds / 5)
		for tick := 0; tick < 5; tick++ {
			<-ticker.C
		}
	case "deadline":
		peer.SetReadDeadline(begun.Add(seconds))
		peer.Read(make([]byte, 1))
	case "after":
		select {
		case <-time.After(seconds):
		case <-make(chan int):
		}
	}
	fmt.Printf("%.1f\n%.1f\n", time.Since(begun).Seconds(), float64(time.Now().UnixNano()-begun.UnixNano())/1e9)
	peer.Close()
}
