// The result is there and the deadline has passed: select chooses at random.
package main

import (
	"context"
	"fmt"
	"time"
)

func main() {
	ctx, cancel := context.WithDeadline(context.Background(), time.Now())
	defer cancel()
	<-ctx.Done()

	results, deadlines := 0, 0
	for range 1000 {
		courier := make(chan string, 1)
		courier <- "booked"
		select {
		case <-courier:
			results++
		case <-ctx.Done():
			deadlines++
		}
	}
	fmt.Println("the result came first now and then:", results > 0)
	fmt.Println("the deadline came first now and then:", deadlines > 0)
}
