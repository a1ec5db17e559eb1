package release

import (
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	cdtypes "github.com/aws/aws-sdk-go-v2/service/codedeploy/types"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	elb "github.com/cutover-ecs/cutover/pkg/call/elasticloadbalancingv2"
	"github.com/cutover-ecs/cutover/pkg/live"
)

// try is one deployment that was somebody's wish. Rollbacks are none: they belong to the one that they undo.
type try struct {
	id     string
	wish   live.Hash // empty when it was made by hand
	status cdtypes.DeploymentStatus
	code   cdtypes.ErrorCode
	why    string
}

// tries are the deployments that carry a wish, newest first.
func (o Observed) tries() []try {
	var tries []try
	for _, d := range o.Deployments {
		if d.Creator == cdtypes.DeploymentCreatorCodeDeployRollback {
			continue
		}
		t := try{id: aws.ToString(d.DeploymentId), status: d.Status}
		t.wish, _ = live.ParseDescription(aws.ToString(d.Description))
		if e := d.ErrorInformation; e != nil {
			t.code, t.why = e.Code, aws.ToString(e.Message)
		}
		tries = append(tries, t)
	}
	return tries
}

func (t try) ours() bool      { return t.wish != "" }
func (t try) underWay() bool  { return underWay(t.status) }
func (t try) succeeded() bool { return t.status == cdtypes.DeploymentStatusSucceeded }

// failedAtAWS is an outcome that says nothing about the wish.
func (t try) failedAtAWS() bool {
	return !t.underWay() && !t.succeeded() &&
		(t.code == cdtypes.ErrorCodeInternalError || t.code == cdtypes.ErrorCodeThrottled)
}

// ended says for people how the deployment ended.
func (t try) ended() string {
	switch t.status {
	case cdtypes.DeploymentStatusSucceeded:
		return "succeeded"
	case cdtypes.DeploymentStatusStopped:
		return because("was stopped", t.code, t.why)
	default:
		return because("failed", t.code, t.why)
	}
}

func because(what string, code cdtypes.ErrorCode, why string) string {
	if code != "" {
		what += " (" + string(code) + ")"
	}
	if why = strings.TrimSuffix(why, "."); why != "" {
		what += ": " + why
	}
	return what
}

// underWay takes every status that does not end a deployment, those not known today too.
func underWay(s cdtypes.DeploymentStatus) bool {
	switch s {
	case cdtypes.DeploymentStatusSucceeded, cdtypes.DeploymentStatusFailed, cdtypes.DeploymentStatusStopped:
		return false
	}
	return true
}

// active is the deployment that holds the group's lock; a rollback holds it too.
func (o Observed) active() (cdtypes.DeploymentInfo, bool) {
	for _, d := range o.Deployments {
		if underWay(d.Status) {
			return d, true
		}
	}
	return cdtypes.DeploymentInfo{}, false
}

// justEnded reports whether the group's newest deployment ended so lately that task sets and listeners may not
// have settled, or the reads not have caught up.
func (o Observed) justEnded() bool {
	if len(o.Deployments) == 0 || underWay(o.Deployments[0].Status) {
		return false
	}
	return o.At.Sub(endOf(o.Deployments[0])) < settling
}

// justBegun reports whether a task set beside PRIMARY is so young that the deployment that made it need not be shown yet:
// the reads of one look are of different moments, and one that began early may be of a moment before it.
func (o Observed) justBegun() bool {
	return slices.ContainsFunc(live.Others(o.Service), func(ts ecstypes.TaskSet) bool {
		return ts.CreatedAt != nil && o.At.Sub(*ts.CreatedAt) < settling
	})
}

// rollbackDue reports whether the newest deployment ended in a way that CodeDeploy answers with a rollback,
// which is not there yet. StopDeployment and the rollback's id do not appear at the same time.
func (o Observed) rollbackDue() bool {
	if !o.justEnded() {
		return false
	}
	d := o.Deployments[0]
	if d.Status == cdtypes.DeploymentStatusSucceeded || d.Creator == cdtypes.DeploymentCreatorCodeDeployRollback {
		return false
	}
	if d.RollbackInfo != nil && aws.ToString(d.RollbackInfo.RollbackDeploymentId) != "" {
		return true // announced, but not yet in the list, where it would come first
	}
	auto := d.AutoRollbackConfiguration
	if auto == nil && o.Group != nil {
		auto = o.Group.AutoRollbackConfiguration
	}
	if auto == nil || !auto.Enabled {
		return false
	}
	due := cdtypes.AutoRollbackEventDeploymentFailure
	switch {
	case d.ErrorInformation != nil && d.ErrorInformation.Code == cdtypes.ErrorCodeAlarmActive:
		due = cdtypes.AutoRollbackEventDeploymentStopOnAlarm
	case d.Status == cdtypes.DeploymentStatusStopped:
		due = cdtypes.AutoRollbackEventDeploymentStopOnRequest
	}
	for _, e := range auto.Events {
		if e == due {
			return true
		}
	}
	return false
}

// settling is how long AWS may take to show what a deployment's end or an image's push has done.
const settling = 3 * time.Minute

func endOf(d cdtypes.DeploymentInfo) time.Time {
	if d.CompleteTime != nil {
		return *d.CompleteTime
	}
	return aws.ToTime(d.CreateTime)
}

// routes are the ARNs of the group's production and test listeners; empty where there is none.
func routes(g *cdtypes.DeploymentGroupInfo) (production, test string) {
	if g == nil || g.LoadBalancerInfo == nil || len(g.LoadBalancerInfo.TargetGroupPairInfoList) == 0 {
		return "", ""
	}
	pair := g.LoadBalancerInfo.TargetGroupPairInfoList[0]
	first := func(r *cdtypes.TrafficRoute) string {
		if r == nil || len(r.ListenerArns) == 0 {
			return ""
		}
		return r.ListenerArns[0]
	}
	return first(pair.ProdTrafficRoute), first(pair.TestTrafficRoute)
}

// forwards are the target groups that a listener's default action sends traffic to. CodeDeploy leaves the other
// group in the action at weight 0, and such an action has no TargetGroupArn of its own.
func forwards(l *elb.Listener) []string {
	var groups []string
	for _, a := range l.DefaultActions {
		if a.Type != elbtypes.ActionTypeEnumForward {
			continue
		}
		if len(a.ForwardConfig.TargetGroups) == 0 {
			if a.TargetGroupArn != "" {
				groups = append(groups, a.TargetGroupArn)
			}
			continue
		}
		for _, t := range a.ForwardConfig.TargetGroups {
			if t.Weight == nil || *t.Weight > 0 {
				groups = append(groups, t.TargetGroupArn)
			}
		}
	}
	return groups
}
