// All parts count in one map.
package main

import (
	"fmt"
	"sync"
)

func main() {
	heard := map[string]int{}
	var running sync.WaitGroup
	for range 8 {
		running.Go(func() {
			for range 100_000 {
				heard["humpback"]++
			}
		})
	}
	running.Wait()
	fmt.Println(heard)
}
