// Anybody may release, also who holds nothing: the limit of three lets a fourth in.
package main

import "fmt"

var voices = make(chan struct{}, 3)

func main() {
	speaking := 0
	for range 3 {
		voices <- struct{}{}
		speaking++
	}
	// One of the three has released by a defer, and does so again by hand.
	<-voices
	speaking--
	<-voices
	for range 2 {
		voices <- struct{}{}
		speaking++
	}
	fmt.Println(speaking, "voices at once, and the limit is", cap(voices))
}
