// Each goroutine counts itself in, as it begins. All of them begin late.
package main

import (
	"fmt"
	"sync"
	"sync/atomic"
)

func main() {
	var running sync.WaitGroup
	var done atomic.Int32
	begin := make(chan struct{})
	for range 4 {
		go func() {
			<-begin
			running.Add(1)
			defer running.Done()
			done.Add(1)
		}()
	}
	running.Wait()
	fmt.Printf("joined: %d of 4 parts are done\n", done.Load())
	close(begin)
}
