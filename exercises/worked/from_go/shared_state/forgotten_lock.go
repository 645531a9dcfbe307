// The mutex says nothing of what it protects: one method forgets to lock.
// go build -race
package main

import (
	"fmt"
	"sync"
)

type Hall struct {
	mu   sync.Mutex
	sold int
}

func (h *Hall) Sell() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.sold++
}

func (h *Hall) Sold() int { return h.sold }

func main() {
	var hall Hall
	var windows sync.WaitGroup
	windows.Go(hall.Sell)
	windows.Go(func() { _ = hall.Sold() })
	windows.Wait()
	fmt.Println("sold:", hall.Sold())
}
