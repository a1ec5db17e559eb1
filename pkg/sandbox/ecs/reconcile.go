package ecs

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

// reconcile brings a service's task sets to where they should be, until the service is INACTIVE.
func (s *Service) reconcile(ctx context.Context, svc *service) {
	for {
		own := svc.wake.Changed()
		var outside <-chan struct{}
		if s.opts.Balancer != nil {
			outside = s.opts.Balancer.Changed()
		}
		health := s.examine(svc)
		if s.converge(svc, health) {
			return
		}
		select {
		case <-own:
		case <-outside:
		case <-ctx.Done():
			return
		}
	}
}

// converge does one round, and says whether the service has ended.
func (s *Service) converge(svc *service, health map[*member]verdict) (ended bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return true
	}
	for _, set := range slices.Clone(svc.sets) {
		s.replaceUnhealthy(set, health)
		s.scale(set)
		s.judge(set, health)
		if *set.shape.Status == "DRAINING" && len(set.members) == 0 {
			svc.sets = slices.DeleteFunc(svc.sets, func(other *taskSet) bool { return other == set })
			s.touch(svc)
		}
	}
	if svc.status() == "DRAINING" && len(svc.sets) == 0 {
		svc.shape.Status = aws.String("INACTIVE")
		s.touch(svc)
		return true
	}
	s.judgeService(svc)
	return false
}

func (s *Service) replaceUnhealthy(set *taskSet, health map[*member]verdict) {
	for _, m := range set.members {
		v := health[m]
		if !v.unhealthy || !m.graceOver || m.told {
			continue
		}
		if v.probed {
			s.say(set, "(task %s) failed container health checks.", m.id)
			s.fail(m, types.TaskStopCodeServiceSchedulerInitiated, "Task failed container health checks")
			continue
		}
		s.say(set, "(task %s) (port %d) is unhealthy in (target-group %s) due to (reason %s)",
			m.id, v.target.port, v.target.group, v.reason)
		s.fail(m, types.TaskStopCodeServiceSchedulerInitiated,
			fmt.Sprintf("Task failed ELB health checks in (target-group %s)", v.target.group))
	}
}

// scale starts or stops tasks until as many as wanted are meant to run.
func (s *Service) scale(set *taskSet) {
	var meant []*member
	for _, m := range set.members {
		if !m.told {
			meant = append(meant, m)
		}
	}
	wanted := int(set.wanted())
	if len(meant) > wanted {
		// Those that do not run yet go first, then the youngest.
		slices.SortStableFunc(meant, func(a, b *member) int { return rank(a) - rank(b) })
		for _, m := range meant[wanted:] {
			s.stop(m, types.TaskStopCodeServiceSchedulerInitiated,
				fmt.Sprintf("Scaling activity initiated by (deployment %s)", *set.shape.Id))
		}
		return
	}
	if len(meant) == wanted || set.holding {
		return
	}
	var ids []string
	for range wanted - len(meant) {
		m := s.newMember(set)
		set.members = append(set.members, m)
		ids = append(ids, fmt.Sprintf("(task %s)", m.id))
		s.emitTask(m)
		s.spawn(func(ctx context.Context) { s.live(ctx, m) })
	}
	s.say(set, "has started %d tasks: %s.", len(ids), strings.Join(ids, " "))
	s.touch(set.service)
}

func rank(m *member) int {
	if *m.shape.LastStatus == running {
		return 0
	}
	return 1
}
