// Whoever tidies up needs a context that is not the cancelled one.
package main

import (
	"context"
	"fmt"
)

func release(ctx context.Context) string {
	if err := ctx.Err(); err != nil {
		return "not released: " + err.Error()
	}
	return "released"
}

func main() {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	fmt.Println("with the same context:", release(ctx))
	fmt.Println("without its cancellation:", release(context.WithoutCancel(ctx)))
}
