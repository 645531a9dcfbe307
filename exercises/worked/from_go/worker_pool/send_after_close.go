// A job comes in after the pool has begun to shut down.
package main

import "fmt"

func main() {
	jobs := make(chan int, 6)
	jobs <- 1
	close(jobs)
	jobs <- 2
	fmt.Println("job 2 is queued")
}
