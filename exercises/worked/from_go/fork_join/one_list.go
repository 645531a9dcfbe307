// All parts append to one list.
// go build -race
package main

import (
	"fmt"
	"sync"
)

func main() {
	var bright []int
	var running sync.WaitGroup
	for row := range 2 {
		running.Go(func() { bright = append(bright, row) })
	}
	running.Wait()
	fmt.Println(len(bright), "rows")
}
