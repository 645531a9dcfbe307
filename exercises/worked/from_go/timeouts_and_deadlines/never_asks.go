// The deadline has passed and the caller goes on. The callee never looks at its context, so it does
// what nobody waits for any more.
package main

import (
	"context"
	"fmt"
	"sync"
	"time"
)

func main() {
	ctx, cancel := context.WithDeadline(context.Background(), time.Now())
	defer cancel()

	var running sync.WaitGroup
	callerLeft := make(chan struct{})
	courier := make(chan string, 1)
	running.Go(func() {
		<-callerLeft // a slow courier
		courier <- "booked"
	})

	select {
	case booking := <-courier:
		fmt.Println("caller:", booking)
	case <-ctx.Done():
		fmt.Println("caller:", ctx.Err())
	}
	close(callerLeft)
	running.Wait()
	fmt.Println("courier:", <-courier)
}
