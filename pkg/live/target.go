package live

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"github.com/cutover-ecs/cutover/pkg/call/ecs"
	elb "github.com/cutover-ecs/cutover/pkg/call/elasticloadbalancingv2"
)

// Forwards are the target groups that a listener's default action forwards to, by ARN, with their weights. A
// listener tells one group in two forms and two groups in one: with two, TargetGroupArn is absent.
func Forwards(l elb.Listener) map[string]int32 {
	weights := map[string]int32{}
	for _, action := range l.DefaultActions {
		if action.Type != elbtypes.ActionTypeEnumForward {
			continue
		}
		if len(action.ForwardConfig.TargetGroups) > 0 {
			for _, group := range action.ForwardConfig.TargetGroups {
				// A single group's weight does not count; ELB reports it as 1 or leaves it out.
				weights[group.TargetGroupArn] = aws.ToInt32(group.Weight)
			}
			if len(weights) == 1 {
				for arn := range weights {
					weights[arn] = max(weights[arn], 1)
				}
			}
		} else if action.TargetGroupArn != "" {
			weights[action.TargetGroupArn] = 1
		}
	}
	return weights
}

// Shown says why the listener does not show the side alone; empty when it does.
func (s Side) Shown(ctx context.Context, api BalancerReader) (problem string, err error) {
	l, err := describeListener(ctx, api, s.Listener)
	if err != nil {
		return "", err
	}
	weights := Forwards(l)
	if weights[s.TargetGroup] == 0 {
		return fmt.Sprintf("the %s does not forward to %s's target group %s", s.ListenerName(), s.Color, ShortName(s.TargetGroup)), nil
	}
	for arn, weight := range weights {
		if arn != s.TargetGroup && weight > 0 {
			return fmt.Sprintf("the %s also forwards to %s, so an answer may not be %s's", s.ListenerName(), ShortName(arn), s.Color), nil
		}
	}
	return "", nil
}

// Ready says why the side cannot be judged yet: fewer healthy targets than its task set wants, or one that is not
// the address of one of its tasks. Empty when it can.
func (s Side) Ready(ctx context.Context, cluster, service string, tasks TaskReader, balancers BalancerReader) (healthy []string, problem string, err error) {
	health, err := balancers.DescribeTargetHealth(ctx, &elb.DescribeTargetHealthInput{TargetGroupArn: s.TargetGroup})
	if err != nil {
		return nil, "", fmt.Errorf("describe the health of %s: %w", ShortName(s.TargetGroup), err)
	}
	want := max(int(s.TaskSet.ComputedDesiredCount), 1)
	var worst string
	for _, t := range health.TargetHealthDescriptions {
		if t.TargetHealth.State == elbtypes.TargetHealthStateEnumHealthy {
			healthy = append(healthy, t.Target.Id)
		} else {
			worst = fmt.Sprintf("; %s is %s (%s)", t.Target.Id, t.TargetHealth.State, t.TargetHealth.Reason)
		}
	}
	if len(healthy) < want {
		return healthy, fmt.Sprintf("%d of %d targets of %s are healthy%s", len(healthy), want, ShortName(s.TargetGroup), worst), nil
	}
	own, err := s.addresses(ctx, cluster, service, tasks)
	if err != nil {
		return healthy, "", err
	}
	for _, address := range healthy {
		if !slices.Contains(own, address) {
			return healthy, fmt.Sprintf("target %s of %s is not one of %s's tasks", address, ShortName(s.TargetGroup), s.Color), nil
		}
	}
	return healthy, "", nil
}

// addresses are those of the task set's tasks.
func (s Side) addresses(ctx context.Context, cluster, service string, api TaskReader) ([]string, error) {
	var all []string
	for tasks, err := range ecs.TaskPages(ctx, api, ecs.ListTasksInput{Cluster: &cluster, ServiceName: &service}) {
		if err != nil {
			return nil, fmt.Errorf("list tasks of service %s: %w", service, err)
		}
		if len(tasks) == 0 {
			continue
		}
		// A page holds at most 100 tasks, which is as many as DescribeTasks takes.
		out, err := api.DescribeTasks(ctx, &ecs.DescribeTasksInput{Cluster: &cluster, Tasks: tasks})
		if err != nil {
			return nil, fmt.Errorf("describe tasks of service %s: %w", service, err)
		}
		for _, task := range out.Tasks {
			if Belongs(task, s.TaskSet) {
				all = append(all, privateAddresses(task)...)
			}
		}
	}
	return all, nil
}

// ShortName is the name within a target group's or load balancer's ARN; other text is returned as it is.
func ShortName(arn string) string {
	parts := strings.Split(arn, "/")
	if len(parts) < 3 {
		return arn
	}
	return parts[len(parts)-2]
}

func privateAddresses(task ecstypes.Task) []string {
	var all []string
	for _, attachment := range task.Attachments {
		for _, detail := range attachment.Details {
			if aws.ToString(detail.Name) == "privateIPv4Address" {
				all = append(all, aws.ToString(detail.Value))
			}
		}
	}
	return all
}
