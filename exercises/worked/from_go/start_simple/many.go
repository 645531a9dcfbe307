// A hundred thousand goroutines that wait.
package main

import (
	"fmt"
	"runtime"
	"sync"
)

func main() {
	open := make(chan struct{})
	var waiting sync.WaitGroup
	for range 100_000 {
		waiting.Go(func() { <-open })
	}
	for runtime.NumGoroutine() < 100_001 {
		runtime.Gosched()
	}
	var memory runtime.MemStats
	runtime.ReadMemStats(&memory)
	fmt.Println(runtime.NumGoroutine()-1, "goroutines wait")
	fmt.Println(memory.StackInuse/100_000/1024, "KiB of stack for each")
	close(open)
	waiting.Wait()
}
