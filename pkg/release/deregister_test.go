package release

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	cdtypes "github.com/aws/aws-sdk-go-v2/service/codedeploy/types"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/cutover-ecs/cutover/pkg/live"
)

const bySchedule = `{"source": "aws.scheduler", "detail-type": "Scheduled Event", "detail": "{}"}`

// numbered is revision n of the family, for image n, registered so long before now.
func (w *world) numbered(n int, ago time.Duration) *live.Revision {
	in, err := Revise(w.Base, "sample-website", wished(n))
	if err != nil {
		panic(err)
	}
	return &live.Revision{Tags: in.Tags, Definition: &ecstypes.TaskDefinition{
		TaskDefinitionArn: aws.String(arnOf(n)), Family: in.Family, Status: ecstypes.TaskDefinitionStatusActive,
		ContainerDefinitions: in.ContainerDefinitions, RegisteredAt: aws.Time(w.At.Add(-ago))}}
}

func arnOf(n int) string { return strings.TrimSuffix(bootstrapARN, "1") + fmt.Sprint(n) }

func deploymentOf(n int, status cdtypes.DeploymentStatus) cdtypes.DeploymentInfo {
	d := deployment(wished(n), status)
	d.Description = aws.String(wished(n).Description(arnOf(n)))
	return d
}

// grown is a world of revisions 2 to 7, of which each is as old as its number makes it, 6 is live and 7 is spare. The
// newest deployment ended half an hour ago.
func grown(history ...cdtypes.DeploymentInfo) *world {
	w := newWorld(image(6, "latest"))
	for n := 2; n <= 7; n++ {
		w.family = append(w.family, w.numbered(n, time.Duration(10-n)*time.Hour))
	}
	w.Primary, w.Latest = w.family[4], w.family[5]
	w.Service.TaskSets[0].TaskDefinition = aws.String(arnOf(6))
	w.had(history...)
	w.Deployments[0].CompleteTime = aws.Time(w.At.Add(-30 * time.Minute))
	return w
}

func TestOnlyRevisionsThatNeverWentLiveAreDeregistered(t *testing.T) {
	history := func() []cdtypes.DeploymentInfo {
		return []cdtypes.DeploymentInfo{deploymentOf(6, succeeded), deploymentOf(5, failed), deploymentOf(3, stopped), deploymentOf(2, succeeded)}
	}
	const keep0, keep1 = `{"name": "sample-website", "revisions": {"keep": 0}}`, `{"name": "sample-website", "revisions": {"keep": 1}}`
	for name, c := range map[string]struct {
		config, event string
		change        func(*world)
		want          string
	}{
		"those whose deployments failed, and those that got none": {config: keep0, want: "sample-website:5, sample-website:4, sample-website:3"},
		"the newest are kept":               {config: keep1, want: "sample-website:4, sample-website:3"},
		"five are kept unless asked":        {want: "sample-website:4"},
		"none where that is turned off":     {config: `{"name": "sample-website", "revisions": {"deregister": false}}`},
		"none at any event":                 {config: keep0, event: byInvocation},
		"none of a group that rests":        {config: keep0, change: func(w *world) { w.At = w.At.Add(time.Hour) }},
		"none of a family without a newest": {config: keep0, change: func(w *world) { w.Latest = nil }},
		"none before its deployment has settled": {config: keep0, want: "sample-website:4, sample-website:3",
			change: func(w *world) { w.Deployments[1].CompleteTime = aws.Time(w.At.Add(-time.Minute)) }},
		"none that a task set still uses": {config: keep0, want: "sample-website:5, sample-website:4", change: func(w *world) {
			w.Service.TaskSets = append(w.Service.TaskSets, taskSet("ecs-svc/9", live.StatusDraining, arnOf(3), tgGreen))
		}},
		"none that is tried again": {config: keep0, want: "sample-website:4, sample-website:3", change: func(w *world) {
			w.Deployments[0].Description = aws.String(wished(5).Description(arnOf(5)))
			w.Deployments[0].Status = inProgress
		}},
		"none that went live later": {config: keep0, want: "sample-website:5, sample-website:4", change: func(w *world) {
			w.Deployments[3].Description = aws.String(wished(3).Description(arnOf(3)))
		}},
		"none that production moved to and stayed with": {config: keep0, want: "sample-website:4", change: func(w *world) { w.moved(2 * time.Hour) }},
		"one that production moved to and back from": {config: keep0, want: "sample-website:5, sample-website:4", change: func(w *world) {
			w.moved(2 * time.Hour)
			w.Deployments[0].Creator, w.Deployments[0].DeploymentId = cdtypes.DeploymentCreatorCodeDeployRollback, aws.String("d-UNDONE")
			w.Deployments[1].RollbackInfo = &cdtypes.RollbackInfo{RollbackDeploymentId: aws.String("d-UNDONE")}
		}},
		"none that somebody may have deployed by hand": {config: keep0, want: "sample-website:5", change: func(w *world) {
			w.Deployments = slices.Insert(w.Deployments, 2, byHandIn(succeeded))
			w.Deployments[2].DeploymentId, w.Deployments[2].CreateTime = aws.String("d-HAND"), aws.Time(w.At.Add(-150*time.Minute))
		}},
		"none that is not Cutover's": {config: keep0, want: "sample-website:5, sample-website:3", change: func(w *world) { w.family[2].Tags = nil }},
		"none that has only just been registered": {config: keep0, want: "sample-website:5, sample-website:3", change: func(w *world) {
			w.family[2].Definition.RegisteredAt = aws.Time(w.At.Add(-time.Minute))
		}},
		"none of a service that was there before": {config: keep0, want: "sample-website:5, sample-website:3", change: func(w *world) {
			w.Service.CreatedAt = aws.Time(w.At.Add(-time.Hour))
		}},
		"what AWS refuses is told": {config: keep0, want: "sample-website:4, sample-website:3, not sample-website:5: ", change: func(w *world) {
			w.fail["DeregisterTaskDefinition"] = &ecstypes.ClientException{Message: aws.String("not now")}
		}},
		"a list that fails is told": {config: keep0, want: "nothing: list revisions of sample-website", change: func(w *world) {
			w.fail["ListTaskDefinitions"] = &ecstypes.ServerException{}
		}},
	} {
		t.Run(name, func(t *testing.T) {
			w := grown(history()...)
			if c.change != nil {
				c.change(w)
			}
			event := c.event
			if event == "" {
				event = bySchedule
			}
			got, err := w.handle(t, deployedWith(c.config), event)
			if err != nil || c.want == "" && got.Deregistered != "" || !strings.HasPrefix(got.Deregistered, c.want) {
				t.Errorf("%q, not %q; %+v, %v", got.Deregistered, c.want, got, err)
			}
			if n := count(w.calls, "ListTaskDefinitions"); c.want == "" && n > 0 && name != "none of a family without a newest" {
				t.Errorf("%d lists for nothing", n)
			}
		})
	}
}

