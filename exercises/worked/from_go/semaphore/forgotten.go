// Releasing is a statement of its own, and an early return skips it: the permits are gone.
package main

import (
	"errors"
	"fmt"
)

var voices = make(chan struct{}, 3)

func speak(room string) error {
	voices <- struct{}{}
	if room == "coins" {
		return errors.New("no text for the coins")
	}
	<-voices
	return nil
}

func main() {
	for range 3 {
		fmt.Println(speak("coins"))
	}
	fmt.Println(speak("bells"))
}
