// A context hands its deadline down. A callee may ask for less time, and asks for more in vain.
package main

import (
	"context"
	"fmt"
	"time"
)

func main() {
	order, cancel := context.WithTimeout(context.Background(), time.Hour)
	defer cancel()
	bank, cancelBank := context.WithTimeout(order, 2*time.Hour)
	defer cancelBank()

	whole, _ := order.Deadline()
	part, _ := bank.Deadline()
	fmt.Println("asked for an hour more, got the same deadline:", part.Equal(whole))

	cancelBank()
	fmt.Println("bank:", bank.Err())
	fmt.Println("order:", order.Err())
}
