package live

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
)

// TaskReader reads a service's task sets, their tasks and their revision.
type TaskReader interface {
	DescribeServices(context.Context, *ecs.DescribeServicesInput, ...func(*ecs.Options)) (*ecs.DescribeServicesOutput, error)
	DescribeTaskDefinition(context.Context, *ecs.DescribeTaskDefinitionInput, ...func(*ecs.Options)) (*ecs.DescribeTaskDefinitionOutput, error)
	ListTasks(context.Context, *ecs.ListTasksInput, ...func(*ecs.Options)) (*ecs.ListTasksOutput, error)
	DescribeTasks(context.Context, *ecs.DescribeTasksInput, ...func(*ecs.Options)) (*ecs.DescribeTasksOutput, error)
}

// BalancerReader reads a load balancer, its listeners and the health behind them.
type BalancerReader interface {
	DescribeLoadBalancers(context.Context, *elb.DescribeLoadBalancersInput, ...func(*elb.Options)) (*elb.DescribeLoadBalancersOutput, error)
	DescribeListeners(context.Context, *elb.DescribeListenersInput, ...func(*elb.Options)) (*elb.DescribeListenersOutput, error)
	DescribeTargetHealth(context.Context, *elb.DescribeTargetHealthInput, ...func(*elb.Options)) (*elb.DescribeTargetHealthOutput, error)
}

// ErrNoGreen is returned when a deployment has no replacement task set to look at.
var ErrNoGreen = errors.New("the service has no replacement task set of this deployment")

// Green is a deployment's replacement task set and the test listener that should show it.
type Green struct {
	TaskSet      ecstypes.TaskSet
	TargetGroup  string // ARN of the group that the task set's tasks register in
	TestListener string // ARN
	TestURL      string // scheme, name and port, no path
}

// FindGreen reads the replacement task set of a deployment and the test listener of its group.
func FindGreen(ctx context.Context, d Deployment, cluster, service string, groups DeploymentReader, tasks TaskReader, balancers BalancerReader) (Green, error) {
	set, err := replacement(ctx, tasks, cluster, service, aws.ToString(d.DeploymentId))
	if err != nil {
		return Green{}, err
	}
	g := Green{TaskSet: set}
	if len(set.LoadBalancers) == 0 || set.LoadBalancers[0].TargetGroupArn == nil {
		return Green{}, fmt.Errorf("task set %s registers in no target group", aws.ToString(set.Id))
	}
	g.TargetGroup = *set.LoadBalancers[0].TargetGroupArn
	out, err := groups.GetDeploymentGroup(ctx, &codedeploy.GetDeploymentGroupInput{
		ApplicationName: d.ApplicationName, DeploymentGroupName: d.DeploymentGroupName,
	})
	if err != nil {
		return Green{}, fmt.Errorf("get deployment group %s: %w", aws.ToString(d.DeploymentGroupName), err)
	}
	lb := out.DeploymentGroupInfo.LoadBalancerInfo
	if lb == nil || len(lb.TargetGroupPairInfoList) == 0 || lb.TargetGroupPairInfoList[0].TestTrafficRoute == nil ||
		len(lb.TargetGroupPairInfoList[0].TestTrafficRoute.ListenerArns) == 0 {
		return Green{}, fmt.Errorf("deployment group %s has no test listener; give it a testTrafficRoute", aws.ToString(d.DeploymentGroupName))
	}
	g.TestListener = lb.TargetGroupPairInfoList[0].TestTrafficRoute.ListenerArns[0]
	g.TestURL, err = listenerURL(ctx, balancers, g.TestListener)
	return g, err
}

func replacement(ctx context.Context, api TaskReader, cluster, service, deployment string) (ecstypes.TaskSet, error) {
	out, err := api.DescribeServices(ctx, &ecs.DescribeServicesInput{Cluster: &cluster, Services: []string{service}})
	if err != nil {
		return ecstypes.TaskSet{}, fmt.Errorf("describe service %s: %w", service, err)
	}
	for _, s := range out.Services {
		for _, set := range s.TaskSets {
			if aws.ToString(set.ExternalId) == deployment {
				return set, nil
			}
		}
	}
	return ecstypes.TaskSet{}, fmt.Errorf("%w: service %s, deployment %s", ErrNoGreen, service, deployment)
}

func listenerURL(ctx context.Context, api BalancerReader, arn string) (string, error) {
	l, err := describeListener(ctx, api, arn)
	if err != nil {
		return "", err
	}
	out, err := api.DescribeLoadBalancers(ctx, &elb.DescribeLoadBalancersInput{LoadBalancerArns: []string{aws.ToString(l.LoadBalancerArn)}})
	if err != nil {
		return "", fmt.Errorf("describe load balancer of listener %s: %w", arn, err)
	}
	if len(out.LoadBalancers) == 0 {
		return "", fmt.Errorf("listener %s has no load balancer", arn)
	}
	scheme := "http"
	if l.Protocol == elbtypes.ProtocolEnumHttps {
		scheme = "https"
	}
	return scheme + "://" + net.JoinHostPort(aws.ToString(out.LoadBalancers[0].DNSName), strconv.Itoa(int(aws.ToInt32(l.Port)))), nil
}

func describeListener(ctx context.Context, api BalancerReader, arn string) (elbtypes.Listener, error) {
	out, err := api.DescribeListeners(ctx, &elb.DescribeListenersInput{ListenerArns: []string{arn}})
	if err != nil {
		return elbtypes.Listener{}, fmt.Errorf("describe listener %s: %w", arn, err)
	}
	if len(out.Listeners) == 0 {
		return elbtypes.Listener{}, fmt.Errorf("listener %s does not exist", arn)
	}
	return out.Listeners[0], nil
}
