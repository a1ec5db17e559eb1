package live

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"

	"github.com/cutover-ecs/cutover/pkg/call"
	"github.com/cutover-ecs/cutover/pkg/call/codedeploy"
)

// DeploymentReader reads one deployment from CodeDeploy.
type DeploymentReader interface {
	GetDeployment(context.Context, *codedeploy.GetDeploymentInput) (*codedeploy.GetDeploymentOutput, error)
	GetDeploymentTarget(context.Context, *codedeploy.GetDeploymentTargetInput) (*codedeploy.GetDeploymentTargetOutput, error)
}

// GroupReader reads a deployment group.
type GroupReader interface {
	GetDeploymentGroup(context.Context, *codedeploy.GetDeploymentGroupInput) (*codedeploy.GetDeploymentGroupOutput, error)
}

// NoGroup reports whether CodeDeploy refused because there is no such deployment group, or no such application.
func NoGroup(err error) bool {
	return call.Refused(err, codedeploy.ApplicationDoesNotExist, codedeploy.DeploymentGroupDoesNotExist)
}

// ErrNoDeployment is returned when CodeDeploy does not know the deployment.
var ErrNoDeployment = errors.New("CodeDeploy does not know this deployment")

// Deployment is one deployment and where its single ECS target stands.
type Deployment struct {
	types.DeploymentInfo
	// Target is nil until CodeDeploy has started on it.
	Target *types.ECSTarget
}

// ReadDeployment reads a deployment and, once there is one, its target. cluster and service name the target:
// an ECS deployment has exactly one, and its id is "<cluster>:<service>".
func ReadDeployment(ctx context.Context, api DeploymentReader, id, cluster, service string) (Deployment, error) {
	out, err := api.GetDeployment(ctx, &codedeploy.GetDeploymentInput{DeploymentId: &id})
	if call.Refused(err, codedeploy.DeploymentDoesNotExist, codedeploy.InvalidDeploymentID) {
		return Deployment{}, fmt.Errorf("%w: %s", ErrNoDeployment, id)
	}
	if err != nil {
		return Deployment{}, fmt.Errorf("get deployment %s: %w", id, err)
	}
	d := Deployment{DeploymentInfo: *out.DeploymentInfo}
	target, err := api.GetDeploymentTarget(ctx, &codedeploy.GetDeploymentTargetInput{
		DeploymentId: &id, TargetId: aws.String(cluster + ":" + service),
	})
	if call.Refused(err, codedeploy.DeploymentNotStarted) {
		return d, nil
	}
	if err != nil {
		return Deployment{}, fmt.Errorf("get the target of deployment %s: %w", id, err)
	}
	d.Target = target.DeploymentTarget.EcsTarget
	return d, nil
}

// Rollback reports whether CodeDeploy made the deployment to undo another.
func (d Deployment) Rollback() bool { return d.Creator == types.DeploymentCreatorCodeDeployRollback }

// Ended reports whether the deployment's status will not change any more.
func (d Deployment) Ended() bool {
	switch d.Status {
	case types.DeploymentStatusSucceeded, types.DeploymentStatusFailed, types.DeploymentStatusStopped:
		return true
	}
	return false
}

// Lifecycle events that tell how far a deployment is
// (https://docs.aws.amazon.com/codedeploy/latest/userguide/deployment-steps-ecs.html).
const (
	AfterAllowTestTraffic = "AfterAllowTestTraffic" // judges green on the test listener
	AllowTraffic          = "AllowTraffic"          // moves production traffic to green
	AfterAllowTraffic     = "AfterAllowTraffic"     // is over when all of it has moved; then the termination wait begins
)

// Ends is when a lifecycle event ended; nil before.
func (d Deployment) Ends(name string) *time.Time {
	if d.Target == nil {
		return nil
	}
	for _, e := range d.Target.LifecycleEvents {
		if aws.ToString(e.LifecycleEventName) == name {
			return e.EndTime
		}
	}
	return nil
}

// Event is the status of a lifecycle event, looked up by name because the events of a deployment without a test
// listener are fewer. Empty when the deployment does not have it.
func (d Deployment) Event(name string) types.LifecycleEventStatus {
	if d.Target == nil {
		return ""
	}
	for _, e := range d.Target.LifecycleEvents {
		if aws.ToString(e.LifecycleEventName) == name {
			return e.Status
		}
	}
	return ""
}
