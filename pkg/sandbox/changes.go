package sandbox

import (
	"sync"

	"github.com/cutover-ecs/cutover/pkg/sandbox/signal"
)

// changes is one signal for the changes of several services.
type changes struct {
	signal.Signal
	end  chan struct{}
	work sync.WaitGroup
}

func watch(sources ...func() <-chan struct{}) *changes {
	c := &changes{end: make(chan struct{})}
	for _, changed := range sources {
		next := changed()
		c.work.Go(func() {
			for {
				select {
				case <-next:
				case <-c.end:
					return
				}
				// Taken before the others are woken, so that no change falls between.
				next = changed()
				c.Raise()
			}
		})
	}
	return c
}

func (c *changes) close() {
	close(c.end)
	c.work.Wait()
}
