package notify

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"

	"github.com/cutover-ecs/cutover/pkg/call/eventbridge"
	"github.com/cutover-ecs/cutover/pkg/config"
	"github.com/cutover-ecs/cutover/pkg/live"
)

// following is a deployment that is followed, and what was told of it. AWS has no event for what happens between a
// deployment's start and its end, so it is read again and again: twice a second after a change and every ten seconds
// when nothing does.
type following struct {
	Service    string `json:"service"`
	Cluster    string `json:"cluster"`
	Deployment string `json:"deployment"`
	Image      string `json:"image,omitempty"`
	Testing    bool   `json:"testing,omitempty"`
	Percent    int    `json:"percent,omitempty"`
	Live       bool   `json:"live,omitempty"`
	Waits      bool   `json:"waits,omitempty"`
}

// How a deployment that is followed further is handed to the next invocation. It is no part of what is published.
const (
	FollowSource     = "cutover.notify"
	FollowDetailType = "Cutover Deployment Followed"
)

const (
	soon     = 500 * time.Millisecond
	seldom   = 10 * time.Second
	handOver = 30 * time.Second // is kept of an invocation's time
)

// follow tells what happens to a deployment until blue waits for its end, or the deployment ends.
func (n *Notifier) follow(ctx context.Context, f following) error {
	cluster, name := n.inECS(f.Service)
	for wait := soon; ; wait = min(wait*3/2, seldom) {
		d, err := live.ReadDeployment(ctx, n.clients.Deployments, f.Deployment, cluster, name)
		if err != nil {
			return fmt.Errorf("follow %s: %w", f.Service, err)
		}
		steps := f.news(d)
		if err := n.tell(ctx, steps...); err != nil {
			return err
		}
		if f.Waits || d.Ended() {
			return nil
		}
		if len(steps) > 0 {
			wait = soon
		}
		if end, ok := ctx.Deadline(); ok && time.Until(end) < handOver+wait {
			return n.goOn(ctx, f)
		}
		timer := time.NewTimer(wait)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return n.goOn(context.WithoutCancel(ctx), f)
		}
	}
}

// news are the steps that happened since the last look, in their order.
func (f *following) news(d live.Deployment) (steps []Step) {
	add := func(stage config.Stage, at *time.Time, percent int) *Step {
		s := Step{Stage: stage, Service: f.Service, Cluster: f.Cluster, Deployment: f.Deployment, Image: f.Image, Percent: percent, At: time.Now()}
		if at != nil {
			s.At = *at
		}
		steps = append(steps, s)
		return &steps[len(steps)-1]
	}
	test, shift := eventOf(d, live.AfterAllowTestTraffic), eventOf(d, live.AllowTraffic)
	if !f.Testing && begun(test) {
		f.Testing = true
		add(config.StageTesting, test.Start, 0)
	}
	if p := green(d); !f.Live && begun(shift) && p > f.Percent && p < 100 {
		f.Percent = p
		add(config.StageShifting, nil, p)
	}
	if !f.Live && shift.Status == string(types.LifecycleEventStatusSucceeded) {
		f.Live = true
		add(config.StageLive, shift.End, 0)
	}
	if f.Live && !f.Waits && d.InstanceTerminationWaitTimeStarted {
		f.Waits = true
		add(config.StageWaitBegan, d.Ends(live.AfterAllowTraffic), 0).BlueEnds = live.StatusOf(d).BlueEnds
	}
	return steps
}

func eventOf(d live.Deployment, name string) live.EventStatus {
	for _, e := range live.Events(d) {
		if e.Name == name {
			return e
		}
	}
	return live.EventStatus{}
}

// begun reports whether a lifecycle event is under way or over, and was not left out.
func begun(e live.EventStatus) bool {
	switch types.LifecycleEventStatus(e.Status) {
	case types.LifecycleEventStatusInProgress, types.LifecycleEventStatusSucceeded, types.LifecycleEventStatusFailed:
		return true
	}
	return false
}

// green is how many percent of production go to the replacement task set, as the deployment's target tells it.
func green(d live.Deployment) int {
	if d.Target == nil {
		return 0
	}
	for _, set := range d.Target.TaskSetsInfo {
		if set.TaskSetLabel == types.TargetLabelGreen {
			return int(set.TrafficWeight)
		}
	}
	return 0
}

// goOn hands a deployment that outlasts this invocation to the next.
func (n *Notifier) goOn(ctx context.Context, f following) error {
	detail, err := json.Marshal(f)
	if err != nil {
		return err
	}
	return n.put(ctx, eventbridge.PutEventsRequestEntry{
		Source: FollowSource, DetailType: FollowDetailType, Detail: string(detail),
	})
}

// put puts events on the default bus, all or an error.
func (n *Notifier) put(ctx context.Context, entries ...eventbridge.PutEventsRequestEntry) error {
	out, err := n.clients.Bus.PutEvents(ctx, &eventbridge.PutEventsInput{Entries: entries})
	if err != nil {
		return fmt.Errorf("put events: %w", err)
	}
	for _, e := range out.Entries {
		if e.ErrorCode != "" {
			return fmt.Errorf("put events: %s: %s", e.ErrorCode, e.ErrorMessage)
		}
	}
	return nil
}
