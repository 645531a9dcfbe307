// A channel of tokens: its capacity is the cap, and a select with a default drops what is too much.
package main

import (
	"fmt"
	"time"
)

func main() {
	tokens := make(chan struct{}, 5)
	go func() {
		for range time.Tick(5 * time.Millisecond) {
			select {
			case tokens <- struct{}{}:
			default: // full
			}
		}
	}()
	time.Sleep(200 * time.Millisecond) // 40 periods
	fmt.Println("tokens after 40 periods:", len(tokens))
}
