package ecs

import (
	"context"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

// Backoff between tasks that end by themselves or never become healthy. AWS lets 27 minutes grow between tasks that never reach RUNNING
// (https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-throttle-logic.html), and restarts others as
// fast as Fargate provisions; the sandbox provisions at once, so a minute stands for that.
const (
	backoffFirst   = 10 * time.Second
	backoffStarted = time.Minute
	backoffMax     = 27 * time.Minute
	impairedAfter  = 3
)

// fail ends a task that is of no use, and holds the next one back. One that has lived for a minute is replaced at
// once.
func (s *Service) fail(m *member, code types.TaskStopCode, reason string) {
	if m.told {
		return
	}
	s.stop(m, code, reason)
	set := m.set
	started := m.shape.StartedAt
	if started != nil && m.shape.StoppingAt.Sub(*started) >= s.opts.Clock.Scale(time.Minute) {
		set.failures = 0
		return
	}
	if set.holding {
		return // one of several that failed together
	}
	set.failures++
	if set.failures == impairedAfter {
		s.sayService(set.service, fmt.Sprintf("(service %s) is unable to consistently start tasks successfully. "+
			"For more information, see the Troubleshooting section.", *set.service.shape.ServiceName))
		s.emitAction(set.service, "WARN", "SERVICE_TASK_START_IMPAIRED", set)
	}
	longest := backoffMax
	if started != nil {
		longest = backoffStarted
	}
	wait := min(backoffFirst<<min(set.failures-1, 10), longest)
	set.holding = true
	s.spawn(s.hold(set, wait))
}

// hold ends the backoff when wait is over.
func (s *Service) hold(set *taskSet, wait time.Duration) func(context.Context) {
	return func(ctx context.Context) {
		if s.opts.Clock.Wait(ctx, "task-backoff", wait) != nil {
			return
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		set.holding = false
		s.touch(set.service)
	}
}
