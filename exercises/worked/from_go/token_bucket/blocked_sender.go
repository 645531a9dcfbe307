// The same ticker without the select: one token waits in the goroutine, and one tick in the ticker.
package main

import (
	"fmt"
	"time"
)

func main() {
	const period = 100 * time.Millisecond
	tokens := make(chan struct{}, 5)
	go func() {
		for range time.Tick(period) {
			tokens <- struct{}{} // waits while the channel is full
		}
	}()
	time.Sleep(10*period + period/2) // a quiet time, and half a period to the next tick

	taken := 0
	for enough := time.After(period / 4); ; taken++ {
		select {
		case <-tokens:
			continue
		case <-enough:
		}
		break
	}
	fmt.Println("tokens taken at once from a channel of 5:", taken)
}
