package live

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"github.com/cutover-ecs/cutover/pkg/call/codedeploy"
	"github.com/cutover-ecs/cutover/pkg/call/ecs"
	elb "github.com/cutover-ecs/cutover/pkg/call/elasticloadbalancingv2"
)

// TaskReader reads a service's task sets, their tasks and their revision.
type TaskReader interface {
	DescribeServices(context.Context, *ecs.DescribeServicesInput) (*ecs.DescribeServicesOutput, error)
	DescribeTaskDefinition(context.Context, *ecs.DescribeTaskDefinitionInput) (*ecs.DescribeTaskDefinitionOutput, error)
	ListTasks(context.Context, *ecs.ListTasksInput) (*ecs.ListTasksOutput, error)
	DescribeTasks(context.Context, *ecs.DescribeTasksInput) (*ecs.DescribeTasksOutput, error)
}

// BalancerReader reads a load balancer, its listeners and the health behind them.
type BalancerReader interface {
	DescribeLoadBalancers(context.Context, *elb.DescribeLoadBalancersInput) (*elb.DescribeLoadBalancersOutput, error)
	DescribeListeners(context.Context, *elb.DescribeListenersInput) (*elb.DescribeListenersOutput, error)
	DescribeTargetHealth(context.Context, *elb.DescribeTargetHealthInput) (*elb.DescribeTargetHealthOutput, error)
}

// ErrNoSide is returned when a deployment has no task set to look at.
var ErrNoSide = errors.New("the service has no such task set")

// Side is one side of a deployment, a task set and the listener that should show it: green on the test listener, green
// on the production listener once the traffic has moved, or blue there before.
type Side struct {
	// Color is green or blue.
	Color       string
	TaskSet     ecstypes.TaskSet
	TargetGroup string // ARN of the group that the task set's tasks register in
	Listener    string // ARN
	Production  bool   // whether it is the production listener
	URL         string // scheme, name and port, no path
}

// Sides of a deployment by what they are looked for with.
var (
	GreenOnTest       = Side{Color: "green"}
	GreenOnProduction = Side{Color: "green", Production: true}
	BlueOnProduction  = Side{Color: "blue", Production: true}
)

// Find reads the side's task set and listener: green is the deployment's replacement task set, blue the service's
// primary one.
func (s Side) Find(ctx context.Context, d Deployment, cluster, service string, groups GroupReader, tasks TaskReader, balancers BalancerReader) (Side, error) {
	set, err := s.taskSet(ctx, tasks, cluster, service, aws.ToString(d.DeploymentId))
	if err != nil {
		return s, err
	}
	s.TaskSet = set
	if len(set.LoadBalancers) == 0 || set.LoadBalancers[0].TargetGroupArn == nil {
		return s, fmt.Errorf("task set %s registers in no target group", aws.ToString(set.Id))
	}
	s.TargetGroup = *set.LoadBalancers[0].TargetGroupArn
	out, err := groups.GetDeploymentGroup(ctx, &codedeploy.GetDeploymentGroupInput{
		ApplicationName: d.ApplicationName, DeploymentGroupName: d.DeploymentGroupName,
	})
	if err != nil {
		return s, fmt.Errorf("get deployment group %s: %w", aws.ToString(d.DeploymentGroupName), err)
	}
	route, key := s.route(out.DeploymentGroupInfo.LoadBalancerInfo)
	if route == nil || len(route.ListenerArns) == 0 {
		return s, fmt.Errorf("deployment group %s has no %s; give it a %s", aws.ToString(d.DeploymentGroupName), s.ListenerName(), key)
	}
	s.Listener = route.ListenerArns[0]
	s.URL, err = listenerURL(ctx, balancers, s.Listener)
	return s, err
}

// route is the one of a deployment group that leads to the side, and its name there.
func (s Side) route(info *types.LoadBalancerInfo) (route *types.TrafficRoute, key string) {
	if key = "testTrafficRoute"; s.Production {
		key = "prodTrafficRoute"
	}
	if info == nil || len(info.TargetGroupPairInfoList) == 0 {
		return nil, key
	}
	if s.Production {
		return info.TargetGroupPairInfoList[0].ProdTrafficRoute, key
	}
	return info.TargetGroupPairInfoList[0].TestTrafficRoute, key
}

// ListenerName is what people call the side's listener.
func (s Side) ListenerName() string {
	if s.Production {
		return "production listener"
	}
	return "test listener"
}

func (s Side) taskSet(ctx context.Context, api TaskReader, cluster, service, deployment string) (ecstypes.TaskSet, error) {
	out, err := api.DescribeServices(ctx, &ecs.DescribeServicesInput{Cluster: &cluster, Services: []string{service}})
	if err != nil {
		return ecstypes.TaskSet{}, fmt.Errorf("describe service %s: %w", service, err)
	}
	for _, one := range out.Services {
		for _, set := range one.TaskSets {
			if s.Color == "blue" && aws.ToString(set.Status) == "PRIMARY" || s.Color == "green" && aws.ToString(set.ExternalId) == deployment {
				return set, nil
			}
		}
	}
	kind := "replacement task set of deployment " + deployment
	if s.Color == "blue" {
		kind = "primary task set"
	}
	return ecstypes.TaskSet{}, fmt.Errorf("%w: service %s has no %s", ErrNoSide, service, kind)
}

func listenerURL(ctx context.Context, api BalancerReader, arn string) (string, error) {
	l, err := describeListener(ctx, api, arn)
	if err != nil {
		return "", err
	}
	out, err := api.DescribeLoadBalancers(ctx, &elb.DescribeLoadBalancersInput{LoadBalancerArns: []string{l.LoadBalancerArn}})
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
	return scheme + "://" + net.JoinHostPort(out.LoadBalancers[0].DNSName, strconv.Itoa(int(l.Port))), nil
}

func describeListener(ctx context.Context, api BalancerReader, arn string) (elb.Listener, error) {
	out, err := api.DescribeListeners(ctx, &elb.DescribeListenersInput{ListenerArns: []string{arn}})
	if err != nil {
		return elb.Listener{}, fmt.Errorf("describe listener %s: %w", arn, err)
	}
	if len(out.Listeners) == 0 {
		return elb.Listener{}, fmt.Errorf("listener %s does not exist", arn)
	}
	return out.Listeners[0], nil
}
