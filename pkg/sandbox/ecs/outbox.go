package ecs

import "sync"

type emission struct {
	detailType string
	resources  []string
	detail     any
}

// outbox raises events in the order in which they were put, outside of any lock.
type outbox struct {
	mu     sync.Mutex
	queue  []emission
	wake   chan struct{} // nil when nobody listens
	closed bool
	done   chan struct{}
}

func (o *outbox) open(emit func(source, detailType string, resources []string, detail any)) {
	if emit == nil {
		return
	}
	o.wake = make(chan struct{}, 1)
	o.done = make(chan struct{})
	go func() {
		defer close(o.done)
		for range o.wake {
			for _, e := range o.take() {
				emit("aws.ecs", e.detailType, e.resources, e.detail)
			}
		}
		for _, e := range o.take() {
			emit("aws.ecs", e.detailType, e.resources, e.detail)
		}
	}()
}

func (o *outbox) take() []emission {
	o.mu.Lock()
	defer o.mu.Unlock()
	all := o.queue
	o.queue = nil
	return all
}

func (o *outbox) put(e emission) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.wake == nil || o.closed {
		return
	}
	o.queue = append(o.queue, e)
	select {
	case o.wake <- struct{}{}:
	default:
	}
}

// close raises what is left and returns.
func (o *outbox) close() {
	o.mu.Lock()
	open := o.wake != nil && !o.closed
	o.closed = true
	if open {
		close(o.wake)
	}
	o.mu.Unlock()
	if o.wake != nil {
		<-o.done
	}
}
