// A batch: each goroutine writes into its own element of one slice.
package main

import (
	"fmt"
	"sync"
)

func main() {
	pages := []int{7, 8, 9}
	sheets := make([]int, len(pages))
	var workers sync.WaitGroup
	for i, page := range pages {
		workers.Go(func() {
			sheets[i] = page * 1200
		})
	}
	workers.Wait()
	fmt.Println(sheets)
}
