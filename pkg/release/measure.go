package release

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	cdtypes "github.com/aws/aws-sdk-go-v2/service/codedeploy/types"

	"github.com/cutover-ecs/cutover/pkg/call/codedeploy"
	"github.com/cutover-ecs/cutover/pkg/live"
	"github.com/cutover-ecs/cutover/pkg/metric"
)

// counted are the metrics of what was decided.
func counted(o Outcome, d Decision, at time.Time) []metric.Value {
	switch o.Decision {
	case Refuse:
		return []metric.Value{metric.One(metric.Refused)}
	case Busy:
		return []metric.Value{metric.One(metric.Busy)}
	case Deploy:
		values := []metric.Value{metric.One(metric.Released)}
		if pushed := newestOf(d.Wish.Images); !pushed.IsZero() {
			values = append(values, metric.In(metric.PushToStart, at.Sub(pushed)))
		}
		return values
	}
	return nil
}

// newestOf is when the newest of the images was pushed; zero when that is not known.
func newestOf(images []live.Image) (pushed time.Time) {
	for _, i := range images {
		if i.Pushed.After(pushed) {
			pushed = i.Pushed
		}
	}
	return pushed
}

// phases are the lifecycle events whose time is a metric.
var phases = map[string]metric.Name{
	"Install": metric.InstallTime, live.AfterAllowTestTraffic: metric.VerifyTime, live.AllowTraffic: metric.ShiftTime,
}

// measure is what the deployment took that this event proves to have ended: one call, where the description asks for
// phases. What cannot be read is not measured, and holds nothing back.
func (l *Loop) measure(ctx context.Context, t Trigger, o Observed) []metric.Value {
	d, ok := o.ended(t.Ended)
	if !ok {
		return nil
	}
	if d.Creator == cdtypes.DeploymentCreatorCodeDeployRollback {
		if d.Status == cdtypes.DeploymentStatusSucceeded {
			return []metric.Value{metric.One(metric.RolledBack)}
		}
		return nil
	}
	outcome := map[cdtypes.DeploymentStatus]metric.Name{
		cdtypes.DeploymentStatusSucceeded: metric.Succeeded, cdtypes.DeploymentStatusFailed: metric.Failed, cdtypes.DeploymentStatusStopped: metric.Stopped,
	}
	values := []metric.Value{metric.One(outcome[d.Status])}
	if d.CreateTime != nil && d.CompleteTime != nil {
		values = append(values, metric.In(metric.DeploymentTime, d.CompleteTime.Sub(*d.CreateTime)))
	}
	if !l.deployed.Service.Observe.Measures() {
		return values
	}
	out, err := l.aws.Deployments.GetDeploymentTarget(ctx, &codedeploy.GetDeploymentTargetInput{
		DeploymentId: &t.Ended, TargetId: aws.String(l.names.Cluster + ":" + l.names.Service),
	})
	if err != nil || out.DeploymentTarget == nil || out.DeploymentTarget.EcsTarget == nil {
		l.log.WarnContext(ctx, "the deployment's phases are not measured", "service", l.deployed.Service.Name, "deployment", t.Ended, "error", err)
		return values
	}
	return append(values, o.phasesOf(d, out.DeploymentTarget.EcsTarget.LifecycleEvents)...)
}

// ended is that deployment if its end is shown.
func (o Observed) ended(id string) (cdtypes.DeploymentInfo, bool) {
	for _, d := range o.Deployments {
		if id != "" && aws.ToString(d.DeploymentId) == id && !underWay(d.Status) {
			return d, true
		}
	}
	return cdtypes.DeploymentInfo{}, false
}

// phasesOf a deployment, and how long its newest image took from the push to users.
func (o Observed) phasesOf(d cdtypes.DeploymentInfo, events []cdtypes.LifecycleEvent) (values []metric.Value) {
	for _, e := range events {
		name, measured := phases[aws.ToString(e.LifecycleEventName)]
		if !measured || e.StartTime == nil || e.EndTime == nil {
			continue
		}
		values = append(values, metric.In(name, e.EndTime.Sub(*e.StartTime)))
		if name == metric.ShiftTime && d.Status == cdtypes.DeploymentStatusSucceeded {
			if pushed := o.pushedFor(d); !pushed.IsZero() {
				values = append(values, metric.In(metric.PushToLive, e.EndTime.Sub(pushed)))
			}
		}
	}
	return values
}

// pushedFor is when the newest image of a deployment was pushed, as the revision tells that production runs by it; zero
// when it runs another, or was not deployed for a push.
func (o Observed) pushedFor(d cdtypes.DeploymentInfo) time.Time {
	wish, ours := live.ParseDescription(aws.ToString(d.Description))
	if is, tagged := o.Primary.Wish(); !ours || !tagged || is != wish {
		return time.Time{}
	}
	pushed, _ := time.Parse(time.RFC3339, live.Tags(o.Primary.Tags)[live.TagPushed])
	return pushed
}
