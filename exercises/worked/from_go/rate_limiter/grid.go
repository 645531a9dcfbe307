// A ticker makes one wait for the first tick, and keeps to its grid after a late one.
package main

import (
	"fmt"
	"time"
)

func main() {
	const period = 100 * time.Millisecond
	start := time.Now()
	ticker := time.NewTicker(period)
	defer ticker.Stop()

	<-ticker.C
	fmt.Println("first tick at once:", time.Since(start) < period)

	time.Sleep(5*period + period/2) // a slow answer
	<-ticker.C
	late := time.Now()
	<-ticker.C
	fmt.Println("a period until the next:", time.Since(late) >= period)

	time.Sleep(5*period + period/2)
	<-ticker.C
	late = time.Now()
	ticker.Reset(period)
	<-ticker.C
	fmt.Println("and after a Reset:", time.Since(late) >= period)
}
