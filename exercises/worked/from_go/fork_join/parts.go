// Fork and join: each goroutine gets a part of the sky and a place of its own for what it finds.
package main

import (
	"fmt"
	"slices"
	"sync"
)

func stars(part []int) int {
	bright := 0
	for _, pixel := range part {
		if pixel > 100 {
			bright++
		}
	}
	return bright
}

func findStars(sky []int, size int) []int {
	parts := slices.Collect(slices.Chunk(sky, size))
	found := make([]int, len(parts))
	var running sync.WaitGroup
	for i, part := range parts {
		running.Go(func() { found[i] = stars(part) })
	}
	running.Wait()
	return found
}

func main() {
	fmt.Println(findStars([]int{20, 900, 20, 700, 20, 20, 800}, 2))
}
