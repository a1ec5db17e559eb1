package notify

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"

	"github.com/cutover-ecs/cutover/pkg/config"
	"github.com/cutover-ecs/cutover/pkg/live"
)

// state is a deployment as it stands, and the revision that it brought; nil where that cannot be told.
type state struct {
	live.Deployment
	revision *live.Revision
}

// read reads a deployment of a service; false when CodeDeploy does not know it.
func (n *Notifier) read(ctx context.Context, service, id string) (state, bool, error) {
	cluster, name := n.inECS(service)
	d, err := live.ReadDeployment(ctx, n.clients.Deployments, id, cluster, name)
	if errors.Is(err, live.ErrNoDeployment) {
		return state{}, false, nil
	}
	if err != nil {
		return state{}, false, err
	}
	revision, err := live.ReadBrought(ctx, n.clients.AppSpecs, n.clients.Revisions, d.DeploymentInfo)
	return state{d, revision}, err == nil, err
}

// image is what the revision says was pushed, or what the deployment's description says of it.
func (s state) image() string {
	if s.revision == nil {
		return ""
	}
	tags := live.Tags(s.revision.Tags)
	if all := tags[live.TagImage]; all != "" {
		return all
	}
	var several []string
	for n := 0; tags[fmt.Sprint(live.TagImageOf, n)] != ""; n++ {
		image, _, _ := strings.Cut(tags[fmt.Sprint(live.TagImageOf, n)], " ")
		several = append(several, image)
	}
	return strings.Join(several, " ")
}

// because is why a deployment did not succeed, in the words of whoever stopped it: the watch function's tag, the tests,
// or CodeDeploy's own.
func (s state) because() string {
	if s.revision != nil {
		if stopped, ok := live.ReadStopped(s.revision.Tags); ok && stopped.Deployment == aws.ToString(s.DeploymentId) {
			return stopped.Because
		}
	}
	own := ""
	if e := s.ErrorInformation; e != nil {
		own = aws.ToString(e.Message)
		if e.Code == types.ErrorCodeManualStop {
			own = "somebody stopped it"
		}
	}
	for _, e := range live.Events(s.Deployment) {
		if e.Status == string(types.LifecycleEventStatusFailed) && own != "somebody stopped it" {
			return strings.TrimSuffix(fmt.Sprintf("%s failed: %s", e.Name, own), ": ")
		}
	}
	return own
}

// last is the step of a deployment that ended; false when it is none that people wait for.
func (s state) last() (Step, bool) {
	step := Step{Deployment: aws.ToString(s.DeploymentId), At: aws.ToTime(s.CompleteTime)}
	switch {
	case s.Rollback() && s.Status == types.DeploymentStatusSucceeded:
		return step, false // told when the deployment that it undoes ended
	case s.Rollback():
		step.Stage = config.StageFailed
		step.Reason = fmt.Sprintf("the rollback of %s did not succeed, look at the service: %s", aws.ToString(s.RollbackInfo.RollbackTriggeringDeploymentId), s.because())
	case s.Status == types.DeploymentStatusSucceeded:
		step.Stage = config.StageFinished
	case s.rollsBack():
		step.Stage, step.Reason = config.StageRolledBack, s.because()
	default:
		step.Stage, step.Reason = config.StageFailed, s.because()
	}
	return step, true
}

// rollsBack reports whether CodeDeploy undoes a deployment that ended so.
func (s state) rollsBack() bool {
	if s.RollbackInfo != nil && s.RollbackInfo.RollbackDeploymentId != nil {
		return true
	}
	auto := s.AutoRollbackConfiguration
	if auto == nil || !auto.Enabled {
		return false
	}
	on := types.AutoRollbackEventDeploymentFailure
	if s.Status == types.DeploymentStatusStopped {
		on = types.AutoRollbackEventDeploymentStopOnRequest
		if s.ErrorInformation != nil && s.ErrorInformation.Code == types.ErrorCodeAlarmActive {
			on = types.AutoRollbackEventDeploymentStopOnAlarm
		}
	}
	for _, e := range auto.Events {
		if e == on {
			return true
		}
	}
	return false
}
