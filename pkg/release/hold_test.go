package release

import (
	"errors"
	"slices"
	"testing"

	cdtypes "github.com/aws/aws-sdk-go-v2/service/codedeploy/types"
	"github.com/aws/smithy-go"

	aas "github.com/cutover-ecs/cutover/pkg/call/applicationautoscaling"
	"github.com/cutover-ecs/cutover/pkg/live"
)

const scales = `{"name": "sample-website", "scaling": {"min": 1, "max": 4, "cpu": 60}}`

// scaling is a world whose service scales, with what is suspended and what of it is marked; no mark when empty.
func scalingWorld(suspended live.Activities, mark string) *world {
	w := newWorld(image(v2, "latest"))
	w.runs(wished(1)).had(deployment(wished(1), succeeded))
	w.Target = &aas.ScalableTarget{ResourceId: "service/cutover/Sample-Website", SuspendedState: stateOf(suspended)}
	if mark != "" {
		tag(w, live.TagHold, mark)
	}
	return w
}

func (w *world) holds() (suspended live.Activities, mark string) {
	return suspendedIn(w.Target), live.Tags(w.Service.Tags)[live.TagHold]
}

const (
	since = " since 2026-11-23T05:00:00Z"
	whole = "in out scheduled" + since
)

func TestAutoscalingIsHeldStillBeforeADeploymentIsMade(t *testing.T) {
	w := scalingWorld(live.Activities{}, "")
	got, err := w.handle(t, deployedWith(scales), byInvocation)
	if err != nil || got.Decision != Deploy || got.Scaling != "held still: in, out, scheduled" {
		t.Fatalf("got %+v, %v", got, err)
	}
	if is, mark := w.holds(); is != live.AllActivities() || mark != whole {
		t.Errorf("suspended: %s; marked: %q", is, mark)
	}
	var order []string
	for _, c := range w.calls {
		if slices.Contains([]string{"TagResource", "RegisterScalableTarget", "CreateDeployment"}, c) {
			order = append(order, c)
		}
	}
	if want := []string{"TagResource", "RegisterScalableTarget", "CreateDeployment"}; !slices.Equal(order, want) {
		t.Errorf("in the order %v", order)
	}
}

func TestAReleaseOfAServiceThatScalesCostsThreeCallsMore(t *testing.T) {
	calls := func(description string) int {
		w := scalingWorld(live.Activities{}, "")
		if got, err := w.handle(t, deployedWith(description), byInvocation); err != nil || got.Decision != Deploy {
			t.Fatalf("got %+v, %v", got, err)
		}
		return len(w.calls)
	}
	if without, with := calls(`{"name": "sample-website"}`), calls(scales); with != without+3 {
		t.Errorf("%d calls with scaling, %d without", with, without)
	}
}

func TestWhatIsHeldFollowsTheDeployment(t *testing.T) {
	moved := waiting(wished(v2))
	for name, c := range map[string]struct {
		description string
		deployments []cdtypes.DeploymentInfo
		suspended   live.Activities
		mark        string
		want        live.Activities
		wantMark    string
		told        string
	}{
		"production has not moved": {scales, []cdtypes.DeploymentInfo{deployment(wished(v2), inProgress)}, live.AllActivities(), whole, live.AllActivities(), whole, ""},
		"production has moved": {scales, []cdtypes.DeploymentInfo{moved}, live.AllActivities(), whole, live.Activities{In: true}, "in" + since,
			"goes on: out, scheduled"},
		"production has moved, held to the end": {`{"name": "sample-website", "scaling": {"min": 1, "max": 4, "cpu": 60, "holdUntil": "ended"}}`,
			[]cdtypes.DeploymentInfo{moved}, live.AllActivities(), whole, live.AllActivities(), whole, ""},
		"it has ended": {scales, []cdtypes.DeploymentInfo{deployment(wished(v2), succeeded)}, live.Activities{In: true}, "in" + since, live.Activities{}, "", "goes on: in"},
		"it is rolled back": {scales, []cdtypes.DeploymentInfo{rolledBack(inProgress), deployment(wished(v2), failed)}, live.AllActivities(), whole,
			live.AllActivities(), whole, ""},
		"somebody deploys by hand": {scales, []cdtypes.DeploymentInfo{byHandIn(inProgress)}, live.Activities{}, "", live.AllActivities(), whole,
			"held still: in, out, scheduled"},
		"a crash came between mark and suspension": {scales, []cdtypes.DeploymentInfo{deployment(wished(v2), failed)}, live.Activities{}, whole, live.Activities{}, "", ""},
		"a crash came between resuming and the mark's end": {scales, []cdtypes.DeploymentInfo{moved}, live.Activities{In: true}, whole,
			live.Activities{In: true}, "in" + since, ""},
		"the stack resumed it meanwhile": {scales, []cdtypes.DeploymentInfo{deployment(wished(v2), inProgress)}, live.Activities{}, whole, live.AllActivities(), whole,
			"held still: in, out, scheduled"},
		"somebody suspended, and no deployment is": {scales, []cdtypes.DeploymentInfo{deployment(wished(v2), failed)}, live.AllActivities(), "", live.AllActivities(), "", ""},
		"somebody had suspended a part": {scales, []cdtypes.DeploymentInfo{deployment(wished(v2), succeeded)}, live.AllActivities(), "in scheduled" + since,
			live.Activities{Out: true}, "", "goes on: in, scheduled"},
		"releases are suspended": {scales, []cdtypes.DeploymentInfo{deployment(wished(v2), failed)}, live.AllActivities(), whole, live.Activities{}, "",
			"goes on: in, out, scheduled"},
		"a mark that says nothing": {scales, []cdtypes.DeploymentInfo{deployment(wished(v2), failed)}, live.Activities{Out: true}, "?", live.Activities{Out: true}, "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			w := scalingWorld(c.suspended, c.mark)
			w.runs(wished(v2)).had(append(c.deployments, deployment(wished(1), succeeded))...)
			if name == "releases are suspended" {
				tag(w, live.TagSuspend, "by alice")
			}
			got, err := w.handle(t, deployedWith(c.description), byInvocation)
			if err != nil || got.Scaling != c.told {
				t.Errorf("got %+v, %v", got, err)
			}
			if is, mark := w.holds(); is != c.want || mark != c.wantMark {
				t.Errorf("suspended: %s; marked: %q", is, mark)
			}
			w.calls = nil
			if _, err := w.handle(t, deployedWith(c.description), byInvocation); err != nil || count(w.calls, "RegisterScalableTarget")+count(w.calls, "TagResource")+count(w.calls, "UntagResource") > 0 {
				t.Errorf("the next look calls %v, %v", w.calls, err)
			}
		})
	}
}

