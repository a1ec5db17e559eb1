package main

import (
	"context"

	sdk "github.com/aws/aws-sdk-go-v2/service/ecs"

	"github.com/cutover-ecs/cutover/pkg/call/ecs"
)

type services struct{ sdk *sdk.Client }

func (c services) DescribeServices(ctx context.Context, in *ecs.DescribeServicesInput) (*ecs.DescribeServicesOutput, error) {
	out, err := c.sdk.DescribeServices(ctx, &sdk.DescribeServicesInput{Cluster: in.Cluster, Services: in.Services, Include: in.Include})
	if err != nil {
		return nil, err
	}
	return &ecs.DescribeServicesOutput{Failures: out.Failures, Services: out.Services}, nil
}

func (c services) DescribeTaskDefinition(ctx context.Context, in *ecs.DescribeTaskDefinitionInput) (*ecs.DescribeTaskDefinitionOutput, error) {
	out, err := c.sdk.DescribeTaskDefinition(ctx, &sdk.DescribeTaskDefinitionInput{TaskDefinition: in.TaskDefinition, Include: in.Include})
	if err != nil {
		return nil, err
	}
	return &ecs.DescribeTaskDefinitionOutput{Tags: out.Tags, TaskDefinition: out.TaskDefinition}, nil
}

func (c services) RegisterTaskDefinition(ctx context.Context, in *ecs.RegisterTaskDefinitionInput) (*ecs.RegisterTaskDefinitionOutput, error) {
	out, err := c.sdk.RegisterTaskDefinition(ctx, &sdk.RegisterTaskDefinitionInput{
		ContainerDefinitions: in.ContainerDefinitions, Cpu: in.Cpu, EnableFaultInjection: in.EnableFaultInjection, EphemeralStorage: in.EphemeralStorage,
		ExecutionRoleArn: in.ExecutionRoleArn, Family: in.Family, IpcMode: in.IpcMode, Memory: in.Memory, NetworkMode: in.NetworkMode, PidMode: in.PidMode,
		PlacementConstraints: in.PlacementConstraints, ProxyConfiguration: in.ProxyConfiguration, RequiresCompatibilities: in.RequiresCompatibilities,
		RuntimePlatform: in.RuntimePlatform, Tags: in.Tags, TaskRoleArn: in.TaskRoleArn, Volumes: in.Volumes,
	})
	if err != nil {
		return nil, err
	}
	return &ecs.RegisterTaskDefinitionOutput{Tags: out.Tags, TaskDefinition: out.TaskDefinition}, nil
}

func (c services) UpdateService(ctx context.Context, in *ecs.UpdateServiceInput) (*ecs.UpdateServiceOutput, error) {
	out, err := c.sdk.UpdateService(ctx, &sdk.UpdateServiceInput{
		Cluster: in.Cluster, Service: in.Service, DesiredCount: in.DesiredCount, EnableExecuteCommand: in.EnableExecuteCommand, HealthCheckGracePeriodSeconds: in.HealthCheckGracePeriodSeconds,
	})
	if err != nil {
		return nil, err
	}
	return &ecs.UpdateServiceOutput{Service: out.Service}, nil
}

func (c services) ListTaskDefinitions(ctx context.Context, in *ecs.ListTaskDefinitionsInput) (*ecs.ListTaskDefinitionsOutput, error) {
	out, err := c.sdk.ListTaskDefinitions(ctx, &sdk.ListTaskDefinitionsInput{FamilyPrefix: in.FamilyPrefix, MaxResults: in.MaxResults, NextToken: in.NextToken, Sort: in.Sort, Status: in.Status})
	if err != nil {
		return nil, err
	}
	return &ecs.ListTaskDefinitionsOutput{NextToken: out.NextToken, TaskDefinitionArns: out.TaskDefinitionArns}, nil
}

func (c services) DeregisterTaskDefinition(ctx context.Context, in *ecs.DeregisterTaskDefinitionInput) (*ecs.DeregisterTaskDefinitionOutput, error) {
	out, err := c.sdk.DeregisterTaskDefinition(ctx, &sdk.DeregisterTaskDefinitionInput{TaskDefinition: in.TaskDefinition})
	if err != nil {
		return nil, err
	}
	return &ecs.DeregisterTaskDefinitionOutput{TaskDefinition: out.TaskDefinition}, nil
}

func (c services) TagResource(ctx context.Context, in *ecs.TagResourceInput) (*ecs.TagResourceOutput, error) {
	_, err := c.sdk.TagResource(ctx, &sdk.TagResourceInput{ResourceArn: in.ResourceArn, Tags: in.Tags})
	return &ecs.TagResourceOutput{}, err
}

func (c services) UntagResource(ctx context.Context, in *ecs.UntagResourceInput) (*ecs.UntagResourceOutput, error) {
	_, err := c.sdk.UntagResource(ctx, &sdk.UntagResourceInput{ResourceArn: in.ResourceArn, TagKeys: in.TagKeys})
	return &ecs.UntagResourceOutput{}, err
}
