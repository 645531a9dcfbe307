// Where the permit is taken, before the goroutine begins or inside it, decides what it bounds.
package main

import (
	"fmt"
	"sync"
)

const texts = 1000

// Begins goroutines, none of which ends, until it would have to wait. Says how many there are.
func begin(inside bool) int {
	voices, hold := make(chan struct{}, 3), make(chan struct{})
	var all sync.WaitGroup
	defer all.Wait()
	defer close(hold)
	for begun := range texts {
		if !inside {
			select {
			case voices <- struct{}{}:
			default:
				return begun // Go() of an errgroup with SetLimit(3) would block here
			}
		}
		all.Go(func() {
			if inside {
				voices <- struct{}{}
			}
			<-hold // speaks
			<-voices
		})
	}
	return texts
}

func main() {
	fmt.Println("permit taken before:", begin(false), "goroutines")
	fmt.Println("permit taken inside:", begin(true), "goroutines")
}
