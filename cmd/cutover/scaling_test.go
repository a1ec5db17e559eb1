package main

import (
	"runtime"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	aas "github.com/aws/aws-sdk-go-v2/service/applicationautoscaling"
	"github.com/aws/aws-sdk-go-v2/service/applicationautoscaling/types"

	"github.com/cutover-ecs/cutover/pkg/live"
	"github.com/cutover-ecs/cutover/pkg/release"
	"github.com/cutover-ecs/cutover/pkg/sandbox/fault"
)

// suspended is what Application Auto Scaling holds still, whoever wanted it.
func (r *room) suspended() live.Activities {
	r.t.Helper()
	out, err := aas.NewFromConfig(r.aws).DescribeScalableTargets(r.t.Context(), &aas.DescribeScalableTargetsInput{ServiceNamespace: types.ServiceNamespaceEcs})
	if err != nil || len(out.ScalableTargets) != 1 {
		r.t.Fatalf("%+v, %v", out, err)
	}
	is := out.ScalableTargets[0].SuspendedState
	return live.Activities{In: *is.DynamicScalingInSuspended, Out: *is.DynamicScalingOutSuspended, Scheduled: *is.ScheduledScalingSuspended}
}

// somebodySuspends is what a person does in the console.
func (r *room) somebodySuspends(what live.Activities) {
	r.t.Helper()
	_, err := aas.NewFromConfig(r.aws).RegisterScalableTarget(r.t.Context(), &aas.RegisterScalableTargetInput{ServiceNamespace: types.ServiceNamespaceEcs,
		ResourceId: aws.String("service/" + r.names.Cluster + "/" + r.names.Service), ScalableDimension: types.ScalableDimensionECSServiceDesiredCount,
		SuspendedState: &types.SuspendedState{
			DynamicScalingInSuspended: &what.In, DynamicScalingOutSuspended: &what.Out, ScheduledScalingSuspended: &what.Scheduled}})
	if err != nil {
		r.t.Fatal(err)
	}
}

// order is where calls stand among those of the trail from a point on; a call that is not there is at -1.
func (r *room) order(from int, calls ...string) []int {
	at := make([]int, len(calls))
	for i, c := range calls {
		at[i] = -1
		for n, e := range r.Trail()[from:] {
			if e.Action == c && e.Error == "" {
				at[i] = n
				break
			}
		}
	}
	return at
}

func TestAutoscalingIsHeldStillWhileProductionMovesAndReleasedAlsoAfterCrashes(t *testing.T) {
	t.Parallel()
	r := enter(t, 60, guarded(t))
	r.approves("v1", "v2")
	if is := r.suspended(); is.Any() {
		t.Fatalf("at first %s is suspended", is)
	}
	before := len(r.Trail())
	r.arrives("v1")
	if at := r.order(before, "RegisterScalableTarget", "CreateDeployment"); at[0] < 0 || at[0] > at[1] {
		t.Errorf("held and deployed at %v", at)
	}
	r.invoke(look5)
	if is := r.suspended(); is != (live.Activities{In: true}) {
		t.Errorf("when production has moved, suspended: %s", is)
	}
	quoted(t, "../../docs/scaling.md", "Sample-Website in cluster cutover", r.status())
	r.skip("termination-wait")
	r.until("v1 is live and autoscaling goes on", func(now live.Status) bool { return liveIs("v1")(now) && now.Held == nil })
	if is := r.suspended(); is.Any() {
		t.Errorf("after the deployment %s is suspended", is)
	}

	// A function that dies around each of the calls that hold and release, and a person's own suspension.
	r.somebodySuspends(live.Activities{Scheduled: true})
	for _, call := range []string{"ecs:TagResource", "application-autoscaling:RegisterScalableTarget", "ecs:UntagResource"} {
		for _, crash := range []string{fault.Before, fault.After} {
			if _, err := r.Faults().Add(fault.Function{Name: r.names.ReleaseFunction, Call: call, Crash: crash, Times: 1}); err != nil {
				t.Fatal(err)
			}
		}
	}
	r.passes("schedule") // an event is tried three times, and there are more crashes than that
	r.push("v2", r.site(runtime.GOARCH, "SITE_VERSION=v2"), r.password())
	r.goesLive("v2")
	r.settles()
	if is := r.suspended(); is != (live.Activities{Scheduled: true}) {
		t.Errorf("suspended at the end: %s", is)
	}
	for _, d := range r.Decisions() {
		if !d.Allowed {
			t.Errorf("%s was denied %s on %s: %s", d.Caller.ARN, d.Action, d.Resource, d.Why)
		}
	}
}

// settles looks until nothing is held any more; a look may die of a fault that is left.
func (r *room) settles() {
	r.t.Helper()
	for range 10 {
		r.run("cutover", "deploy", website, "--config", configuration, "--yes")
		if _, held := r.tags()[live.TagHold]; !held {
			return
		}
	}
	r.t.Errorf("autoscaling is still held: %v\n%s", r.tags(), r.log)
}

func TestARefusedVersionLeavesAutoscalingAsItWas(t *testing.T) {
	t.Parallel()
	r := enter(t, 60, guarded(t))
	r.approves("v1", "v2")
	r.release("v1")
	r.push("v2", r.site(runtime.GOARCH, "SITE_VERSION=v2", "SITE_FAULT=broken"), r.password())
	r.until("v2 is refused and autoscaling goes on", func(now live.Status) bool { return rolledBack(now) && now.Held == nil })
	if is := r.suspended(); is.Any() {
		t.Errorf("suspended: %s", is)
	}
	if o := r.invoke(look5); o.Decision != release.Hold || o.Scaling != "" {
		t.Errorf("then: %+v", o)
	}
}
