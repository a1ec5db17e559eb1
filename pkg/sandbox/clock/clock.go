// Package clock shortens the waits of a control plane without bending its timestamps.
//
// Durations shrink by a factor; the time of day stays real, because functions, tasks and clients in other
// processes read the real clock and a shifted one would contradict them. Every wait has a name, is listed while
// it lasts and can be skipped. At factor 1 inside a testing/synctest bubble an hour passes in microseconds.
package clock

import (
	"context"
	"sync"
	"time"

	"github.com/cutover-ecs/cutover/pkg/sandbox/signal"
)

// Clock measures scaled waits. Use New; a Clock is safe for concurrent use.
type Clock struct {
	factor float64

	mu    sync.Mutex
	waits map[*wait]struct{}
	skips func(name string) bool // nil: none
	holds func(name string) bool // nil: none
	began signal.Signal
}

type wait struct {
	name  string
	until time.Time
	skip  chan struct{} // closed by Skip
	gone  bool          // skip is closed
}

// Waiting is one wait under way.
type Waiting struct {
	Name  string    // what is waited for, as given to Wait
	Until time.Time // the real time at which the wait ends by itself
}

// New returns a clock whose waits last their length divided by factor. A factor below 1 counts as 1.
func New(factor float64) *Clock {
	return &Clock{factor: max(factor, 1), waits: map[*wait]struct{}{}}
}

// Factor by which waits are shortened, at least 1.
func (c *Clock) Factor() float64 { return c.factor }

// Now is the real time.
func (c *Clock) Now() time.Time { return time.Now() }

// Scale is the real time that a wait of d takes.
func (c *Clock) Scale(d time.Duration) time.Duration {
	return time.Duration(float64(d) / c.factor)
}

// Deadline is the real time that a deadline of d over real work takes: scaled, yet never below floor, and never
// above d itself.
func (c *Clock) Deadline(d, floor time.Duration) time.Duration {
	return min(d, max(c.Scale(d), floor))
}

// Wait returns nil when d has passed on this clock or Skip was called with this name, and ctx's error when ctx
// ended first.
func (c *Clock) Wait(ctx context.Context, name string, d time.Duration) error {
	return c.WaitReal(ctx, name, c.Scale(d))
}

// WaitReal is Wait for a duration that is already real: it can be listed and skipped, but is not scaled.
func (c *Clock) WaitReal(ctx context.Context, name string, d time.Duration) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if c.named(&c.skips, name) {
		return nil
	}
	w := &wait{name: name, until: time.Now().Add(d), skip: make(chan struct{})}
	var due <-chan time.Time
	if !c.named(&c.holds, name) {
		t := time.NewTimer(d)
		defer t.Stop()
		due = t.C
	}
	c.mu.Lock()
	c.waits[w] = struct{}{}
	c.mu.Unlock()
	c.began.Raise()
	var err error
	select {
	case <-due:
	case <-w.skip:
	case <-ctx.Done():
		err = ctx.Err()
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.waits, w)
	if w.gone { // whoever skipped was told so, even when ctx ended at the same moment
		return nil
	}
	return err
}

// SkipIf makes every later wait end at once for whose name f is true. f nil: none.
func (c *Clock) SkipIf(f func(name string) bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.skips = f
}

// HoldIf keeps every later wait for whose name f is true from ending by itself: only Skip and its context end it. What
// is to happen during a wait that is short on this clock is then never too late for it. f nil: none.
func (c *Clock) HoldIf(f func(name string) bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.holds = f
}

// named reports whether skips or holds, as it is now, is true for a wait.
func (c *Clock) named(of *func(name string) bool, name string) bool {
	c.mu.Lock()
	f := *of
	c.mu.Unlock()
	return f != nil && f(name)
}

// Skip ends every wait under way with that name and says how many there were.
func (c *Clock) Skip(name string) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	n := 0
	for w := range c.waits {
		if w.name == name {
			if !w.gone {
				w.gone = true
				close(w.skip)
			}
			n++
		}
	}
	return n
}

// SkipNext is Skip for what may not have begun yet: it ends every wait with that name as soon as there is one. It
// returns ctx's error when ctx ended first.
func (c *Clock) SkipNext(ctx context.Context, name string) error {
	for {
		began := c.began.Changed()
		if c.Skip(name) > 0 {
			return nil
		}
		select {
		case <-began:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// Waits lists the waits under way, in no order.
func (c *Clock) Waits() []Waiting {
	c.mu.Lock()
	defer c.mu.Unlock()
	all := make([]Waiting, 0, len(c.waits))
	for w := range c.waits {
		all = append(all, Waiting{Name: w.name, Until: w.until})
	}
	return all
}
