package release

import (
	"errors"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	cdtypes "github.com/aws/aws-sdk-go-v2/service/codedeploy/types"
	"github.com/google/go-cmp/cmp"

	"github.com/cutover-ecs/cutover/pkg/metric"
)

// endedAs is a world whose newest deployment, d-1, was image 2's: pushed two minutes after pushed, created at 10 minutes,
// and ended at 40.
func endedAs(status cdtypes.DeploymentStatus, creator cdtypes.DeploymentCreator) *world {
	w := newWorld(image(v2, "latest")).runs(wished(v2))
	d := deployment(wished(v2), status)
	d.CreateTime, d.CompleteTime, d.Creator = aws.Time(pushed.Add(10*time.Minute)), aws.Time(pushed.Add(40*time.Minute)), creator
	w.had(d)
	event := func(name string, from, to time.Duration) cdtypes.LifecycleEvent {
		return cdtypes.LifecycleEvent{LifecycleEventName: &name, Status: cdtypes.LifecycleEventStatusSucceeded, StartTime: aws.Time(pushed.Add(from)), EndTime: aws.Time(pushed.Add(to))}
	}
	w.target = []cdtypes.LifecycleEvent{event("Install", 10*time.Minute, 13*time.Minute), event("AfterAllowTestTraffic", 13*time.Minute, 15*time.Minute),
		event("AllowTraffic", 15*time.Minute, 16*time.Minute), {LifecycleEventName: aws.String("AfterAllowTraffic"), Status: cdtypes.LifecycleEventStatusPending}}
	return w
}

func (w *world) measured(t *testing.T, description string) []metric.Value {
	t.Helper()
	id := aws.ToString(w.Deployments[0].DeploymentId)
	got, err := w.handle(t, deployedWith(description), endOfDeployment(w, id))
	if err != nil {
		t.Fatal(err)
	}
	return got.Measured
}

func TestWhatADeploymentTookIsMeasuredAtItsEnd(t *testing.T) {
	user := cdtypes.DeploymentCreatorUser
	phases := []metric.Value{{Name: metric.InstallTime, Value: 180}, {Name: metric.VerifyTime, Value: 120}, {Name: metric.ShiftTime, Value: 60}}
	whole := func(n metric.Name) []metric.Value {
		return []metric.Value{metric.One(n), {Name: metric.DeploymentTime, Value: 1800}}
	}
	for name, c := range map[string]struct {
		world       *world
		description string
		want        []metric.Value
	}{
		"well":                 {endedAs(succeeded, user), "", append(append(whole(metric.Succeeded), phases...), metric.Value{Name: metric.PushToLive, Value: 14 * 60})},
		"well, without phases": {endedAs(succeeded, user), `{"name": "sample-website", "observe": {"phases": false}}`, whole(metric.Succeeded)},
		"failed":               {endedAs(failed, user), "", append(whole(metric.Failed), phases...)},
		"stopped":              {endedAs(stopped, user), "", append(whole(metric.Stopped), phases...)},
		"rolled back":          {endedAs(succeeded, cdtypes.DeploymentCreatorCodeDeployRollback), "", []metric.Value{metric.One(metric.RolledBack)}},
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(c.want, c.world.measured(t, c.description)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestWhatCannotBeReadIsNotMeasuredAndHoldsNothingBack(t *testing.T) {
	w := endedAs(succeeded, cdtypes.DeploymentCreatorUser)
	w.fail["GetDeploymentTarget"] = errors.New("it is throttled")
	if diff := cmp.Diff([]metric.Value{metric.One(metric.Succeeded), {Name: metric.DeploymentTime, Value: 1800}}, w.measured(t, "")); diff != "" {
		t.Error(diff)
	}
}

func TestAnEndIsMeasuredForOneCallAndNoOtherLookForAny(t *testing.T) {
	calls := func(description, event string) int {
		w := endedAs(succeeded, cdtypes.DeploymentCreatorUser)
		if event == "" {
			event = endOfDeployment(w, aws.ToString(w.Deployments[0].DeploymentId))
		}
		if _, err := w.handle(t, deployedWith(description), event); err != nil {
			t.Fatal(err)
		}
		return len(w.calls)
	}
	look, end, without := calls("", byInvocation), calls("", ""), calls(`{"name": "sample-website", "observe": {"phases": false}}`, "")
	if end != look+1 || without != look {
		t.Errorf("%d calls at a look, %d at an end, %d at an end without phases", look, end, without)
	}
}

func TestWhatWaitsOrIsRefusedIsCounted(t *testing.T) {
	refused := toRelease()
	refused.serve(tgGreen)
	for want, w := range map[metric.Name]*world{
		metric.Busy:     newWorld(image(3, "latest")).runs(wished(1)).had(deployment(wished(v2), inProgress)),
		metric.Refused:  refused,
		metric.Released: toRelease(),
	} {
		got, err := w.handle(t, deployedWith(""), byInvocation)
		if err != nil || len(got.Measured) == 0 || got.Measured[0] != metric.One(want) {
			t.Errorf("%s: %+v, %v", want, got, err)
		}
		if want == metric.Released && (len(got.Measured) != 2 || got.Measured[1].Name != metric.PushToStart || got.Measured[1].Value != (58*time.Minute).Seconds()) {
			t.Errorf("%+v", got.Measured)
		}
	}
}
