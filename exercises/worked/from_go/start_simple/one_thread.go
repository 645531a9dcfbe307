// Goroutines that wait give their thread to others: here there is one for all of them.
package main

import (
	"fmt"
	"runtime"
	"sync"
	"time"
)

func main() {
	runtime.GOMAXPROCS(1)
	started := time.Now()
	var fetching sync.WaitGroup
	for range 1_000 {
		fetching.Go(func() { time.Sleep(100 * time.Millisecond) })
	}
	fetching.Wait()
	took := time.Since(started).Round(100 * time.Millisecond)
	fmt.Println("1000 waits of 100ms, on one processor:", took)
}
