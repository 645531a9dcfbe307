// The worker pool as Go programmers know it: workers range over one channel of jobs.
package main

import (
	"fmt"
	"sync"
)

func main() {
	jobs := make(chan int, 6)
	results := make(chan int, 6)

	var workers sync.WaitGroup
	for range 3 {
		workers.Go(func() {
			for job := range jobs {
				results <- job * job
			}
		})
	}
	go func() {
		workers.Wait()
		close(results)
	}()

	go func() {
		for job := range 10 {
			jobs <- job
		}
		close(jobs)
	}()

	sum := 0
	for result := range results {
		sum += result
	}
	fmt.Println("sum of squares:", sum)
}
