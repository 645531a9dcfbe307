// The first reader of the price list panics. What does the second one get?
package main

import (
	"fmt"
	"sync"
)

var (
	once   sync.Once
	prices map[int]int
)

func read() {
	panic("the line is dead")
}

func price(seat int) (cents int) {
	defer func() {
		if why := recover(); why != nil {
			fmt.Println("recovered:", why)
		}
	}()
	once.Do(read)
	return prices[seat]
}

func main() {
	fmt.Println("price:", price(1))
	fmt.Println("price:", price(1))
}
