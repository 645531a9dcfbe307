// One goroutine runs at a time, and the first of them is stuck in the kernel. The others go on.
package main

import (
	"fmt"
	"runtime"
	"sync"
	"syscall"
)

func main() {
	runtime.GOMAXPROCS(1)
	var pipe [2]int
	if err := syscall.Pipe(pipe[:]); err != nil {
		panic(err)
	}
	var running sync.WaitGroup
	inKernel := make(chan bool)
	running.Go(func() {
		close(inKernel)
		buffer := make([]byte, 1)
		syscall.Read(pipe[0], buffer) // blocks its thread until there is a byte
		fmt.Println("first: read", string(buffer))
	})
	running.Go(func() {
		<-inKernel
		fmt.Println("second: goes on, and writes")
		syscall.Write(pipe[1], []byte("x"))
	})
	running.Wait()
}
