// The same with sync.OnceValue.
package main

import (
	"fmt"
	"sync"
)

var reads = 0

var prices = sync.OnceValue(func() map[int]int {
	reads++
	panic("the line is dead")
})

func price(seat int) (cents int) {
	defer func() {
		if why := recover(); why != nil {
			fmt.Println("recovered:", why)
		}
	}()
	return prices()[seat]
}

func main() {
	fmt.Println("price:", price(1))
	fmt.Println("price:", price(1))
	fmt.Println("reads:", reads)
}
