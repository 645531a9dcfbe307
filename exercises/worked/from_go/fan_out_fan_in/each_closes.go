// Each reader closes the channel of the entries when it has no more to read.
package main

import (
	"fmt"
	"time"
)

func main() {
	cards := make(chan int)
	entries := make(chan string, 9)
	for range 3 {
		go func() {
			defer close(entries)
			for card := range cards {
				entries <- fmt.Sprint("card ", card)
			}
		}()
	}
	for card := range 9 {
		cards <- card
	}
	for len(entries) < 9 {
		time.Sleep(time.Millisecond)
	}
	close(cards)
	time.Sleep(time.Second) // time enough for all readers to end
	fmt.Println(len(entries), "entries")
}
