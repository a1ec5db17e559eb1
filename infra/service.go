package main

import (
	"maps"
	"slices"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/cutover-ecs/cutover/pkg/config"
)

// ServiceProps are what one service's stack is built from.
type ServiceProps struct {
	Platform  config.Platform
	Service   config.Service
	Functions string
	Calls     Calls
}

// NewService is the stack of one service: the way in, the Fargate service on its bootstrap revision, the base,
// the deployment group, and the two functions with what wakes them.
//
// Service, listeners, target groups and the bootstrap revision are frozen: CloudFormation sends all properties
// with any update, which ECS refuses for a service that CodeDeploy deploys, and resets a listener's actions, which
// moves live traffic. Their template text depends on no key that an operator may change; frozen_test.go proves it.
func NewService(scope constructs.Construct, id string, props ServiceProps) (awscdk.Stack, error) {
	s, names := props.Service, props.Service.Names(props.Platform.Cluster)
	network := networkOf(props.Platform)
	stack := awscdk.NewStack(scope, jsii.String(id), &awscdk.StackProps{
		Env:         environmentOf(props.Platform),
		Description: jsii.String("Cutover: " + names.Title + ", deployed blue/green by its image's pushes"),
	})
	queues := NewQueues(stack, "Queues", QueuesProps{Names: names})
	way := NewWay(stack, "Way", WayProps{Names: names, LoadBalancer: s.LoadBalancer, Network: network})
	alarms := NewAlarms(stack, "Alarms", AlarmsProps{Names: names, LoadBalancer: way.LoadBalancer, TargetGroups: way.TargetGroups})
	task := NewTask(stack, "Task", TaskProps{Names: names, Service: s, LogRetentionDays: props.Platform.LogRetentionDays})
	service := NewFargate(stack, "Fargate", FargateProps{Names: names, Network: network, Way: way})
	group := NewDeploymentGroup(stack, "Deployment", DeploymentGroupProps{
		Names: names, Deployment: s.Deployment, Way: way, Service: service, Alarms: alarms, TaskRoles: task.Roles,
	})
	functions, err := NewFunctions(stack, "Functions", FunctionsProps{
		Names: names, Platform: props.Platform, Service: s, Network: network, Way: way, Task: task,
		Queues: queues, Code: props.Functions, Calls: props.Calls,
	})
	if err != nil {
		return nil, err
	}
	NewRules(stack, "Rules", RulesProps{Names: names, Service: s, Function: functions.Release, Queue: queues.Events})
	NewSchedule(stack, "Schedule", ScheduleProps{Names: names, Every: s.Schedule, Function: functions.Release, Queue: queues.Events})
	NewOutputs(stack, OutputsProps{Names: names, Service: s, DNSName: way.DNSName})
	group.AddResourceDependency(functions.Verify, nil)
	tag(stack, task, s.Tags)
	return stack, nil
}

// tag puts the operator's tags on all resources but the frozen ones; tasks carry them by the base's revision.
func tag(stack awscdk.Stack, task Task, tags map[string]string) {
	for _, key := range slices.Sorted(maps.Keys(tags)) {
		awscdk.Tags_Of(stack).Add(jsii.String(key), jsii.String(tags[key]), &awscdk.TagProps{
			ExcludeResourceTypes: jsii.Strings("aws:cdk:stack", "AWS::ECS::Service", "AWS::ECS::TaskDefinition",
				"AWS::ElasticLoadBalancingV2::Listener", "AWS::ElasticLoadBalancingV2::TargetGroup"),
		})
		awscdk.Tags_Of(task.Base).Add(jsii.String(key), jsii.String(tags[key]), nil)
	}
}
