package main

import (
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	cdtypes "github.com/aws/aws-sdk-go-v2/service/codedeploy/types"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	cdcall "github.com/cutover-ecs/cutover/pkg/call/codedeploy"
	"github.com/cutover-ecs/cutover/pkg/live"
	"github.com/cutover-ecs/cutover/pkg/sandbox/fault"
)

// watchRole begins the name of the watch function's role, which the platform's stack makes.
const watchRole = "cutover-WatchRole"

// givenUp: a green that cannot start is stopped, with its cause from its log, which is left at the revision.
var givenUp = scenario{"a green that cannot start is stopped with its cause", func(r *room) error {
	defer r.tasksHeard()()
	r.attach()
	id, err := r.again(crashes...)
	if err != nil {
		return err
	}
	if err := r.ends(id, "Stopped", cdtypes.ErrorCodeManualStop); err != nil {
		return err
	}
	if d := r.diagnosed(id); len(d.Log) == 0 {
		return fmt.Errorf("the container's log is missing: %s", d.LogMissing)
	}
	brought, err := live.ReadBrought(r.t.Context(), cdcall.NewFromConfig(r.aws), r.readers.Tasks, r.deployment(id).DeploymentInfo)
	r.need(err)
	if s, _ := live.ReadStopped(brought.Tags); s.Deployment != id {
		return errors.New("the cause is not left at the revision")
	}
	return nil
}}

// refuseStarts lets a start fail of which the watch function cannot be told.
func refuseStarts(r *room) func() {
	gone, deaf := r.fault(refusal("events.amazonaws.com")), r.tasksHeard()
	r.attach()
	_, err := r.again(crashes...)
	r.need(err)
	return func() { deaf(); gone() }
}

// tasksHeard lets the events of tasks through, and those of ECS alone, until what it returns is called.
func (r *room) tasksHeard() (deaf func()) {
	r.t.Helper()
	deaf = r.heard()
	for _, other := range []string{"aws.cloudformation", "aws.cloudwatch", "aws.codedeploy", "aws.ecr"} {
		r.fault(fault.Event{Source: other, Lose: true})
	}
	return deaf
}

// crashes are the variables of a version that ends as soon as it starts.
var crashes = []string{"SITE_FAULT=crash", "SITE_SAYS=no database"}

// attach puts green's target group on the production listener with weight 0, where every shift leaves it: only then is
// its health waited for. That a start takes real time is no reason to replace a task.
func (r *room) attach() {
	r.t.Helper()
	_, err := ecs.NewFromConfig(r.aws).UpdateService(r.t.Context(), &ecs.UpdateServiceInput{
		Cluster: &r.names.Cluster, Service: &r.names.Service, HealthCheckGracePeriodSeconds: aws.Int32(1 << 30)})
	r.need(err)
	c, ctx := elasticloadbalancingv2.NewFromConfig(r.aws), r.t.Context()
	groups, err := c.DescribeTargetGroups(ctx, &elasticloadbalancingv2.DescribeTargetGroupsInput{Names: r.names.TargetGroups[:]})
	r.need(err)
	primary, both := *r.toPrimary()[0].TargetGroupArn, []elbtypes.TargetGroupTuple{}
	for _, g := range groups.TargetGroups {
		weight := aws.Int32(0)
		if *g.TargetGroupArn == primary {
			weight = aws.Int32(100)
		}
		both = append(both, elbtypes.TargetGroupTuple{TargetGroupArn: g.TargetGroupArn, Weight: weight})
	}
	_, err = c.ModifyListener(ctx, &elasticloadbalancingv2.ModifyListenerInput{ListenerArn: aws.String(r.listener(80).ARN),
		DefaultActions: []elbtypes.Action{{Type: elbtypes.ActionTypeEnumForward, ForwardConfig: &elbtypes.ForwardActionConfig{TargetGroups: both}}}})
	r.need(err)
}
