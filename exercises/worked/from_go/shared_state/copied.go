// A mutex beside its data, and a method whose receiver is a value: each call locks and changes a copy.
package main

import (
	"fmt"
	"sync"
)

type Hall struct {
	mu   sync.Mutex
	sold int
}

func (h Hall) Sell() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.sold++
}

func main() {
	var hall Hall
	var windows sync.WaitGroup
	for range 6 {
		windows.Go(hall.Sell)
	}
	windows.Wait()
	fmt.Println("sold:", hall.sold)
}
