// The same with a channel that says "done": every send of every stage has to listen to it.
package main

import (
	"fmt"
	"sync"
)

func main() {
	done := make(chan struct{})
	var stages sync.WaitGroup

	scanned := make(chan int, 1)
	stages.Go(func() {
		defer close(scanned)
		for frame := range 1000 {
			select {
			case scanned <- frame:
			case <-done:
				return
			}
		}
	})

	repaired := make(chan string, 1)
	stages.Go(func() {
		defer close(repaired)
		for frame := range scanned {
			select {
			case repaired <- fmt.Sprint("frame ", frame):
			case <-done:
				return
			}
		}
	})

	fmt.Println(<-repaired)
	fmt.Println(<-repaired)
	close(done)
	stages.Wait()
	fmt.Println("every stage has ended")
}
