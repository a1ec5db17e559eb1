package bluegreen

import (
	"github.com/aws/aws-cdk-go/awscdk/v2/awsapplicationautoscaling"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsecs"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/cutover-ecs/cutover/pkg/config"
)

// ScalingProps say by what a service scales.
type ScalingProps struct {
	Names   config.Names
	Scaling config.Scaling
	Way     Way
	Service awsecs.CfnService
}

// NewScaling lets Application Auto Scaling change the service's desired count, beside the service, whose text stays as
// it is. It works by a service-linked role of its own. The template says nothing of a suspension, so that an update
// leaves that of a deployment under way alone.
func NewScaling(scope constructs.Construct, id string, props ScalingProps) awsapplicationautoscaling.CfnScalableTarget {
	scope = constructs.NewConstruct(scope, jsii.String(id))
	s := props.Scaling
	target := awsapplicationautoscaling.NewCfnScalableTarget(scope, jsii.String("Target"), &awsapplicationautoscaling.CfnScalableTargetProps{
		ServiceNamespace: jsii.String("ecs"), ScalableDimension: jsii.String("ecs:service:DesiredCount"),
		ResourceId:  jsii.String("service/" + props.Names.Cluster + "/" + props.Names.Service),
		MinCapacity: jsii.Number(s.Min), MaxCapacity: jsii.Number(s.Max),
	})
	target.AddResourceDependency(props.Service, nil)
	used := func(metric string) tracking {
		return tracking{PredefinedMetricSpecification: &awsapplicationautoscaling.CfnScalingPolicy_PredefinedMetricSpecificationProperty{
			PredefinedMetricType: jsii.String(metric)}}
	}
	for _, p := range []struct {
		id     string
		target int
		by     tracking
	}{
		{"CPU", s.CPU, used("ECSServiceAverageCPUUtilization")},
		{"Memory", s.Memory, used("ECSServiceAverageMemoryUtilization")},
		{"Requests", s.Requests, requests(props.Way)},
	} {
		if p.target == 0 {
			continue
		}
		p.by.TargetValue = jsii.Number(p.target)
		p.by.ScaleInCooldown, p.by.ScaleOutCooldown = jsii.Number(s.ScaleInCooldown.Std().Seconds()), jsii.Number(s.ScaleOutCooldown.Std().Seconds())
		awsapplicationautoscaling.NewCfnScalingPolicy(scope, jsii.String(p.id), &awsapplicationautoscaling.CfnScalingPolicyProps{
			PolicyName: jsii.String(props.Names.Stack + "-" + p.id), PolicyType: jsii.String("TargetTrackingScaling"),
			ScalingTargetId: target.Ref(), TargetTrackingScalingPolicyConfiguration: &p.by,
		})
	}
	return target
}

type tracking = awsapplicationautoscaling.CfnScalingPolicy_TargetTrackingScalingPolicyConfigurationProperty

// requests are those to both target groups, each per target. The metric that Application Auto Scaling has for this,
// ALBRequestCountPerTarget, watches one target group: after the next deployment that would be the one without traffic,
// and the service would shrink to its minimum; AWS does not support it for blue/green
// (https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-autoscaling-targettracking.html). While traffic
// moves both have targets, as many each, and their shares add up to what one would get of all of it. SUM passes over a
// group that has no data, which a plus sign would not.
func requests(way Way) tracking {
	var queries []*awsapplicationautoscaling.CfnScalingPolicy_TargetTrackingMetricDataQueryProperty
	for i, group := range way.TargetGroups {
		queries = append(queries, &awsapplicationautoscaling.CfnScalingPolicy_TargetTrackingMetricDataQueryProperty{
			Id: jsii.String([]string{"m1", "m2"}[i]), ReturnData: jsii.Bool(false),
			MetricStat: &awsapplicationautoscaling.CfnScalingPolicy_TargetTrackingMetricStatProperty{
				Stat: jsii.String("Sum"),
				Metric: &awsapplicationautoscaling.CfnScalingPolicy_TargetTrackingMetricProperty{
					Namespace: jsii.String("AWS/ApplicationELB"), MetricName: jsii.String("RequestCountPerTarget"),
					Dimensions: []*awsapplicationautoscaling.CfnScalingPolicy_TargetTrackingMetricDimensionProperty{
						{Name: jsii.String("LoadBalancer"), Value: jsii.String(way.Balancer.FullName)},
						{Name: jsii.String("TargetGroup"), Value: jsii.String(group.FullName)},
					},
				},
			},
		})
	}
	queries = append(queries, &awsapplicationautoscaling.CfnScalingPolicy_TargetTrackingMetricDataQueryProperty{
		Id: jsii.String("requests"), Expression: jsii.String("SUM([m1, m2])"), Label: jsii.String("Requests per task"), ReturnData: jsii.Bool(true),
	})
	return tracking{CustomizedMetricSpecification: &awsapplicationautoscaling.CfnScalingPolicy_CustomizedMetricSpecificationProperty{Metrics: queries}}
}
