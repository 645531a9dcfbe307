// Two gates count their visitors in a plain variable.
// go build -race
package main

import (
	"fmt"
	"sync"
)

func main() {
	visitors := 0
	var gates sync.WaitGroup
	for range 2 {
		gates.Go(func() { visitors++ })
	}
	gates.Wait()
	fmt.Println("visitors:", visitors)
}
