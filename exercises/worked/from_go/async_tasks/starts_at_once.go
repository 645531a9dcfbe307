// A goroutine begins with `go`: nobody has to wait for it, and nobody can ask it for a result.
package main

import "fmt"

func reserve(title string, done chan<- bool) {
	fmt.Println("reserving", title)
	done <- true
}

func main() {
	done := make(chan bool, 1)
	go reserve("The Summer Book", done)
	for len(done) == 0 { // busy, and not waiting for anything
	}
	fmt.Println("reserved")
}
