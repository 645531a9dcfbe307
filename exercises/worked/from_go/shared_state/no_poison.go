// A panic between two changes that belong together; the server recovers and goes on.
package main

import (
	"fmt"
	"sync"
)

type Hall struct {
	mu         sync.Mutex
	free, sold int
}

func (h *Hall) Sell(paper bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.free--
	if !paper {
		panic("the printer is out of paper")
	}
	h.sold++
}

func main() {
	hall := Hall{free: 40}
	for _, paper := range []bool{true, false, true} {
		func() {
			defer func() { recover() }()
			hall.Sell(paper)
		}()
	}
	fmt.Printf("40 seats: %d free, %d sold\n", hall.free, hall.sold)
}
