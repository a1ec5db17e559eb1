// Package signal wakes those who wait for a change of somebody else's state, so that nobody polls.
package signal

import "sync"

// Signal is raised when state changed. The zero value is ready; it must not be copied.
type Signal struct {
	mu sync.Mutex
	ch chan struct{}
}

// Changed returns a channel that the next Raise closes. Take it before looking at the state, so that a change
// between the look and the wait is not missed.
func (s *Signal) Changed() <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ch == nil {
		s.ch = make(chan struct{})
	}
	return s.ch
}

// Raise wakes everyone who waits now.
func (s *Signal) Raise() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ch != nil {
		close(s.ch)
		s.ch = nil
	}
}
