package lambda

import (
	"fmt"
	"time"
)

// initLimit is how long a runtime may take until it asks for its first invocation.
// https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html
const initLimit = 10 * time.Second

// execute runs one invocation in an idle environment or a new one. It returns when the runtime asked for the next
// invocation or its process is gone, so that the place it took is really free.
func (s *Service) execute(f *function, inv *invocation) (a answer) {
	began := time.Now()
	defer func() { s.count(f, time.Since(began), a.failed) }()
	inv.befalls = s.disturbance(f)
	for {
		if err := s.unlock(s.work.Context(), f); err != nil {
			return locked(err)
		}
		e, cold, err := s.take(f)
		if err != nil {
			return failed("Runtime.InvalidEntrypoint", fmt.Sprintf("RequestId: %s Error: %v", inv.id, err))
		}
		var init time.Duration
		if cold {
			if a, ok := e.initialize(inv); !ok {
				return a
			}
			init = time.Since(e.started)
		}
		if a, taken := s.run(e, inv, init); taken {
			return a
		}
	}
}

// count is one execution in CloudWatch's metrics.
// https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html
func (s *Service) count(f *function, took time.Duration, failed bool) {
	s.opts.Count(f.name(), "Invocations", 1)
	s.opts.Count(f.name(), "Duration", float64(took.Microseconds())/1000)
	if failed {
		s.opts.Count(f.name(), "Errors", 1)
	}
}

// initialize waits until a new runtime asks for work; when it does not, the answer tells why.
func (e *environment) initialize(inv *invocation) (answer, bool) {
	e.current.Store(inv)
	timer := time.NewTimer(initLimit)
	defer timer.Stop()
	select {
	case <-e.ready:
		e.out.flush()
		return answer{}, true
	case <-e.exited:
		select {
		case body := <-e.init:
			return answer{payload: body, failed: true}, false
		default:
		}
		return failed("Runtime.ExitError", fmt.Sprintf("RequestId: %s Error: %s", inv.id, exitReason(e.exit))), false
	case body := <-e.init:
		e.kill()
		<-e.exited
		return answer{payload: body, failed: true}, false
	case <-timer.C:
		e.kill()
		<-e.exited
		return timedOut(inv, initLimit), false
	}
}

func timedOut(inv *invocation, limit time.Duration) answer {
	return failed("Sandbox.Timedout", fmt.Sprintf("RequestId: %s Error: Task timed out after %.2f seconds", inv.id, limit.Seconds()))
}

// run hands an invocation to an environment that waits for one. It was not taken when the environment ended
// before it could see the invocation.
func (s *Service) run(e *environment, inv *invocation, init time.Duration) (a answer, taken bool) {
	s.mu.Lock()
	limit := e.f.timeout()
	r := report{id: inv.id, memory: int(*e.f.config.MemorySize), json: e.f.jsonLogs(), init: init}
	s.mu.Unlock()
	began := time.Now()
	inv.deadline = began.Add(limit)
	e.current.Store(inv)
	defer e.current.Store(nil)
	until := limit
	if inv.befalls.Limit > 0 {
		until = min(limit, inv.befalls.Limit)
	}
	timer := time.NewTimer(until)
	defer timer.Stop()
	r.start(e.emit)
	if inv.befalls.CrashBefore {
		return s.crashed(e, inv), true
	}
	select {
	case e.work <- inv:
	case <-e.exited:
		inv.lost = make(chan struct{})
		return answer{}, false
	}

	alive := false
	select {
	case <-e.ready:
		e.out.flush()
		alive = !inv.befalls.CrashAfter
	case <-e.exited:
	case <-inv.lost:
		<-e.exited
		inv.lost = make(chan struct{})
		return answer{}, false
	case <-timer.C:
		e.kill()
		<-e.exited
		inv.set(timedOut(inv, limit))
		r.status = "timeout"
	}
	if inv.befalls.CrashAfter && r.status == "" {
		return s.crashed(e, inv), true
	}
	if alive {
		r.peak = peakMemory(e.cmd.Process.Pid)
		inv.set(failed("Runtime.NoResponse", fmt.Sprintf("RequestId: %s Error: the runtime asked for the next invocation without answering", inv.id)))
	} else {
		inv.set(failed("Runtime.ExitError", fmt.Sprintf("RequestId: %s Error: %s", inv.id, exitReason(e.exit))))
	}
	a, _ = inv.answer()
	r.finish(e.emit, time.Since(began), limit, a.failed)
	if alive {
		e.current.Store(nil)
		s.park(e)
	}
	return a, true
}
