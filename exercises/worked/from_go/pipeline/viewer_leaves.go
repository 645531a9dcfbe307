// The viewer has seen enough after two frames. Nobody tells the stages, so they wait for ever.
package main

import (
	"fmt"
	"runtime"
	"time"
)

func scan(frames int) <-chan int {
	out := make(chan int, 1)
	go func() {
		defer close(out)
		for frame := range frames {
			out <- frame
		}
	}()
	return out
}

func repair(in <-chan int) <-chan string {
	out := make(chan string, 1)
	go func() {
		defer close(out)
		for frame := range in {
			out <- fmt.Sprint("frame ", frame)
		}
	}()
	return out
}

func main() {
	repaired := repair(scan(1000))
	fmt.Println(<-repaired)
	fmt.Println(<-repaired)
	time.Sleep(time.Second) // time enough to end
	fmt.Println("goroutines:", runtime.NumGoroutine())
}
