// One upload panics. The others are healthy, and so is main, which waits for all of them.
package main

import (
	"fmt"
	"sync"
)

func main() {
	var running sync.WaitGroup
	for _, mirror := range []string{"oslo", "lima", "cairo"} {
		running.Go(func() {
			if mirror == "lima" {
				panic("lima: no checksum")
			}
		})
	}
	running.Wait()
	fmt.Println("two mirrors are up to date")
}
