package main

import (
	"context"
	"time"
)

// ours is the lane of the release function.
const ours = "release"

// waking is what a race needs that starts the release function for the schedule's event: an account whose own
// functions do nothing, and a front of it.
type waking struct {
	*account
	*rapid
	front   *front
	env     []string // the function's
	release string   // the function
}

// waking opens a front at which each call takes so long, and that open starts.
func (y *yard) waking(ctx context.Context, call time.Duration, open func(*front) error) (*waking, error) {
	a, err := y.account(ctx, 3600)
	if err != nil {
		return nil, err
	}
	if err := a.quiet(ctx); err != nil {
		return nil, err
	}
	w := &waking{account: a, front: y.front(a.host, call)}
	if err := open(w.front); err != nil {
		return nil, err
	}
	if w.env, err = a.variables(ctx, a.names.ReleaseFunction, w.front.URL); err != nil {
		return nil, err
	}
	schedule, err := event("schedule")
	if err != nil {
		return nil, err
	}
	w.rapid = &rapid{event: schedule}
	w.release, err = y.function("release")
	return w, err
}
