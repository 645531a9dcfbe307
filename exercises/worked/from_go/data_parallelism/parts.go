// Splits a night into as many parts as goroutines can run at once.
package main

import (
	"fmt"
	"runtime"
	"sync"
)

// calls listens through an hour.
func calls(hour int) int {
	if hour >= 4 {
		return 3
	}
	return 0
}

func main() {
	runtime.GOMAXPROCS(2)
	night := []int{0, 1, 2, 3, 4, 5, 6, 7}
	parts := runtime.GOMAXPROCS(0)
	size := (len(night) + parts - 1) / parts
	counts := make([]int, parts)
	var running sync.WaitGroup
	for part := range parts {
		running.Go(func() {
			from, to := min(part*size, len(night)), min((part+1)*size, len(night))
			for _, hour := range night[from:to] {
				counts[part] += calls(hour)
			}
		})
	}
	running.Wait()
	total := 0
	for part, count := range counts {
		fmt.Printf("part %d: %d calls\n", part, count)
		total += count
	}
	fmt.Println(total, "calls")
}
