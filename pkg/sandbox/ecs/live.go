package ecs

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

// closePatience is how long a task may take to end when the sandbox closes.
const closePatience = 3 * time.Second

// live is a task's whole life: pull, start, register, run, deregister, drain, stop.
func (s *Service) live(ctx context.Context, m *member) {
	ctx, end := context.WithCancel(ctx)
	defer end()
	task, err := s.launch(ctx, m)
	if err == nil {
		err = s.join(ctx, m, task)
	}
	if err != nil {
		s.mu.Lock()
		s.fail(m, types.TaskStopCodeTaskFailedToStart, err.Error())
		s.mu.Unlock()
	}
	if task != nil {
		if err == nil {
			probing, enough := context.WithCancel(ctx)
			s.check(probing, m, task)
			s.serve(ctx, m, task)
			enough()
		}
		s.leave(ctx, m, task)
	}
	s.bury(m, task)
}

// launch pulls the images and starts the containers. A task that is told to stop meanwhile gives up; the reason why
// it was told stays.
func (s *Service) launch(ctx context.Context, m *member) (Task, error) {
	s.move(m, pending, func(t *types.Task) { t.PullStartedAt = s.now() })
	pulling, cancel := context.WithCancel(withOrigin(ctx, m))
	defer cancel()
	s.wg.Go(func() {
		select {
		case <-m.tell:
			cancel()
		case <-pulling.Done():
		}
	})
	spec, digests, err := s.spec(pulling, m)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	m.shape.PullStoppedAt = s.now()
	for i := range m.shape.Containers {
		m.shape.Containers[i].ImageDigest = aws.String(digests[i])
	}
	told := m.told
	s.mu.Unlock()
	if told {
		return nil, errors.New("told to stop")
	}
	return s.opts.Runner.Start(pulling, spec)
}

// join connects the task to the network and registers it at its target groups.
func (s *Service) join(ctx context.Context, m *member, task Task) error {
	addr := s.opts.Network.Attach(task.Dial)
	detached := s.opts.Attached(addr.String(), m.origin())
	s.mu.Lock()
	m.addr, m.detached = addr, detached
	grace := s.opts.Clock.Scale(time.Duration(*m.set.service.shape.HealthCheckGracePeriodSeconds) * time.Second)
	m.graceOver = grace == 0
	s.mu.Unlock()
	s.move(m, activating, func(t *types.Task) {
		m.attach()
		t.Connectivity, t.ConnectivityAt = types.ConnectivityConnected, s.now()
	})
	for _, lb := range m.set.layout.loadBalancers {
		t := target{group: *lb.TargetGroupArn, port: int(*lb.ContainerPort)}
		err := s.opts.Balancer.RegisterTarget(t.group, addr.String(), t.port)
		s.mu.Lock()
		if err != nil {
			s.say(m.set, "failed to register targets in (target-group %s) with (error %v)", t.group, err)
			s.mu.Unlock()
			return fmt.Errorf("register target at (target-group %s): %w", t.group, err)
		}
		m.targets = append(m.targets, t)
		s.say(m.set, "registered 1 targets in (target-group %s)", t.group)
		s.mu.Unlock()
	}
	s.move(m, running, func(t *types.Task) {
		t.StartedAt = s.now()
		for i := range t.Containers {
			t.Containers[i].LastStatus = aws.String(running)
			t.Containers[i].RuntimeId = aws.String(fmt.Sprintf("%s-%d", m.id, i+1))
		}
	})
	if grace > 0 {
		s.wg.Go(func() {
			if s.opts.Clock.WaitReal(ctx, "health-check-grace", grace) == nil {
				s.mu.Lock()
				m.graceOver = true
				s.touch(m.set.service)
				s.mu.Unlock()
			}
		})
	}
	return nil
}

// serve returns when the task ended or is to end.
func (s *Service) serve(ctx context.Context, m *member, task Task) {
	select {
	case <-m.tell:
		return
	case <-task.Done():
		s.mu.Lock()
		s.fail(m, types.TaskStopCodeEssentialContainerExited, "Essential container in task exited")
		s.mu.Unlock()
	case <-ctx.Done():
		s.mu.Lock()
		s.stop(m, types.TaskStopCodeServiceSchedulerInitiated, "The sandbox was closed")
		s.mu.Unlock()
	}
}

// leave takes the task out of its target groups, waits until they are drained, and ends it.
func (s *Service) leave(ctx context.Context, m *member, task Task) {
	s.move(m, deactivating, nil)
	for _, t := range m.targets {
		s.withdraw(ctx, m, task, t)
	}
	s.move(m, stopping, nil)
	s.end(ctx, task)
	s.move(m, deprovisioning, func(t *types.Task) {
		t.ExecutionStoppedAt = s.now()
		for i := range t.Containers {
			t.Containers[i].LastStatus = aws.String(stopped)
		}
		for _, e := range task.Exits() {
			at := slices.IndexFunc(t.Containers, func(c types.Container) bool { return *c.Name == e.Container })
			if at < 0 {
				continue
			}
			t.Containers[at].ExitCode = aws.Int32(int32(e.Code))
			if e.Reason != "" {
				t.Containers[at].Reason = aws.String(e.Reason)
			}
		}
	})
	s.opts.Network.Detach(m.addr)
	m.detached()
}

// withdraw deregisters one target and waits until it is drained; nothing is waited for when the task is dead
// already or everything is to end.
func (s *Service) withdraw(ctx context.Context, m *member, task Task, t target) {
	drained, err := s.opts.Balancer.DeregisterTarget(t.group, m.addr.String(), t.port)
	if err != nil {
		s.opts.Log.Warn("deregister target", "group", t.group, "ip", m.addr, "error", err)
		return
	}
	s.mu.Lock()
	s.say(m.set, "has begun draining connections on 1 tasks.")
	s.say(m.set, "deregistered 1 targets in (target-group %s)", t.group)
	s.mu.Unlock()
	select {
	case <-drained:
	case <-task.Done():
	case <-ctx.Done():
	}
}

// end stops the task's processes, patiently unless everything is to end.
func (s *Service) end(ctx context.Context, task Task) {
	patient, kill := context.WithCancel(context.WithoutCancel(ctx))
	defer kill()
	s.wg.Go(func() {
		select {
		case <-ctx.Done():
			if s.opts.Clock.WaitReal(patient, "task-kill", closePatience) == nil {
				kill()
			}
		case <-patient.Done():
		}
	})
	task.Stop(patient)
}

// bury takes the stopped task out of its task set.
func (s *Service) bury(m *member, task Task) {
	s.move(m, stopped, func(t *types.Task) {
		t.StoppedAt = s.now()
		t.Connectivity = ""
		for i := range t.Containers {
			t.Containers[i].LastStatus = aws.String(stopped)
		}
		for i := range t.Attachments {
			t.Attachments[i].Status = aws.String("DELETED")
		}
		set := m.set
		set.members = slices.DeleteFunc(set.members, func(other *member) bool { return other == m })
		set.service.cluster.remember(m, *t.StoppedAt)
		if task != nil {
			s.say(set, "has stopped 1 running tasks: (task %s).", m.id)
		}
	})
}
