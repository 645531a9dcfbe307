// The drill waits for its floors, and no floor waits for its detectors. The channel keeps the detectors
// back until the drill has returned, as a slow machine might.
package main

import (
	"fmt"
	"runtime"
	"sync"
)

var smoke = make(chan struct{})

func drill() {
	var floors sync.WaitGroup
	for range 2 {
		floors.Go(func() {
			for range 2 {
				go func() { <-smoke }()
			}
		})
	}
	floors.Wait()
}

func main() {
	drill()
	fmt.Println("the drill has returned, tests still running:", runtime.NumGoroutine()-1)
}
