package codedeploy

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"

	"github.com/cutover-ecs/cutover/pkg/call"
)

// CreateDeploymentInput is a deployment of an AppSpec to a group.
type CreateDeploymentInput struct {
	ApplicationName            *string
	AutoRollbackConfiguration  *types.AutoRollbackConfiguration
	DeploymentConfigName       *string
	DeploymentGroupName        *string
	Description                *string
	OverrideAlarmConfiguration *types.AlarmConfiguration
	Revision                   *types.RevisionLocation
}

// CreateDeploymentOutput is the deployment's id.
type CreateDeploymentOutput struct {
	DeploymentId *string
}

// CreateDeployment starts a deployment. It is asked once: when its answer is lost, a second call may find the first one's
// deployment in its way.
func (c *Client) CreateDeployment(ctx context.Context, in *CreateDeploymentInput) (*CreateDeploymentOutput, error) {
	return call.Shapes[CreateDeploymentOutput](ctx, c.to, call.Request{Operation: "CreateDeployment", Once: true}, in)
}

// StopDeploymentInput names a deployment, and whether it is rolled back.
type StopDeploymentInput struct {
	DeploymentId        *string
	AutoRollbackEnabled *bool
}

// StopDeploymentOutput says whether the order is carried out already.
type StopDeploymentOutput struct {
	Status        types.StopStatus
	StatusMessage *string
}

// StopDeployment orders a deployment to stop.
func (c *Client) StopDeployment(ctx context.Context, in *StopDeploymentInput) (*StopDeploymentOutput, error) {
	return ask[StopDeploymentOutput](ctx, c, "StopDeployment", in)
}

// ContinueDeploymentInput names a deployment, and what it waits for.
type ContinueDeploymentInput struct {
	DeploymentId       *string
	DeploymentWaitType types.DeploymentWaitType
}

// ContinueDeploymentOutput is empty.
type ContinueDeploymentOutput struct{}

// ContinueDeployment ends a deployment's wait.
func (c *Client) ContinueDeployment(ctx context.Context, in *ContinueDeploymentInput) (*ContinueDeploymentOutput, error) {
	return ask[ContinueDeploymentOutput](ctx, c, "ContinueDeployment", in)
}

// PutLifecycleEventHookExecutionStatusInput is a hook's answer.
type PutLifecycleEventHookExecutionStatusInput struct {
	DeploymentId                  *string
	LifecycleEventHookExecutionId *string
	Status                        types.LifecycleEventStatus
}

// PutLifecycleEventHookExecutionStatusOutput is the id of what was answered.
type PutLifecycleEventHookExecutionStatusOutput struct {
	LifecycleEventHookExecutionId *string
}

// PutLifecycleEventHookExecutionStatus answers for a hook.
func (c *Client) PutLifecycleEventHookExecutionStatus(ctx context.Context, in *PutLifecycleEventHookExecutionStatusInput) (*PutLifecycleEventHookExecutionStatusOutput, error) {
	return ask[PutLifecycleEventHookExecutionStatusOutput](ctx, c, "PutLifecycleEventHookExecutionStatus", in)
}
