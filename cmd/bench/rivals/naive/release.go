package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy"
	deploytypes "github.com/aws/aws-sdk-go-v2/service/codedeploy/types"
	"github.com/aws/aws-sdk-go-v2/service/ecr"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
)

func release(ctx context.Context, sdk aws.Config, cluster, service, application, group, base, image string) error {
	tasks, deployments := ecs.NewFromConfig(sdk), codedeploy.NewFromConfig(sdk)
	services, err := tasks.DescribeServices(ctx, &ecs.DescribeServicesInput{Cluster: &cluster, Services: []string{service}})
	if err != nil {
		return err
	}
	settings, err := deployments.GetDeploymentGroup(ctx, &codedeploy.GetDeploymentGroupInput{ApplicationName: &application, DeploymentGroupName: &group})
	if err != nil {
		return err
	}
	repository := image[strings.IndexByte(image, '/')+1 : strings.IndexByte(image, '@')]
	if _, err := ecr.NewFromConfig(sdk).DescribeImages(ctx, &ecr.DescribeImagesInput{RepositoryName: &repository}); err != nil {
		return err
	}
	template, err := tasks.DescribeTaskDefinition(ctx, &ecs.DescribeTaskDefinitionInput{TaskDefinition: &base})
	if err != nil {
		return err
	}
	before, err := deployments.ListDeployments(ctx, &codedeploy.ListDeploymentsInput{ApplicationName: &application, DeploymentGroupName: &group})
	if err != nil {
		return err
	}
	listener := settings.DeploymentGroupInfo.LoadBalancerInfo.TargetGroupPairInfoList[0].ProdTrafficRoute.ListenerArns
	if _, err := elasticloadbalancingv2.NewFromConfig(sdk).DescribeListeners(ctx, &elasticloadbalancingv2.DescribeListenersInput{ListenerArns: listener}); err != nil {
		return err
	}
	var alarms []string
	for _, a := range settings.DeploymentGroupInfo.AlarmConfiguration.Alarms {
		alarms = append(alarms, *a.Name)
	}
	if _, err := cloudwatch.NewFromConfig(sdk).DescribeAlarms(ctx, &cloudwatch.DescribeAlarmsInput{AlarmNames: alarms}); err != nil {
		return err
	}
	for _, set := range services.Services[0].TaskSets {
		if aws.ToString(set.Status) != "PRIMARY" {
			continue
		}
		if _, err := tasks.DescribeTaskDefinition(ctx, &ecs.DescribeTaskDefinitionInput{TaskDefinition: set.TaskDefinition}); err != nil {
			return err
		}
	}
	if ids := before.Deployments; len(ids) > 0 {
		if _, err := deployments.BatchGetDeployments(ctx, &codedeploy.BatchGetDeploymentsInput{DeploymentIds: ids[:min(25, len(ids))]}); err != nil {
			return err
		}
	}
	b := template.TaskDefinition
	containers := b.ContainerDefinitions
	containers[0].Image = &image
	registered, err := tasks.RegisterTaskDefinition(ctx, &ecs.RegisterTaskDefinitionInput{
		Family: aws.String(strings.TrimSuffix(*b.Family, "-base")), ContainerDefinitions: containers, Cpu: b.Cpu, Memory: b.Memory, NetworkMode: b.NetworkMode,
		RequiresCompatibilities: b.RequiresCompatibilities, ExecutionRoleArn: b.ExecutionRoleArn, TaskRoleArn: b.TaskRoleArn, RuntimePlatform: b.RuntimePlatform,
	})
	if err != nil {
		return err
	}
	spec := fmt.Sprintf(`{"version": 0.0, "Resources": [{"TargetService": {"Type": "AWS::ECS::Service", "Properties": {"TaskDefinition": %q,
		"LoadBalancerInfo": {"ContainerName": %q, "ContainerPort": %d}}}}]}`,
		*registered.TaskDefinition.TaskDefinitionArn, *containers[0].Name, *containers[0].PortMappings[0].ContainerPort)
	_, err = deployments.CreateDeployment(ctx, &codedeploy.CreateDeploymentInput{ApplicationName: &application, DeploymentGroupName: &group,
		Revision: &deploytypes.RevisionLocation{RevisionType: deploytypes.RevisionLocationTypeAppSpecContent, AppSpecContent: &deploytypes.AppSpecContent{Content: &spec}}})
	return err
}
