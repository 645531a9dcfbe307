// One job in four panics, on a worker's goroutine. The other workers have nothing to do with it.
package main

import (
	"fmt"
	"sync"
)

func main() {
	jobs := make(chan int)
	var workers sync.WaitGroup
	for range 3 {
		workers.Go(func() {
			for job := range jobs {
				if job == 3 {
					panic("no data")
				}
			}
		})
	}
	for job := range 4 {
		jobs <- job
	}
	close(jobs)
	workers.Wait()
	fmt.Println("all jobs are done")
}
