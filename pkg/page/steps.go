package page

import (
	"time"

	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"

	"github.com/cutover-ecs/cutover/pkg/live"
)

// Step is a part of the way from push to end.
type Step struct {
	Name  string     `json:"name"`
	State string     `json:"state"` // waiting, running, done, failed, undone
	Start *time.Time `json:"start,omitempty"`
	End   *time.Time `json:"end,omitempty"`
	// Events of the deployment that make it up.
	Events []live.EventStatus `json:"events"`
}

const (
	waiting = "waiting"
	running = "running"
	done    = "done"
	failed  = "failed"
	undone  = "undone"
)

// The steps.
const (
	stepPush  = "Push"
	stepStart = "Green starts"
	stepTest  = "Green is judged"
	stepMove  = "Production moves"
	stepKeep  = "Blue is kept"
	stepEnd   = "Finished"
	stepBack  = "Rolled back"
)

// way is which lifecycle events make up a step, in CodeDeploy's order
// (https://docs.aws.amazon.com/codedeploy/latest/userguide/reference-appspec-file-structure-hooks.html).
var way = []struct {
	name   string
	events []string
}{
	{stepStart, []string{"BeforeInstall", "Install", "AfterInstall"}},
	{stepTest, []string{"AllowTestTraffic", "AfterAllowTestTraffic"}},
	{stepMove, []string{"BeforeAllowTraffic", "AllowTraffic", "AfterAllowTraffic"}},
}

// steps of a deployment. back says that it was or is rolled back, by the newest deployment where that is another one.
func steps(d *live.DeploymentStatus, back bool, newest *live.DeploymentStatus) []Step {
	push := Step{Name: stepPush, State: waiting, Events: []live.EventStatus{}}
	if d != nil {
		push.State, push.Start, push.End = done, &d.Created, &d.Created
	}
	all := []Step{push}
	for _, w := range way {
		all = append(all, eventsStep(d, w.name, w.events))
	}
	if back || d != nil && broken(d) {
		return append(all, backStep(d, newest))
	}
	keep, end := Step{Name: stepKeep, State: waiting, Events: []live.EventStatus{}}, Step{Name: stepEnd, State: waiting, Events: []live.EventStatus{}}
	if d != nil && d.Terminating && !ended(d) {
		keep.State, keep.End = running, d.BlueEnds
	}
	if d != nil && d.Status == string(types.DeploymentStatusSucceeded) {
		keep.State, end.State, end.Start, end.End = done, done, d.Completed, d.Completed
	}
	return append(all, keep, end)
}

func eventsStep(d *live.DeploymentStatus, name string, events []string) Step {
	s := Step{Name: name, State: waiting, Events: []live.EventStatus{}}
	if d == nil {
		return s
	}
	for _, want := range events {
		for _, e := range d.Events {
			if e.Name == want {
				s.Events = append(s.Events, e)
			}
		}
	}
	over := 0
	for _, e := range s.Events {
		if e.Start != nil && s.Start == nil {
			s.Start = e.Start
		}
		switch types.LifecycleEventStatus(e.Status) {
		case types.LifecycleEventStatusFailed:
			s.State, s.End = failed, e.End
			return s
		case types.LifecycleEventStatusInProgress:
			s.State = running
		case types.LifecycleEventStatusSucceeded, types.LifecycleEventStatusSkipped:
			over++
			s.End = e.End
		}
	}
	switch {
	case over == len(s.Events) && over > 0 && s.Start != nil:
		s.State = done
	case broken(d) && s.Start != nil: // it was stopped here
		s.State = failed
	case over > 0 && s.Start != nil && !ended(d):
		s.State = running
	}
	if s.State == running {
		s.End = nil
	}
	return s
}

// backStep is the end of a deployment that did not go through.
func backStep(d, newest *live.DeploymentStatus) Step {
	s := Step{Name: stepBack, State: running, Events: []live.EventStatus{}}
	switch {
	case newest == nil || newest.ID == d.ID:
		if d.Rollback == "" && ended(d) { // nothing came of it, so there is nothing to undo
			s.State, s.Name = undone, "Ended"
			s.Start, s.End = d.Completed, d.Completed
		}
	default:
		s.Start, s.End = &newest.Created, newest.Completed
		switch {
		case newest.Status == string(types.DeploymentStatusSucceeded):
			s.State = undone
		case broken(newest):
			s.State = failed
		}
	}
	return s
}
