// What comes out of a channel that is closed and empty.
package main

import "fmt"

func main() {
	depths := make(chan int, 1)
	depths <- 7
	close(depths)
	fmt.Println(<-depths, <-depths, <-depths)
	depth, ok := <-depths
	fmt.Println(depth, ok)
}
