// A buffered channel as a semaphore: its capacity is the limit, and a value in it is a permit taken.
package main

import "fmt"

func main() {
	voices := make(chan struct{}, 3)
	for n := 1; n <= 4; n++ {
		select {
		case voices <- struct{}{}: // acquire
			fmt.Println("voice", n, "speaks")
		default:
			fmt.Println("voice", n, "has to wait")
		}
	}
	<-voices // release
	voices <- struct{}{}
	fmt.Println("voice 4 speaks")
}
