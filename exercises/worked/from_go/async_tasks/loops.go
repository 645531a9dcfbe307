// One goroutine runs at a time, and one of them computes without an end. Main goes on all the same.
package main

import (
	"fmt"
	"runtime"
	"time"
)

func main() {
	runtime.GOMAXPROCS(1)
	go func() {
		for {
		}
	}()
	time.Sleep(10 * time.Millisecond)
	fmt.Println("main goes on, and ends; the loop ends with it")
}
