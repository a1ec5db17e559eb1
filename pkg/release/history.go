package release

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	cdtypes "github.com/aws/aws-sdk-go-v2/service/codedeploy/types"

	"github.com/cutover-ecs/cutover/pkg/call"
	"github.com/cutover-ecs/cutover/pkg/call/codedeploy"
	"github.com/cutover-ecs/cutover/pkg/live"
)

// deploymentIDs is the newest page, without a time range: CodeDeploy lists the newest first.
func (l *Loop) deploymentIDs(ctx context.Context) ([]string, error) {
	out, err := l.aws.Deployments.ListDeployments(ctx, &codedeploy.ListDeploymentsInput{
		ApplicationName: &l.names.Application, DeploymentGroupName: &l.names.DeploymentGroup,
	})
	if live.NoGroup(err) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("list deployments of %s: %w", l.names.DeploymentGroup, err)
	}
	return out.Deployments[:min(len(out.Deployments), newestDeployments)], nil
}

func (l *Loop) deployments(ctx context.Context, ids []string) ([]cdtypes.DeploymentInfo, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	out, err := l.aws.Deployments.BatchGetDeployments(ctx, &codedeploy.BatchGetDeploymentsInput{DeploymentIds: ids})
	if err != nil {
		return nil, fmt.Errorf("get deployments of %s: %w", l.names.DeploymentGroup, err)
	}
	// What is listed and not told would be taken for never tried; the newest is where reads lag behind each other.
	if !slices.ContainsFunc(out.DeploymentsInfo, func(d cdtypes.DeploymentInfo) bool { return aws.ToString(d.DeploymentId) == ids[0] }) {
		return nil, again("deployment %s is listed but not described yet", ids[0])
	}
	slices.SortStableFunc(out.DeploymentsInfo, func(a, b cdtypes.DeploymentInfo) int {
		return aws.ToTime(b.CreateTime).Compare(aws.ToTime(a.CreateTime))
	})
	return out.DeploymentsInfo, nil
}

// moved is when AllowTraffic ended; zero when it did not. Events are found by name: their number differs with the group's listeners.
func (l *Loop) moved(ctx context.Context, deployment string) (time.Time, error) {
	out, err := l.aws.Deployments.GetDeploymentTarget(ctx, &codedeploy.GetDeploymentTargetInput{
		DeploymentId: &deployment, TargetId: aws.String(l.names.Cluster + ":" + l.names.Service),
	})
	if call.Refused(err, codedeploy.DeploymentNotStarted) {
		return time.Time{}, nil
	}
	if err != nil {
		return time.Time{}, fmt.Errorf("get target of deployment %s: %w", deployment, err)
	}
	if out.DeploymentTarget == nil || out.DeploymentTarget.EcsTarget == nil {
		return time.Time{}, nil
	}
	for _, e := range out.DeploymentTarget.EcsTarget.LifecycleEvents {
		if aws.ToString(e.LifecycleEventName) == "AllowTraffic" && e.Status == cdtypes.LifecycleEventStatusSucceeded {
			return aws.ToTime(e.EndTime), nil
		}
	}
	return time.Time{}, nil
}
