// Three readers at one channel, and one channel for what they have read.
package main

import (
	"fmt"
	"sync"
)

func load(cards int) <-chan int {
	out := make(chan int, 1)
	go func() {
		defer close(out)
		for card := range cards {
			out <- card
		}
	}()
	return out
}

func read(cards <-chan int, readers int) <-chan string {
	out := make(chan string, 1)
	var wg sync.WaitGroup
	for range readers {
		wg.Go(func() {
			for card := range cards {
				out <- fmt.Sprint("card ", card)
			}
		})
	}
	go func() {
		wg.Wait()
		close(out)
	}()
	return out
}

func main() {
	entries := 0
	for range read(load(9), 3) {
		entries++
	}
	fmt.Println(entries, "entries")
}
