package main

import (
	"context"

	sdk "github.com/aws/aws-sdk-go-v2/service/codedeploy"

	"github.com/cutover-ecs/cutover/pkg/call/codedeploy"
)

type deployments struct{ sdk *sdk.Client }

func (c deployments) GetDeploymentGroup(ctx context.Context, in *codedeploy.GetDeploymentGroupInput) (*codedeploy.GetDeploymentGroupOutput, error) {
	out, err := c.sdk.GetDeploymentGroup(ctx, &sdk.GetDeploymentGroupInput{ApplicationName: in.ApplicationName, DeploymentGroupName: in.DeploymentGroupName})
	if err != nil {
		return nil, err
	}
	return &codedeploy.GetDeploymentGroupOutput{DeploymentGroupInfo: out.DeploymentGroupInfo}, nil
}

func (c deployments) ListDeployments(ctx context.Context, in *codedeploy.ListDeploymentsInput) (*codedeploy.ListDeploymentsOutput, error) {
	out, err := c.sdk.ListDeployments(ctx, &sdk.ListDeploymentsInput{
		ApplicationName: in.ApplicationName, DeploymentGroupName: in.DeploymentGroupName, CreateTimeRange: in.CreateTimeRange,
		IncludeOnlyStatuses: in.IncludeOnlyStatuses, NextToken: in.NextToken,
	})
	if err != nil {
		return nil, err
	}
	return &codedeploy.ListDeploymentsOutput{Deployments: out.Deployments, NextToken: out.NextToken}, nil
}

func (c deployments) BatchGetDeployments(ctx context.Context, in *codedeploy.BatchGetDeploymentsInput) (*codedeploy.BatchGetDeploymentsOutput, error) {
	out, err := c.sdk.BatchGetDeployments(ctx, &sdk.BatchGetDeploymentsInput{DeploymentIds: in.DeploymentIds})
	if err != nil {
		return nil, err
	}
	return &codedeploy.BatchGetDeploymentsOutput{DeploymentsInfo: out.DeploymentsInfo}, nil
}

func (c deployments) GetDeploymentTarget(ctx context.Context, in *codedeploy.GetDeploymentTargetInput) (*codedeploy.GetDeploymentTargetOutput, error) {
	out, err := c.sdk.GetDeploymentTarget(ctx, &sdk.GetDeploymentTargetInput{DeploymentId: in.DeploymentId, TargetId: in.TargetId})
	if err != nil {
		return nil, err
	}
	return &codedeploy.GetDeploymentTargetOutput{DeploymentTarget: out.DeploymentTarget}, nil
}

func (c deployments) CreateDeployment(ctx context.Context, in *codedeploy.CreateDeploymentInput) (*codedeploy.CreateDeploymentOutput, error) {
	out, err := c.sdk.CreateDeployment(ctx, &sdk.CreateDeploymentInput{
		ApplicationName: in.ApplicationName, DeploymentGroupName: in.DeploymentGroupName, Description: in.Description, DeploymentConfigName: in.DeploymentConfigName,
		AutoRollbackConfiguration: in.AutoRollbackConfiguration, OverrideAlarmConfiguration: in.OverrideAlarmConfiguration, Revision: in.Revision,
	})
	if err != nil {
		return nil, err
	}
	return &codedeploy.CreateDeploymentOutput{DeploymentId: out.DeploymentId}, nil
}

func (c deployments) StopDeployment(ctx context.Context, in *codedeploy.StopDeploymentInput) (*codedeploy.StopDeploymentOutput, error) {
	out, err := c.sdk.StopDeployment(ctx, &sdk.StopDeploymentInput{DeploymentId: in.DeploymentId, AutoRollbackEnabled: in.AutoRollbackEnabled})
	if err != nil {
		return nil, err
	}
	return &codedeploy.StopDeploymentOutput{Status: out.Status, StatusMessage: out.StatusMessage}, nil
}

func (c deployments) ContinueDeployment(ctx context.Context, in *codedeploy.ContinueDeploymentInput) (*codedeploy.ContinueDeploymentOutput, error) {
	_, err := c.sdk.ContinueDeployment(ctx, &sdk.ContinueDeploymentInput{DeploymentId: in.DeploymentId, DeploymentWaitType: in.DeploymentWaitType})
	return &codedeploy.ContinueDeploymentOutput{}, err
}
