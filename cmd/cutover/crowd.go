package main

import (
	"context"
	"fmt"
	"sync"
	"time"
)

// crowd are users who come and go as the button says.
type crowd struct {
	users *users
	mu    sync.Mutex
	leave context.CancelFunc // nil while there are none
	work  sync.WaitGroup
}

// visitEvery is how often one of them comes.
const visitEvery = 50 * time.Millisecond

func (c *crowd) turn(ctx context.Context) string {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.leave != nil {
		c.leave()
		c.leave = nil
		return "The users have gone"
	}
	ctx, c.leave = context.WithCancel(ctx)
	c.work.Go(func() { c.users.visit(ctx, visitEvery) })
	return fmt.Sprintf("Users send %d requests a second to production", time.Second/visitEvery)
}

func (c *crowd) on() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.leave == nil {
		return nil
	}
	return []string{"users"}
}

// close sends them home.
func (c *crowd) close() {
	c.mu.Lock()
	if c.leave != nil {
		c.leave()
		c.leave = nil
	}
	c.mu.Unlock()
	c.work.Wait()
}
