// Fifty goroutines in a read that blocks, where one thread may run Go code at a time.
package main

import (
	"fmt"
	"os"
	"runtime"
	"strings"
	"syscall"
	"time"
)

func threads() int {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		panic(err)
	}
	_, rest, _ := strings.Cut(string(status), "Threads:")
	count := 0
	fmt.Sscan(rest, &count)
	return count
}

func main() {
	runtime.GOMAXPROCS(1)
	for range 50 {
		go func() {
			var ends [2]int
			if err := syscall.Pipe(ends[:]); err != nil {
				panic(err)
			}
			syscall.Read(ends[0], make([]byte, 1))
		}()
	}
	for threads() < 50 {
		time.Sleep(time.Millisecond)
	}
	fmt.Println("50 blocked reads, at least 50 threads")
}
