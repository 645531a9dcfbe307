// A reader reads again while a writer waits.
package main

import (
	"fmt"
	"runtime"
	"sync"
)

func main() {
	var hall sync.RWMutex
	hall.RLock()
	go func() {
		hall.Lock()
		hall.Unlock()
	}()
	// Readers are turned away as soon as a writer waits.
	for hall.TryRLock() {
		hall.RUnlock()
		runtime.Gosched()
	}
	hall.RLock()
	fmt.Println("read twice")
}
