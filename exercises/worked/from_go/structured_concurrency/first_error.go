// What errgroup.WithContext does, on the standard library alone: the first error cancels a context,
// and Wait returns when all goroutines have, also those that have to be told.
package main

import (
	"context"
	"errors"
	"fmt"
	"sync"
)

func main() {
	ctx, cancel := context.WithCancelCause(context.Background())
	var tests sync.WaitGroup
	tests.Go(func() {
		cancel(errors.New("test 2b: broken"))
	})
	tests.Go(func() {
		<-ctx.Done() // a goroutine that does not ask runs on, and Wait waits for it
	})
	tests.Wait()
	fmt.Println("first error:", context.Cause(ctx))
}
