// What errgroup.WithContext does, on the standard library alone: the first error cancels a context.
// One upload looks at it and stops; the other does not, and Wait waits for it.
package main

import (
	"context"
	"errors"
	"fmt"
	"sync"
)

func main() {
	ctx, cancel := context.WithCancelCause(context.Background())
	var running sync.WaitGroup

	running.Go(func() {
		cancel(errors.New("lima: connection refused"))
	})
	osloStopped := make(chan struct{})
	running.Go(func() {
		defer close(osloStopped)
		<-ctx.Done()
		fmt.Println("oslo: stopped")
	})
	running.Go(func() {
		<-osloStopped
		fmt.Println("cairo: uploaded all the same, it never asked the context")
	})
	running.Wait()
	fmt.Println("group:", context.Cause(ctx))
}
