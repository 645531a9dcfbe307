// Two cameras share a channel. The first one lands, and closes it.
package main

import "fmt"

func main() {
	pictures := make(chan string, 4)
	landed := make(chan bool)
	go func() {
		pictures <- "from the first drone"
		close(pictures)
		landed <- true
	}()
	<-landed
	pictures <- "from the second drone"
	fmt.Println("both have sent")
}
