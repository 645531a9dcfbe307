// A line that is a mutex: whoever stands in it stays until it is served, whatever its context says.
package main

import (
	"context"
	"fmt"
	"sync"
	"time"
)

func main() {
	var line sync.Mutex
	line.Lock()
	go func() {
		defer line.Unlock()
		time.Sleep(100 * time.Millisecond) // the first in line waits for its turn
	}()

	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Millisecond)
	defer cancel()
	line.Lock()
	fmt.Println("served, and the context says:", ctx.Err())
}
