package codedeploy

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"
)

// GetDeploymentGroupInput names a group.
type GetDeploymentGroupInput struct {
	ApplicationName     *string
	DeploymentGroupName *string
}

// GetDeploymentGroupOutput is the group.
type GetDeploymentGroupOutput struct {
	DeploymentGroupInfo *types.DeploymentGroupInfo
}

// GetDeploymentGroup reads a group.
func (c *Client) GetDeploymentGroup(ctx context.Context, in *GetDeploymentGroupInput) (*GetDeploymentGroupOutput, error) {
	return ask[GetDeploymentGroupOutput](ctx, c, "GetDeploymentGroup", in)
}

// ListDeploymentsInput says of which group deployments are listed, in which statuses, of which time, and from where on.
type ListDeploymentsInput struct {
	ApplicationName     *string
	CreateTimeRange     *types.TimeRange
	DeploymentGroupName *string
	IncludeOnlyStatuses []types.DeploymentStatus
	NextToken           *string
}

// ListDeploymentsOutput is a page of deployments' ids, the newest first; NextToken is nil with the last.
type ListDeploymentsOutput struct {
	Deployments []string
	NextToken   *string
}

// ListDeployments lists a group's deployments.
func (c *Client) ListDeployments(ctx context.Context, in *ListDeploymentsInput) (*ListDeploymentsOutput, error) {
	return ask[ListDeploymentsOutput](ctx, c, "ListDeployments", in)
}

// GetDeploymentInput names a deployment.
type GetDeploymentInput struct {
	DeploymentId *string
}

// GetDeploymentOutput is the deployment.
type GetDeploymentOutput struct {
	DeploymentInfo *types.DeploymentInfo
}

// GetDeployment reads a deployment.
func (c *Client) GetDeployment(ctx context.Context, in *GetDeploymentInput) (*GetDeploymentOutput, error) {
	return ask[GetDeploymentOutput](ctx, c, "GetDeployment", in)
}

// BatchGetDeploymentsInput names up to 25 deployments.
type BatchGetDeploymentsInput struct {
	DeploymentIds []string
}

// BatchGetDeploymentsOutput are the deployments.
type BatchGetDeploymentsOutput struct {
	DeploymentsInfo []types.DeploymentInfo
}

// BatchGetDeployments reads deployments.
func (c *Client) BatchGetDeployments(ctx context.Context, in *BatchGetDeploymentsInput) (*BatchGetDeploymentsOutput, error) {
	return ask[BatchGetDeploymentsOutput](ctx, c, "BatchGetDeployments", in)
}

// GetDeploymentTargetInput names a deployment's target, which for ECS is "<cluster>:<service>".
type GetDeploymentTargetInput struct {
	DeploymentId *string
	TargetId     *string
}

// GetDeploymentTargetOutput is the target, with its lifecycle events and its task sets.
type GetDeploymentTargetOutput struct {
	DeploymentTarget *types.DeploymentTarget
}

// GetDeploymentTarget reads how far a deployment is.
func (c *Client) GetDeploymentTarget(ctx context.Context, in *GetDeploymentTargetInput) (*GetDeploymentTargetOutput, error) {
	return ask[GetDeploymentTargetOutput](ctx, c, "GetDeploymentTarget", in)
}

// GetApplicationRevisionInput names an AppSpec by its application and its hash.
type GetApplicationRevisionInput struct {
	ApplicationName *string
	Revision        *types.RevisionLocation
}

// GetApplicationRevisionOutput is the AppSpec, with its content, and what CodeDeploy knows of it.
type GetApplicationRevisionOutput struct {
	ApplicationName *string
	Revision        *types.RevisionLocation
	RevisionInfo    *types.GenericRevisionInfo
}

// GetApplicationRevision reads an AppSpec.
func (c *Client) GetApplicationRevision(ctx context.Context, in *GetApplicationRevisionInput) (*GetApplicationRevisionOutput, error) {
	return ask[GetApplicationRevisionOutput](ctx, c, "GetApplicationRevision", in)
}
