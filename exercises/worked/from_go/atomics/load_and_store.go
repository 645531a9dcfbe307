// Two gates count with an atomic load and an atomic store. A second group holds each back until both
// have loaded: one order of many, made certain.
// go build -race
package main

import (
	"fmt"
	"sync"
	"sync/atomic"
)

func main() {
	var visitors atomic.Int64
	var gates, loaded sync.WaitGroup
	loaded.Add(2)
	for range 2 {
		gates.Go(func() {
			before := visitors.Load()
			loaded.Done()
			loaded.Wait()
			visitors.Store(before + 1)
		})
	}
	gates.Wait()
	fmt.Println("visitors:", visitors.Load())
}
