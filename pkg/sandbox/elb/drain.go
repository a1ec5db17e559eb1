package elb

import (
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
)

// DeregisterTarget takes a target away: from now on it gets no new request, and drained is closed when it has left
// the group. That is after the group's deregistration delay on the sandbox's clock, which AWS waits out even when
// no request is under way; because requests are not shortened by the clock, those under way get at least a real
// minute of the delay. A target of a group that no listener uses leaves as soon as its requests have ended.
// A target that is not registered has left already.
//
// https://docs.aws.amazon.com/elasticloadbalancing/latest/application/edit-target-group-attributes.html#deregistration-delay
func (s *Service) DeregisterTarget(targetGroupARN, ip string, port int) (drained <-chan struct{}, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	g, err := s.group(targetGroupARN)
	if err != nil {
		return nil, err
	}
	if port == 0 {
		port = g.port
	}
	t := g.find(ip, port)
	if t == nil {
		gone := make(chan struct{})
		close(gone)
		return gone, nil
	}
	if t.draining.Load() {
		return t.drained, nil
	}
	if t.stop != nil {
		t.stop()
		t.stop = nil
	}
	delay, full := time.Duration(0), g.delay()
	if t.state != types.TargetHealthStateEnumUnused {
		delay = full
	}
	t.draining.Store(true)
	t.is(types.TargetHealthStateEnumDraining, types.TargetHealthReasonEnumDeregistrationInProgress, "Target deregistration is in progress")
	g.repool()
	if !s.work.Go(func() { s.drain(g, t, delay, s.opts.Clock.Deadline(full, time.Minute)) }) {
		close(t.drained)
	}
	s.changed.Raise()
	return t.drained, nil
}

// drain waits for delay on the clock, then for the target's requests, together at most limit of real time.
func (s *Service) drain(g *group, t *target, delay, limit time.Duration) {
	end := time.NewTimer(limit)
	defer end.Stop()
	if s.opts.Clock.Wait(s.work.Context(), "deregistration-delay", delay) == nil {
	requests:
		for t.inFlight.Load() > 0 {
			select {
			case <-t.idle:
			case <-end.C:
				s.opts.Log.Warn("target left with requests under way", "targetGroup", g.name, "target", t.addr, "requests", t.inFlight.Load())
				break requests
			case <-s.work.Context().Done():
				break requests
			}
		}
	}
	s.mu.Lock()
	g.remove(t)
	s.mu.Unlock()
	t.via.Load().CloseIdleConnections()
	close(t.drained)
	s.changed.Raise()
}

func (g *group) delay() time.Duration {
	n, _ := strconv.Atoi(g.attributes["deregistration_delay.timeout_seconds"]) // checked when it was set
	return time.Duration(n) * time.Second
}

// enter counts a request in; false means that the target has begun to drain and takes none. Looking after counting
// makes sure that a drain either sees the request or turns it away.
func (t *target) enter() bool {
	t.inFlight.Add(1)
	if t.draining.Load() {
		t.leave()
		return false
	}
	return true
}

func (t *target) leave() {
	if t.inFlight.Add(-1) == 0 && t.draining.Load() {
		select {
		case t.idle <- struct{}{}:
		default:
		}
	}
}