func TestADeploymentThatIsRefusedReleasesAutoscalingAtOnce(t *testing.T) {
	w := scalingWorld(live.Activities{Out: true}, "")
	w.fail["CreateDeployment"] = &smithy.GenericAPIError{Code: "AccessDeniedException", Message: "no"}
	got, err := w.handle(t, deployedWith(scales), byInvocation)
	if err != nil || got.Decision != Refuse || got.Scaling != "goes on: in, scheduled" {
		t.Errorf("got %+v, %v", got, err)
	}
	if is, mark := w.holds(); is != (live.Activities{Out: true}) || mark != "" {
		t.Errorf("suspended: %s; marked: %q", is, mark)
	}
}

func TestADeploymentThatMayHaveBeenMadeIsHeldFor(t *testing.T) {
	w := scalingWorld(live.Activities{}, "")
	w.lost["CreateDeployment"] = errors.New("connection reset")
	got, err := w.handle(t, deployedWith(scales), byInvocation)
	if err != nil || got.Decision != Busy {
		t.Errorf("got %+v, %v", got, err)
	}
	if is, mark := w.holds(); is != live.AllActivities() || mark != whole {
		t.Errorf("suspended: %s; marked: %q", is, mark)
	}
}

func TestNothingIsDeployedThatCannotBeHeldStillFor(t *testing.T) {
	for _, call := range []string{"TagResource", "RegisterScalableTarget"} {
		w := scalingWorld(live.Activities{}, "")
		w.fail[call] = &smithy.GenericAPIError{Code: "AccessDeniedException", Message: "no"}
		got, err := w.handle(t, deployedWith(scales), byInvocation)
		if err != nil || got.Decision != Refuse || count(w.calls, "CreateDeployment") > 0 {
			t.Errorf("without %s: got %+v, %v", call, got, err)
		}
	}
}

func TestWhereNothingIsRegisteredThereIsNothingToHold(t *testing.T) {
	w := scalingWorld(live.Activities{}, "in"+since)
	w.Target = nil
	got, err := w.handle(t, deployedWith(scales), byInvocation)
	if err != nil || got.Decision != Deploy || got.Scaling != "" {
		t.Errorf("got %+v, %v", got, err)
	}
	if mark := live.Tags(w.Service.Tags)[live.TagHold]; mark != "" {
		t.Errorf("marked: %q", mark)
	}
}

func TestTheDesiredCountIsLeftAloneWhereItScales(t *testing.T) {
	w := scalingWorld(live.Activities{}, "")
	w.Service.DesiredCount = 3
	w.runs(wished(v2))
	if got, err := w.handle(t, deployedWith(scales), byInvocation); err != nil || got.Decision != Current || got.Applied != "" {
		t.Errorf("got %+v, %v", got, err)
	}
}
