package ecs

import (
	"context"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

// What a container health check is when the definition does not say.
// https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_HealthCheck.html
const (
	probeInterval = 30
	probeTimeout  = 5
	probeRetries  = 3
)

// probeFloor is how short the interval of a container health check becomes, however fast the clock goes.
const probeFloor = 50 * time.Millisecond

// checked says whether a container has a health check. The image's own does not count.
func checked(c types.ContainerDefinition) bool {
	return c.HealthCheck != nil && len(c.HealthCheck.Command) > 0 && c.HealthCheck.Command[0] != "NONE"
}

// checkProbe refuses a health check as RegisterTaskDefinition does.
func checkProbe(name string, h *types.HealthCheck) error {
	switch {
	case h == nil:
		return nil
	case len(h.Command) == 0 || !slices.Contains([]string{"CMD", "CMD-SHELL", "NONE"}, h.Command[0]) || h.Command[0] != "NONE" && len(h.Command) < 2:
		return client("The health check command of container '%s' must begin with CMD or CMD-SHELL and name a command.", name)
	}
	for _, limit := range []struct {
		member   string
		value    *int32
		from, to int32
	}{{"interval", h.Interval, 5, 300}, {"timeout", h.Timeout, 2, 120}, {"retries", h.Retries, 1, 10}, {"startPeriod", h.StartPeriod, 0, 300}} {
		if v := limit.value; v != nil && (*v < limit.from || *v > limit.to) {
			return client("Health check %s of container '%s' must be between %d and %d, and is %d.", limit.member, name, limit.from, limit.to, *v)
		}
	}
	return nil
}

// fillProbe adds what AWS tells of a health check although nobody said it.
func fillProbe(h *types.HealthCheck) {
	for to, value := range map[**int32]int32{&h.Interval: probeInterval, &h.Timeout: probeTimeout, &h.Retries: probeRetries} {
		if *to == nil {
			*to = aws.Int32(value)
		}
	}
}

// check runs the health checks of a task's containers until ctx ends.
func (s *Service) check(ctx context.Context, m *member, task Task) {
	for i, c := range m.set.layout.def.ContainerDefinitions {
		if checked(c) {
			s.wg.Go(func() { s.probe(ctx, m, task, i, c) })
		}
	}
}

// probe runs one container's health check each interval, the first after one interval, as Docker does. Failures within
// the start period do not count until the first success.
func (s *Service) probe(ctx context.Context, m *member, task Task, i int, c types.ContainerDefinition) {
	h := c.HealthCheck
	pause := max(s.opts.Clock.Scale(time.Duration(*h.Interval)*time.Second), probeFloor)
	forgiven := s.opts.Clock.Now().Add(s.opts.Clock.Scale(time.Duration(aws.ToInt32(h.StartPeriod)) * time.Second))
	failures := int32(0)
	for s.opts.Clock.WaitReal(ctx, "health-check", pause) == nil {
		healthy := passes(ctx, task, c)
		switch {
		case ctx.Err() != nil:
			return
		case healthy:
			failures, forgiven = 0, time.Time{}
			s.diagnose(m, i, types.HealthStatusHealthy)
		case s.opts.Clock.Now().Before(forgiven):
		default:
			if failures++; failures >= *h.Retries {
				s.diagnose(m, i, types.HealthStatusUnhealthy)
			}
		}
	}
}

// passes runs a health check's command once. Its time-out is real: the clock does not make commands faster.
func passes(ctx context.Context, task Task, c types.ContainerDefinition) bool {
	ctx, cancel := context.WithTimeout(ctx, time.Duration(*c.HealthCheck.Timeout)*time.Second)
	defer cancel()
	command := c.HealthCheck.Command[1:]
	if c.HealthCheck.Command[0] == "CMD-SHELL" {
		command = append([]string{"/bin/sh", "-c"}, command...)
	}
	code, err := task.Exec(ctx, *c.Name, command)
	return err == nil && code == 0
}

// diagnose notes a container's health, and the task's by its essential containers: UNHEALTHY when one is, UNKNOWN when one
// is not known or has no health check, else HEALTHY.
func (s *Service) diagnose(m *member, container int, status types.HealthStatus) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if m.told || m.shape.Containers[container].HealthStatus == status {
		return
	}
	m.shape.Containers[container].HealthStatus = status
	m.shape.HealthStatus = m.worst(func(types.ContainerDefinition) bool { return true })
	s.moved(m)
}

// probed is the health of those essential containers that have a health check; HEALTHY when none has.
func (m *member) probed() types.HealthStatus { return m.worst(checked) }

// worst health of the essential containers among those that count.
func (m *member) worst(counts func(types.ContainerDefinition) bool) types.HealthStatus {
	worst := types.HealthStatusHealthy
	for i, c := range m.set.layout.def.ContainerDefinitions {
		if !aws.ToBool(c.Essential) || !counts(c) {
			continue
		}
		switch m.shape.Containers[i].HealthStatus {
		case types.HealthStatusUnhealthy:
			return types.HealthStatusUnhealthy
		case types.HealthStatusUnknown:
			worst = types.HealthStatusUnknown
		}
	}
	return worst
}
