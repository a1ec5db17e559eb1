package elb

import (
	"time"

	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
)

// repool decides which targets the next requests go to: the healthy ones, or, when none is healthy, all of them, as
// AWS fails open. The caller holds the service's lock.
//
// https://docs.aws.amazon.com/elasticloadbalancing/latest/application/target-group-health.html
func (g *group) repool() {
	var healthy, others []*target
	for _, t := range g.targets {
		switch {
		case t.draining.Load():
		case t.state == types.TargetHealthStateEnumHealthy:
			healthy = append(healthy, t)
		default:
			others = append(others, t)
		}
	}
	if len(healthy) == 0 {
		healthy = others
	}
	g.pool.Store(&healthy)
}

// take picks the next target in turn and counts a request in; nil when the group has none. The caller lets the
// request leave.
func (g *group) take() *target {
	for {
		pool := *g.pool.Load()
		if len(pool) == 0 {
			return nil
		}
		if t := pool[g.next.Add(1)%uint32(len(pool))]; t.enter() {
			return t
		}
		// It began to drain after the pool was read: a pool without it is there, or about to be.
	}
}

// refresh makes each group's health checks follow whether a listener or a rule refers to it. The caller holds s.mu.
func (s *Service) refresh() {
	used := map[string]*balancer{}
	for _, l := range s.listeners {
		for _, arn := range l.groups() {
			used[arn] = l.balancer
		}
	}
	for _, g := range s.groups {
		old, now := g.balancer.Load(), used[g.arn]
		g.balancer.Store(now)
		if (old == nil) == (now == nil) {
			continue
		}
		if now != nil {
			g.reconnect(s, now.idle())
		}
		for _, t := range g.targets {
			if !t.draining.Load() {
				s.enlist(g, t)
			}
		}
		g.repool()
	}
}

// enlist starts or ends a target's health checks, as its group is used or not. The caller holds s.mu.
func (s *Service) enlist(g *group, t *target) {
	if t.stop != nil {
		t.stop()
		t.stop = nil
	}
	t.good, t.bad = 0, 0
	if g.balancer.Load() == nil {
		t.is(types.TargetHealthStateEnumUnused, types.TargetHealthReasonEnumNotInUse,
			"Target group is not configured to receive traffic from the load balancer")
		return
	}
	t.is(types.TargetHealthStateEnumInitial, types.TargetHealthReasonEnumRegistrationInProgress, "Target registration is in progress")
	s.watch(g, t)
}

// reconnect gives the group's targets connections with another time-out.
func (g *group) reconnect(s *Service, timeout time.Duration) {
	for _, t := range g.targets {
		t.via.Swap(s.link(t, timeout)).CloseIdleConnections()
	}
}
