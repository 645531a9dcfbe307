// A ticker keeps one tick for whoever comes late, and drops the rest.
package main

import (
	"fmt"
	"time"
)

func main() {
	ticker := time.NewTicker(10 * time.Millisecond)
	defer ticker.Stop()
	time.Sleep(100 * time.Millisecond)
	ready := 0
	for {
		select {
		case <-ticker.C:
			ready++
			continue
		default:
		}
		break
	}
	fmt.Println("ticks ready after 10 periods:", ready)
}