func TestARevisionIsNotKeptUntilItsDeploymentIsForgotten(t *testing.T) {
	var history []cdtypes.DeploymentInfo
	for range remembered {
		history = append(history, deploymentOf(6, succeeded))
	}
	w := grown(append(history, deploymentOf(5, failed))...)
	w.family = w.family[3:] // those that were never deployed are another test's
	if got, err := w.handle(t, deployedWith(""), bySchedule); err != nil || got.Deregistered != "sample-website:5" {
		t.Errorf("got %+v, %v", got, err)
	}
}

func TestAnOldRevisionIsLeftAloneWhenItsDeploymentsMayBeForgotten(t *testing.T) {
	var history []cdtypes.DeploymentInfo
	for range newestDeployments {
		history = append(history, deploymentOf(3, succeeded))
	}
	w := grown(history...)
	for i := range w.Deployments {
		w.Deployments[i].CreateTime = aws.Time(w.At.Add(-40 * time.Minute))
	}
	if got, err := w.handle(t, deployedWith(""), bySchedule); err != nil || got.Deregistered != "" {
		t.Errorf("got %+v, %v", got, err)
	}
}

func TestASpareRevisionBehindAnotherIsDeregisteredThoughNothingWasEverDeployed(t *testing.T) {
	w := newWorld(image(3, "latest"))
	w.family = []*live.Revision{w.numbered(2, 40*time.Minute), w.numbered(3, 30*time.Minute)}
	w.Latest = w.family[1]
	tag(w, live.TagSuspend, "by alice")
	if got, err := w.handle(t, deployedWith(""), bySchedule); err != nil || got.Deregistered != "sample-website:2" {
		t.Errorf("got %+v, %v", got, err)
	}
	w.family[1] = w.numbered(3, 2*lately)
	w.Latest, w.calls = w.family[1], nil
	if got, err := w.handle(t, deployedWith(""), bySchedule); err != nil || got.Deregistered != "" || count(w.calls, "ListTaskDefinitions") > 0 {
		t.Errorf("a service that rests: %+v, %v; %v", got, err, w.calls)
	}
}
