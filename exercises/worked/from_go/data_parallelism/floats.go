// The same eight numbers, summed up in one, two, four and eight parts. The exact sum is 6.
package main

import "fmt"

func main() {
	loudness := []float64{1e16, 1, 1, 1, -1e16, 1, 1, 1}
	for _, parts := range []int{1, 2, 4, 8} {
		size := len(loudness) / parts
		total := 0.0
		for part := range parts {
			sum := 0.0
			for _, l := range loudness[part*size : (part+1)*size] {
				sum += l
			}
			total += sum
		}
		fmt.Printf("in %d: %v\n", parts, total)
	}
}
