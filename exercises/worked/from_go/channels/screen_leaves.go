// The screen shows one picture and is gone. Nobody tells the camera.
package main

import "fmt"

func screen(pictures <-chan int) {
	fmt.Println("picture", <-pictures)
}

func main() {
	pictures := make(chan int)
	go screen(pictures)
	for picture := range 8 {
		pictures <- picture
	}
	fmt.Println("the camera is done")
}
