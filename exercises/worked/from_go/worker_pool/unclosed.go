// Nobody closes the channel of jobs.
package main

import (
	"fmt"
	"sync"
)

func main() {
	jobs := make(chan int)
	var workers sync.WaitGroup
	for range 2 {
		workers.Go(func() {
			for range jobs {
			}
		})
	}
	for job := range 4 {
		jobs <- job
	}
	workers.Wait()
	fmt.Println("all jobs are done")
}
