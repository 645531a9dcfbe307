// A pipeline as it is written in Go: each stage makes its channel, fills it in a goroutine of its
// own, and closes it.
package main

import "fmt"

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
	for frame := range repair(scan(3)) {
		fmt.Println(frame)
	}
}
