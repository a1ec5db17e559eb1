package autoscaling

import (
	"context"
	"fmt"
	"math"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/applicationautoscaling/types"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/google/uuid"

	"github.com/cutover-ecs/cutover/pkg/sandbox/wire"
)

// change is the last scaling of a target, for the cooldowns.
type change struct {
	at  time.Time
	out bool
	to  int32
}

// start looks once a minute while the target has policies; the caller holds mu.
func (s *Service) start(t *target) {
	if t.stop != nil {
		return
	}
	ctx, cancel := context.WithCancel(s.work.Context())
	t.stop = cancel
	id := *t.ResourceId
	s.work.Go(func() {
		for s.opts.Clock.Wait(ctx, "autoscaling", minute) == nil {
			s.look(ctx, t, id)
		}
	})
}

// halt ends the looks; the caller holds mu.
func (t *target) halt() {
	if t.stop != nil {
		t.stop()
		t.stop = nil
	}
}

// look scales the target if its policies ask for it.
func (s *Service) look(ctx context.Context, t *target, id string) {
	service, err := s.service(ctx, id)
	if err != nil || service == nil || aws.ToString(service.Status) != "ACTIVE" {
		return
	}
	s.mu.Lock()
	to, why := s.wanted(t, service.DesiredCount, startsFrom(service.DesiredCount, service.RunningCount))
	now := t.ScalableTarget
	if to != service.DesiredCount && s.targets[id] == t {
		t.last = change{at: time.Now(), out: to > service.DesiredCount, to: to}
	}
	s.mu.Unlock()
	if to != service.DesiredCount && ctx.Err() == nil {
		s.scale(ctx, now, to, why)
	}
}

// wanted is the count that the policies ask for, and which of them why; the desired count when none does. The caller
// holds mu.
func (s *Service) wanted(t *target, desired, from int32) (int32, string) {
	out, in, agree, why := desired, int32(0), len(t.policies) > 0, ""
	state := t.SuspendedState
	for name, p := range t.policies {
		c := p.TargetTrackingScalingPolicyConfiguration
		high, low := s.judge(p)
		switch {
		case high > 0:
			agree = false
			n := min(max(ratio(from, high, *c.TargetValue), desired), max(*t.MaxCapacity, desired))
			if n > out && s.cooled(t, true, n, c) {
				out, why = n, fmt.Sprintf("policy %s: its metric, %.4g, is above its target, %.4g", name, high, *c.TargetValue)
			}
		case low >= 0 && !aws.ToBool(c.DisableScaleIn) && s.cooled(t, false, 0, c):
			in = max(in, ratio(from, low, *c.TargetValue))
		default:
			agree = false
		}
	}
	switch {
	case out > desired:
		if aws.ToBool(state.DynamicScalingOutSuspended) {
			return desired, ""
		}
		return out, why
	case agree && !aws.ToBool(state.DynamicScalingInSuspended):
		if n := min(max(in, *t.MinCapacity), desired); n < desired {
			return n, "the metrics of all policies are below their targets"
		}
	}
	return desired, ""
}

// judge tells the newest value of a policy's metric if it is to add tasks (high) or to take some away (low); low is
// negative when it is not.
func (s *Service) judge(p *policy) (high, low float64) {
	target := *p.TargetTrackingScalingPolicyConfiguration.TargetValue
	newest, _ := s.read(p.metric, 0)
	row := func(minutes int, holds func(v float64) bool) bool {
		for i := range minutes {
			if v, ok := s.read(p.metric, time.Duration(i)*minute); !ok || !holds(v) {
				return false
			}
		}
		return true
	}
	switch {
	case row(above, func(v float64) bool { return v > target }):
		return newest, -1
	case row(below, func(v float64) bool { return v < slack*target }):
		return 0, newest
	}
	return 0, -1
}

func ratio(from int32, value, target float64) int32 {
	return int32(math.Ceil(float64(from) * value / target))
}

// cooled reports whether a policy may scale again: out after its cooldown, or at once to more than it did; in after
// its cooldown (https://docs.aws.amazon.com/autoscaling/application/userguide/target-tracking-scaling-policy-overview.html).
func (s *Service) cooled(t *target, out bool, to int32, c *types.TargetTrackingScalingPolicyConfiguration) bool {
	wait := c.ScaleInCooldown
	if out {
		wait = c.ScaleOutCooldown
		if !t.last.out || to > t.last.to {
			return true
		}
	}
	d := cooldown
	if wait != nil {
		d = time.Duration(*wait) * time.Second
	}
	return time.Since(t.last.at) >= s.opts.Clock.Scale(d)
}

// mostActivities are remembered.
const mostActivities = 100

// scale sets the desired count, for all task sets, and notes it.
func (s *Service) scale(ctx context.Context, t types.ScalableTarget, to int32, why string) {
	cluster, name := parts(*t.ResourceId)
	begun := s.opts.Clock.Now()
	ctx = wire.WithCaller(ctx, wire.Caller{}) // the service-linked role's, which may do this
	_, err := wire.Call[ecs.UpdateServiceOutput](ctx, s.srv, &ecs.UpdateServiceInput{Cluster: &cluster, Service: &name, DesiredCount: &to})
	a := types.ScalingActivity{
		ActivityId: aws.String(uuid.NewString()), ServiceNamespace: t.ServiceNamespace, ResourceId: t.ResourceId, ScalableDimension: t.ScalableDimension,
		Cause: &why, Description: aws.String(fmt.Sprintf("Setting desired count to %d.", to)), StartTime: &begun, EndTime: aws.Time(s.opts.Clock.Now()),
		StatusCode:    types.ScalingActivityStatusCodeSuccessful,
		StatusMessage: aws.String(fmt.Sprintf("Successfully set desired count to %d. Change successfully fulfilled by ecs.", to)),
	}
	if err != nil {
		s.opts.Log.Warn("autoscaling", "service", *t.ResourceId, "error", err)
		a.StatusCode, a.StatusMessage = types.ScalingActivityStatusCodeFailed, aws.String("Failed to set desired count: "+err.Error())
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.activities = append(s.activities, a)
	if n := len(s.activities); n > mostActivities {
		s.activities = s.activities[n-mostActivities:]
	}
}
