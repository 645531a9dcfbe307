// One part of four panics. main waits for all of them, and would print what they found.
package main

import (
	"fmt"
	"sync"
)

func main() {
	defer fmt.Println("main cleans up")
	found := make([]int, 4)
	var running sync.WaitGroup
	for part := range found {
		running.Go(func() {
			if part == 2 {
				panic("row 5 is torn")
			}
			found[part] = 7
		})
	}
	running.Wait()
	fmt.Println(found)
}
