// The first error ends the function, not the goroutines: nobody receives from the channel any more,
// so the other two wait at their send for ever.
package main

import (
	"errors"
	"fmt"
	"runtime"
)

func release(mirrors []string) error {
	results := make(chan error)
	for _, mirror := range mirrors {
		go func() { results <- errors.New(mirror + ": connection refused") }()
	}
	for range mirrors {
		if err := <-results; err != nil {
			return err
		}
	}
	return nil
}

func main() {
	err := release([]string{"oslo", "lima", "cairo"})
	fmt.Println("release failed:", err != nil)
	fmt.Println("goroutines left behind:", runtime.NumGoroutine()-1)
}
