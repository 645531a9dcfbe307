// Nobody waits for the pool: main returns, and with it ends every goroutine, whatever it has begun.
package main

import "fmt"

func main() {
	jobs := make(chan int, 6)
	begun := make(chan int)
	never := make(chan struct{}) // what the first job waits for comes only after main

	go func() {
		for job := range jobs {
			begun <- job
			<-never
			fmt.Println("job", job, "is done")
		}
	}()

	for job := range 3 {
		jobs <- job
	}
	close(jobs)
	fmt.Println("job", <-begun, "has begun")
}
