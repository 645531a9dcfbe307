// The screen leaves, and the program goes on: only a profile knows of the camera.
package main

import (
	"bytes"
	"fmt"
	"runtime/pprof"
	"strings"
	"time"
)

func camera(pictures chan<- int) {
	for picture := range 8 {
		pictures <- picture
	}
}

func main() {
	pictures := make(chan int)
	go camera(pictures)
	fmt.Println("picture", <-pictures)
	time.Sleep(50 * time.Millisecond)
	var profile bytes.Buffer
	pprof.Lookup("goroutineleak").WriteTo(&profile, 1)
	for line := range strings.Lines(profile.String()) {
		if at := strings.Index(line, "leaked_camera.go"); at > 0 {
			fmt.Print("leaked at ", line[at:])
		}
	}
}
