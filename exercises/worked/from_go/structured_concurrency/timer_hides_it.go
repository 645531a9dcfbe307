// Main waits for a count that never comes down. Without the timer the runtime reports a deadlock;
// with it, main would wait on and nothing would be said.
package main

import (
	"fmt"
	"os"
	"sync"
	"time"
)

func main() {
	time.AfterFunc(200*time.Millisecond, func() {
		fmt.Println("no deadlock was reported while the timer was pending")
		os.Exit(0)
	})
	var tests sync.WaitGroup
	tests.Add(1)
	tests.Wait()
}
