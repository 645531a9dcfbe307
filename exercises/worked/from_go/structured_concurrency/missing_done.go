// Add and Done by hand: a return that comes before Done leaves the count at one for ever.
package main

import (
	"errors"
	"fmt"
	"sync"
)

func test(detector string) error {
	if detector == "kitchen" {
		return errors.New("no battery")
	}
	return nil
}

func main() {
	var tests sync.WaitGroup
	for _, detector := range []string{"lobby", "kitchen"} {
		tests.Add(1)
		go func() {
			if err := test(detector); err != nil {
				return
			}
			tests.Done()
		}()
	}
	tests.Wait()
	fmt.Println("all tested")
}
