// The goroutine of page 1 panics. It recovers, and its ticket stays empty.
package main

import "fmt"

func rasterise(page int) int {
	if page == 1 {
		panic("font missing")
	}
	return page * 1200
}

func main() {
	tickets := make(chan chan int, 5)

	go func() {
		defer close(tickets)
		for page := range 3 {
			ticket := make(chan int, 1)
			tickets <- ticket
			go func() {
				defer func() { recover() }()
				ticket <- rasterise(page)
			}()
		}
	}()

	for ticket := range tickets {
		fmt.Println("printed", <-ticket)
	}
}
