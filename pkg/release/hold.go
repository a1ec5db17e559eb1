package release

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	aastypes "github.com/aws/aws-sdk-go-v2/service/applicationautoscaling/types"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"

	aas "github.com/cutover-ecs/cutover/pkg/call/applicationautoscaling"
	"github.com/cutover-ecs/cutover/pkg/call/ecs"
	"github.com/cutover-ecs/cutover/pkg/config"
	"github.com/cutover-ecs/cutover/pkg/live"
)

// scaling is where a service's autoscaling stands: what is suspended, and what of it is marked as the loop's.
type scaling struct {
	suspended live.Activities
	mark      live.Hold
	marked    bool
	// there says that something is registered to be scaled.
	there bool
}

// suspendedIn are the activities that a scalable target has suspended; none for nil.
func suspendedIn(t *aas.ScalableTarget) live.Activities {
	if t == nil || t.SuspendedState == nil {
		return live.Activities{}
	}
	s := t.SuspendedState
	return live.Activities{
		In: aws.ToBool(s.DynamicScalingInSuspended), Out: aws.ToBool(s.DynamicScalingOutSuspended), Scheduled: aws.ToBool(s.ScheduledScalingSuspended),
	}
}

// stateOf is activities as RegisterScalableTarget takes them: each is said, so that none is left to a default.
func stateOf(a live.Activities) *aas.SuspendedState {
	return &aas.SuspendedState{
		DynamicScalingInSuspended: &a.In, DynamicScalingOutSuspended: &a.Out, ScheduledScalingSuspended: &a.Scheduled,
	}
}

func (o Observed) scaling() scaling {
	s := scaling{there: o.Target != nil, suspended: suspendedIn(o.Target)}
	s.mark, s.marked = live.ReadHold(live.Tags(o.Service.Tags))
	return s
}

// still is what has to be held still by what is observed alone: everything while a deployment moves production or one
// is rolled back; and then taking tasks away until it has ended, because averages over the service's tasks count those
// of the idle blue, and would halve what serves.
func (l *Loop) still(o Observed) live.Activities {
	a, busy := o.active()
	switch {
	case busy && !rollback(a) && a.InstanceTerminationWaitTimeStarted && l.deployed.Service.HoldUntil() != config.Ended:
		return live.Activities{In: true}
	case busy, o.rollbackDue():
		return live.AllActivities()
	}
	return live.Activities{}
}

// hold holds everything still for a deployment that is about to be made.
func (l *Loop) hold(ctx context.Context, o Observed) (scaling, string, error) {
	if !l.deployed.Service.Scales() {
		return scaling{}, "", nil
	}
	return l.bring(ctx, o, o.scaling(), live.AllActivities())
}

// release lets go of what need not be held still any more, and holds what a deployment not of the loop's making needs.
// It runs at every look, so that whatever became of an earlier one, autoscaling goes on. What goes wrong is told: the
// next look tries again.
func (l *Loop) release(ctx context.Context, o Observed) string {
	if !l.deployed.Service.Scales() || o.Service == nil {
		return ""
	}
	return l.releaseFrom(ctx, o, o.scaling())
}

func (l *Loop) releaseFrom(ctx context.Context, o Observed, from scaling) string {
	if !l.deployed.Service.Scales() {
		return ""
	}
	_, told, err := l.bring(ctx, o, from, l.still(o))
	if err != nil {
		return "not brought to where it should be: " + err.Error()
	}
	return told
}

// bring holds what is wanted still and releases what was the loop's own and is not wanted any more. The mark comes
// before what it marks and goes after it: whatever call a crash follows, the next look knows which suspension is whose.
func (l *Loop) bring(ctx context.Context, o Observed, s scaling, want live.Activities) (scaling, string, error) {
	if !s.there {
		want = live.Activities{} // nothing to hold; a mark is left over from what the stack has taken away
	}
	fresh := want.Without(s.suspended)
	ours := s.mark.And(want).Or(fresh)
	state := s.suspended.Without(s.mark.Activities).Or(s.suspended.And(want)).Or(fresh)
	if fresh.Any() { // written again where it stands already: the tags that were read may be behind
		if err := l.mark(ctx, o, &s, s.mark.Or(fresh)); err != nil {
			return s, "", err
		}
	}
	told := ""
	if s.there && state != s.suspended {
		if _, err := l.aws.Scaling.RegisterScalableTarget(ctx, &aas.RegisterScalableTargetInput{
			ServiceNamespace: aastypes.ServiceNamespaceEcs, ScalableDimension: aastypes.ScalableDimensionECSServiceDesiredCount,
			ResourceId: o.Target.ResourceId, SuspendedState: stateOf(state),
		}); err != nil {
			return s, "", fmt.Errorf("suspend or resume the autoscaling of %s: %w", l.names.Service, err)
		}
		told = changed(s.suspended, state)
		s.suspended = state
	}
	if s.marked && (s.mark.Activities != ours || !ours.Any()) {
		if err := l.mark(ctx, o, &s, ours); err != nil {
			return s, told, err
		}
	}
	return s, told, nil
}

// mark writes what is the loop's own, or takes the mark away when nothing is.
func (l *Loop) mark(ctx context.Context, o Observed, s *scaling, ours live.Activities) (err error) {
	arn := aws.ToString(o.Service.ServiceArn)
	next := live.Hold{Activities: ours, Since: s.mark.Since}
	if !ours.Any() {
		_, err = l.aws.Marks.UntagResource(ctx, &ecs.UntagResourceInput{ResourceArn: &arn, TagKeys: []string{live.TagHold}})
	} else {
		if !s.mark.Any() || next.Since.IsZero() {
			next.Since = o.At
		}
		_, err = l.aws.Marks.TagResource(ctx, &ecs.TagResourceInput{ResourceArn: &arn, Tags: []ecstypes.Tag{
			{Key: aws.String(live.TagHold), Value: aws.String(next.Value())}}})
	}
	if err != nil {
		return fmt.Errorf("mark what is held still of the autoscaling of %s: %w", l.names.Service, err)
	}
	s.mark, s.marked = next, ours.Any()
	return nil
}

func changed(from, to live.Activities) string {
	held, released := to.Without(from), from.Without(to)
	switch {
	case held.Any() && released.Any():
		return fmt.Sprintf("held still: %s; goes on: %s", held, released)
	case held.Any():
		return fmt.Sprintf("held still: %s", held)
	}
	return fmt.Sprintf("goes on: %s", released)
}

// target is what Application Auto Scaling scales of the service; nil when nothing is registered, or to be asked for.
func (l *Loop) target(ctx context.Context) (*aas.ScalableTarget, error) {
	if !l.deployed.Service.Scales() {
		return nil, nil
	}
	id := "service/" + l.names.Cluster + "/" + l.names.Service
	out, err := l.aws.Scaling.DescribeScalableTargets(ctx, &aas.DescribeScalableTargetsInput{
		ServiceNamespace: aastypes.ServiceNamespaceEcs, ScalableDimension: aastypes.ScalableDimensionECSServiceDesiredCount, ResourceIds: []string{id},
	})
	if err != nil {
		return nil, fmt.Errorf("describe the scalable target %s: %w", id, err)
	}
	if len(out.ScalableTargets) == 0 {
		return nil, nil
	}
	return &out.ScalableTargets[0], nil
}
