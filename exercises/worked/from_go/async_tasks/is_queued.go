// `go` puts a goroutine in the queue: main goes on first, and need not wait for it by name.
package main

import (
	"fmt"
	"runtime"
	"sync/atomic"
)

var begun atomic.Bool

func reserve(done chan<- bool) {
	begun.Store(true)
	done <- true
}

func main() {
	runtime.GOMAXPROCS(1)
	done := make(chan bool, 1)
	go reserve(done)
	before := begun.Load()
	for len(done) == 0 { // busy, and not waiting for anything
	}
	fmt.Println("begun after go:", before, "- later:", begun.Load())
}
