package lambda

import (
	"fmt"
	"time"
)

// Disturbance is what befalls one execution of a function from outside. The zero value is nothing.
type Disturbance struct {
	// CrashBefore ends the process before it sees the event.
	CrashBefore bool
	// CrashAfter ends it when it has done its work, before its answer counts.
	CrashAfter bool
	// Limit, when positive, is the real time after which it is ended as timed out. The answer names the function's own limit.
	Limit time.Duration
}

func (s *Service) disturbance(f *function) Disturbance {
	if s.opts.Disturb == nil {
		return Disturbance{}
	}
	return s.opts.Disturb(f.name())
}

// crashed ends an environment as a crash does; what the function answered before does not count.
func (s *Service) crashed(e *environment, inv *invocation) answer {
	e.kill()
	<-e.exited
	return failed("Runtime.ExitError", fmt.Sprintf("RequestId: %s Error: %s", inv.id, exitReason(e.exit)))
}

// Crash kills the processes of a function that run an invocation now, and says how many there were.
func (s *Service) Crash(name string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	f, n := s.functions[name], 0
	if f == nil {
		return 0
	}
	for e := range f.all {
		if e.current.Load() != nil {
			e.kill()
			n++
		}
	}
	return n
}

// throttled says whether an execution finds no concurrency although there is some; what waits is woken on the
// clock to look again. The caller holds mu.
func (s *Service) throttled(f *function) bool {
	if s.opts.Throttled == nil || !s.opts.Throttled(f.name()) {
		return false
	}
	s.work.Go(func() {
		if s.opts.Clock.Wait(s.work.Context(), "lambda-throttle", time.Second) == nil {
			s.freed.Raise()
		}
	})
	return true
}
