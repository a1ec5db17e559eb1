// Package background is the work that a service does by itself, beside the calls that it answers, until it is closed.
package background

import (
	"context"
	"sync"
)

// Work is what runs in the background until its end. The zero value is ready; it must not be copied, and is safe for
// concurrent use.
//
// Nothing begins after End, so that Wait misses nothing. What must begin all the same while the rest ends, such as the
// stop of a task, is no matter for a Work.
type Work struct {
	mu     sync.Mutex
	ctx    context.Context
	cancel context.CancelFunc
	ended  bool
	group  sync.WaitGroup
}

// Go runs f, which is to return soon after Context has ended. It says whether it does: not after End.
func (w *Work) Go(f func()) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.ended {
		return false
	}
	w.group.Go(f)
	return true
}

// Context ends with End. Work outlives the call that began it, and so its context is none of a call's.
func (w *Work) Context() context.Context {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.open()
	return w.ctx
}

func (w *Work) open() {
	if w.ctx == nil {
		w.ctx, w.cancel = context.WithCancel(context.Background())
	}
}

// Ended says whether End was called.
func (w *Work) Ended() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.ended
}

// End tells all work to end, without waiting for it, and lets none begin.
func (w *Work) End() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.open()
	w.ended = true
	w.cancel()
}

// Wait returns when all work has ended.
func (w *Work) Wait() { w.group.Wait() }

// Close is End and Wait.
func (w *Work) Close() {
	w.End()
	w.Wait()
}
