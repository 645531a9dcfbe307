// What golang.org/x/sync/errgroup does without a context, on the standard library alone: the first
// error is kept, and the others run to their end.
package main

import (
	"errors"
	"fmt"
	"sync"
)

// A group keeps the first error of its goroutines.
type group struct {
	running sync.WaitGroup
	once    sync.Once
	err     error
}

func (g *group) Go(work func() error) {
	g.running.Go(func() {
		if err := work(); err != nil {
			g.once.Do(func() { g.err = err })
		}
	})
}

func (g *group) Wait() error {
	g.running.Wait()
	return g.err
}

func main() {
	var g group
	limaFailed := make(chan struct{})
	g.Go(func() error {
		defer close(limaFailed)
		return errors.New("lima: connection refused")
	})
	g.Go(func() error {
		<-limaFailed // the slow one: still at work when the first error is there
		fmt.Println("oslo: uploaded all the same")
		return nil
	})
	fmt.Println("group:", g.Wait())
}
