// One WaitGroup for a whole tree: a floor counts its detectors in while it is itself still counted, so
// Wait cannot return in between.
package main

import (
	"fmt"
	"sync"
	"sync/atomic"
)

func main() {
	var running sync.WaitGroup
	var tested atomic.Int32
	for range 2 {
		running.Go(func() {
			for range 2 {
				running.Go(func() { tested.Add(1) })
			}
		})
	}
	running.Wait()
	fmt.Println("detectors tested:", tested.Load())
}
