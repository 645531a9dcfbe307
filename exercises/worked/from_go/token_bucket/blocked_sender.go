// The same without the select: a sender that waits holds one token more than the channel.
package main

import (
	"fmt"
	"time"
)

func main() {
	tokens := make(chan struct{}, 5)
	go func() {
		for range 6 {
			tokens <- struct{}{} // the sixth waits: the channel is full
		}
	}()
	time.Sleep(50 * time.Millisecond)

	taken := 0
	for {
		select {
		case <-tokens:
			taken++
			continue
		default:
		}
		break
	}
	fmt.Println("tokens taken at once from a channel of 5:", taken)
}
