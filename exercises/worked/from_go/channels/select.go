// Lines and a clock: one goroutine waits at two channels.
package main

import (
	"fmt"
	"time"
)

func copyLines(lines <-chan string, ticks <-chan time.Time) {
	for {
		select {
		case line, ok := <-lines:
			if !ok {
				return
			}
			fmt.Println(line)
		case <-ticks:
			fmt.Println("still here")
		}
	}
}

func main() {
	lines := make(chan string, 2)
	lines <- "one"
	lines <- "two"
	close(lines)
	copyLines(lines, time.Tick(time.Hour))
	fmt.Println("end")
}
