package main

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdkscaling "github.com/aws/aws-sdk-go-v2/service/applicationautoscaling"
	scalingtypes "github.com/aws/aws-sdk-go-v2/service/applicationautoscaling/types"
	sdkcloudwatch "github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	sdkcodedeploy "github.com/aws/aws-sdk-go-v2/service/codedeploy"
	sdkecr "github.com/aws/aws-sdk-go-v2/service/ecr"
	sdkecs "github.com/aws/aws-sdk-go-v2/service/ecs"
	sdkelb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	sdklambda "github.com/aws/aws-sdk-go-v2/service/lambda"

	aas "github.com/cutover-ecs/cutover/pkg/call/applicationautoscaling"
	"github.com/cutover-ecs/cutover/pkg/call/cloudwatch"
	elb "github.com/cutover-ecs/cutover/pkg/call/elasticloadbalancingv2"
	"github.com/cutover-ecs/cutover/pkg/call/lambda"
	"github.com/cutover-ecs/cutover/pkg/release"
)

// clients are the SDK's for all services.
func clients(cfg aws.Config) release.AWS {
	all := release.Clients(cfg)
	tasks := services{sdkecs.NewFromConfig(cfg)}
	all.Services, all.Revisions, all.Marks = tasks, tasks, tasks
	all.Deployments = deployments{sdkcodedeploy.NewFromConfig(cfg)}
	all.Listeners = listeners{sdkelb.NewFromConfig(cfg)}
	all.Alarms = alarms{sdkcloudwatch.NewFromConfig(cfg)}
	all.Scaling = scaling{sdkscaling.NewFromConfig(cfg)}
	all.Gate = gate{sdklambda.NewFromConfig(cfg)}
	images := registry{sdkecr.NewFromConfig(cfg)}
	all.Images, all.Scans, all.Labels = images, images, images
	return all
}

type listeners struct{ sdk *sdkelb.Client }

func (c listeners) DescribeListeners(ctx context.Context, in *elb.DescribeListenersInput) (*elb.DescribeListenersOutput, error) {
	out, err := c.sdk.DescribeListeners(ctx, &sdkelb.DescribeListenersInput{ListenerArns: in.ListenerArns})
	if err != nil {
		return nil, err
	}
	told := &elb.DescribeListenersOutput{}
	for _, l := range out.Listeners {
		told.Listeners = append(told.Listeners, elb.Listener{
			ListenerArn: aws.ToString(l.ListenerArn), LoadBalancerArn: aws.ToString(l.LoadBalancerArn), Port: aws.ToInt32(l.Port), Protocol: l.Protocol,
			DefaultActions: elb.Actions(l.DefaultActions),
		})
	}
	return told, nil
}

type alarms struct{ sdk *sdkcloudwatch.Client }

func (c alarms) DescribeAlarms(ctx context.Context, in *cloudwatch.DescribeAlarmsInput) (*cloudwatch.DescribeAlarmsOutput, error) {
	out, err := c.sdk.DescribeAlarms(ctx, &sdkcloudwatch.DescribeAlarmsInput{AlarmNames: in.AlarmNames, AlarmTypes: in.AlarmTypes})
	if err != nil {
		return nil, err
	}
	told := &cloudwatch.DescribeAlarmsOutput{}
	for _, a := range out.MetricAlarms {
		told.MetricAlarms = append(told.MetricAlarms, cloudwatch.Alarm{AlarmName: aws.ToString(a.AlarmName), StateValue: a.StateValue})
	}
	for _, a := range out.CompositeAlarms {
		told.CompositeAlarms = append(told.CompositeAlarms, cloudwatch.Alarm{AlarmName: aws.ToString(a.AlarmName), StateValue: a.StateValue})
	}
	return told, nil
}

type scaling struct{ sdk *sdkscaling.Client }

func (c scaling) DescribeScalableTargets(ctx context.Context, in *aas.DescribeScalableTargetsInput) (*aas.DescribeScalableTargetsOutput, error) {
	out, err := c.sdk.DescribeScalableTargets(ctx, &sdkscaling.DescribeScalableTargetsInput{
		ServiceNamespace: in.ServiceNamespace, ScalableDimension: in.ScalableDimension, ResourceIds: in.ResourceIds,
	})
	if err != nil {
		return nil, err
	}
	told := &aas.DescribeScalableTargetsOutput{}
	for _, t := range out.ScalableTargets {
		one := aas.ScalableTarget{ResourceId: aws.ToString(t.ResourceId)}
		if s := t.SuspendedState; s != nil {
			one.SuspendedState = &aas.SuspendedState{
				DynamicScalingInSuspended: s.DynamicScalingInSuspended, DynamicScalingOutSuspended: s.DynamicScalingOutSuspended, ScheduledScalingSuspended: s.ScheduledScalingSuspended,
			}
		}
		told.ScalableTargets = append(told.ScalableTargets, one)
	}
	return told, nil
}

func (c scaling) RegisterScalableTarget(ctx context.Context, in *aas.RegisterScalableTargetInput) (*aas.RegisterScalableTargetOutput, error) {
	ask := &sdkscaling.RegisterScalableTargetInput{ServiceNamespace: in.ServiceNamespace, ScalableDimension: in.ScalableDimension, ResourceId: &in.ResourceId}
	if s := in.SuspendedState; s != nil {
		ask.SuspendedState = &scalingtypes.SuspendedState{
			DynamicScalingInSuspended: s.DynamicScalingInSuspended, DynamicScalingOutSuspended: s.DynamicScalingOutSuspended, ScheduledScalingSuspended: s.ScheduledScalingSuspended,
		}
	}
	_, err := c.sdk.RegisterScalableTarget(ctx, ask)
	return &aas.RegisterScalableTargetOutput{}, err
}

type gate struct{ sdk *sdklambda.Client }

func (c gate) Invoke(ctx context.Context, in *lambda.InvokeInput) (*lambda.InvokeOutput, error) {
	out, err := c.sdk.Invoke(ctx, &sdklambda.InvokeInput{FunctionName: &in.FunctionName, Payload: in.Payload})
	if err != nil {
		return nil, err
	}
	return &lambda.InvokeOutput{FunctionError: aws.ToString(out.FunctionError), Payload: out.Payload}, nil
}
