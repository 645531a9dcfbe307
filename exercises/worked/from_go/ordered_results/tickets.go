// A stream: a channel of channels keeps the order, and its room is the window.
package main

import "fmt"

func rasterise(page int) int { return page * 1200 }

func main() {
	const window = 6
	tickets := make(chan chan int, window-1)

	go func() {
		defer close(tickets)
		for page := range 12 {
			ticket := make(chan int, 1)
			tickets <- ticket
			go func() { ticket <- rasterise(page) }()
		}
	}()

	for ticket := range tickets {
		fmt.Print(<-ticket, " ")
	}
}
