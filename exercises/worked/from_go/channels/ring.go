// A ring out of a buffered channel: whoever sends takes the oldest out.
package main

import "fmt"

func send(pictures chan int, picture int) {
	for {
		select {
		case pictures <- picture:
			return
		default:
		}
		select {
		case <-pictures: // the oldest
		default: // the screen was faster
		}
	}
}

func main() {
	pictures := make(chan int, 3)
	for picture := range 8 {
		send(pictures, picture)
	}
	close(pictures)
	for picture := range pictures {
		fmt.Println("picture", picture)
	}
}
