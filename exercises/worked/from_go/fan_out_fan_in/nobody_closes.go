// Nobody closes the channel of the entries: `main` waits for one more.
package main

import "fmt"

func main() {
	cards := make(chan int)
	entries := make(chan string, 9)
	for range 3 {
		go func() {
			for card := range cards {
				entries <- fmt.Sprint("card ", card)
			}
		}()
	}
	for card := range 9 {
		cards <- card
	}
	close(cards)
	read := 0
	for range entries {
		read++
		if read == 9 {
			fmt.Println("all entries")
		}
	}
}
