package ecs

import (
	"cmp"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

// verdict is what the load balancer and the containers' health checks think of a task.
type verdict struct {
	steady    bool // nothing stands against STEADY_STATE
	unhealthy bool
	probed    bool // by a container's health check, not by the load balancer
	target    target
	reason    string
}

// examine asks the load balancer and the health checks about every running task. A target group that no listener uses has no opinion.
func (s *Service) examine(svc *service) map[*member]verdict {
	type question struct {
		ip      string
		targets []target
		probed  types.HealthStatus
	}
	s.mu.Lock()
	asked := map[*member]question{}
	for _, set := range svc.sets {
		for _, m := range set.members {
			if *m.shape.LastStatus == running && !m.told {
				asked[m] = question{m.addr.String(), m.targets, m.probed()}
			}
		}
	}
	s.mu.Unlock()
	health := make(map[*member]verdict, len(asked))
	for m, q := range asked {
		v := verdict{steady: true}
		for _, t := range q.targets {
			state, reason, description := s.opts.Balancer.TargetHealth(t.group, q.ip, t.port)
			if state == "healthy" || state == "unavailable" || reason == "Target.NotInUse" {
				continue
			}
			v.steady = false
			if state == "unhealthy" || state == "unhealthy.draining" {
				// Service events tell what the target's description does: "Health checks failed with these codes: [404]"
				// (https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-event-messages-list.html).
				v.unhealthy, v.target, v.reason = true, t, cmp.Or(description, reason)
			}
		}
		v.steady = v.steady && q.probed == types.HealthStatusHealthy
		if q.probed == types.HealthStatusUnhealthy {
			v.unhealthy, v.probed = true, true
		}
		health[m] = v
	}
	return health
}

// judge sets the stability status by the rule of
// https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_TaskSet.html: as many tasks run as wanted, none is
// pending, and all are healthy.
func (s *Service) judge(set *taskSet, health map[*member]verdict) {
	runningCount, pendingCount := set.counts()
	steady := pendingCount == 0 && runningCount == set.wanted()
	for _, m := range set.members {
		if *m.shape.LastStatus == running && (m.told || !health[m].steady) {
			steady = false
		}
	}
	switch {
	case !steady:
		s.stability(set, types.StabilityStatusStabilizing)
	case set.shape.StabilityStatus != types.StabilityStatusSteadyState:
		s.stability(set, types.StabilityStatusSteadyState)
		s.say(set, "has reached a steady state.")
		s.emitAction(set.service, "INFO", "TASKSET_STEADY_STATE", set)
	}
}

// unsettle takes back STEADY_STATE when the counts do not bear it, so that no answer after a change claims it.
func (s *Service) unsettle(set *taskSet) {
	runningCount, pendingCount := set.counts()
	if pendingCount > 0 || runningCount != set.wanted() {
		s.stability(set, types.StabilityStatusStabilizing)
		set.service.steady = false
	}
}

func (s *Service) stability(set *taskSet, status types.StabilityStatus) {
	if set.shape.StabilityStatus == status {
		return
	}
	now := s.now()
	set.shape.StabilityStatus, set.shape.StabilityStatusAt, set.shape.UpdatedAt = status, now, now
	s.touch(set.service)
}

func (s *Service) judgeService(svc *service) {
	steady := true
	for _, set := range svc.sets {
		steady = steady && set.shape.StabilityStatus == types.StabilityStatusSteadyState
	}
	if steady && !svc.steady {
		s.sayService(svc, fmt.Sprintf("(service %s) has reached a steady state.", *svc.shape.ServiceName))
		s.emitAction(svc, "INFO", "SERVICE_STEADY_STATE", nil)
	}
	svc.steady = steady
}
