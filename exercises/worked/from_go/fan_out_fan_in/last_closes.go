// The readers count themselves, and the last one closes the channel of the entries.
package main

import (
	"fmt"
	"sync/atomic"
)

func main() {
	cards := make(chan int)
	entries := make(chan string)
	var left atomic.Int32
	left.Store(3)
	for range 3 {
		go func() {
			for card := range cards {
				entries <- fmt.Sprint("card ", card)
			}
			if left.Add(-1) == 0 {
				close(entries)
			}
		}()
	}
	go func() {
		for card := range 9 {
			cards <- card
		}
		close(cards)
	}()
	count := 0
	for range entries {
		count++
	}
	fmt.Println(count, "entries")
}
