package main

import (
	"context"
	"runtime"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	cwtypes "github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/cutover-ecs/cutover/pkg/sandbox/fault"
)

// rings waits until an alarm is in a state.
func (r *room) rings(name string, want cwtypes.StateValue) {
	r.t.Helper()
	client := cloudwatch.NewFromConfig(r.aws)
	ctx, cancel := context.WithTimeout(r.t.Context(), r.patience)
	defer cancel()
	for {
		changed := r.Changed()
		out, err := client.DescribeAlarms(ctx, &cloudwatch.DescribeAlarmsInput{AlarmNames: []string{name}})
		if err == nil && len(out.MetricAlarms) != 1 {
			r.t.Fatalf("there is no alarm %s", name)
		}
		if err == nil && out.MetricAlarms[0].StateValue == want {
			return
		}
		select {
		case <-changed:
		case <-ctx.Done():
			r.t.Fatalf("the alarm %s was never %s: %v\n%s", name, want, err, r.log)
		}
	}
}

func TestALetterThatNobodyCouldTakeRingsUntilItIsTakenAway(t *testing.T) {
	t.Parallel()
	r := enter(t, 60, guarded(t))
	r.approves()
	r.rings("sample-website-release-letters", cwtypes.StateValueOk)
	queues := sqs.NewFromConfig(r.aws)
	url, err := queues.GetQueueUrl(t.Context(), &sqs.GetQueueUrlInput{QueueName: aws.String("sample-website-release-dlq")})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := queues.SendMessage(t.Context(), &sqs.SendMessageInput{QueueUrl: url.QueueUrl, MessageBody: aws.String("{}")}); err != nil {
		t.Fatal(err)
	}
	r.rings("sample-website-release-letters", cwtypes.StateValueAlarm)
	if _, err := queues.PurgeQueue(t.Context(), &sqs.PurgeQueueInput{QueueUrl: url.QueueUrl}); err != nil {
		t.Fatal(err)
	}
	r.rings("sample-website-release-letters", cwtypes.StateValueOk)
}

func TestAHookThatDiesRings(t *testing.T) {
	t.Parallel()
	r := enter(t, 60, guarded(t))
	r.approves("v1")
	if _, err := r.Faults().Add(fault.Function{Name: r.names.VerifyFunction, Crash: fault.Before}); err != nil {
		t.Fatal(err)
	}
	r.push("v1", r.site(runtime.GOARCH, "SITE_VERSION=v1"), r.password())
	r.rings("sample-website-verify-errors", cwtypes.StateValueAlarm)
	r.rings("sample-website-hook-unanswered", cwtypes.StateValueAlarm)
}

func TestAServiceThatIsRefusedForLongRings(t *testing.T) {
	t.Parallel()
	r := enter(t, 60, guarded(t))
	r.approves("v1")
	r.passes("schedule")
	// Somebody points production at the other target group: nothing can be released until it is put right.
	balancers := elasticloadbalancingv2.NewFromConfig(r.aws)
	groups, err := balancers.DescribeTargetGroups(t.Context(), &elasticloadbalancingv2.DescribeTargetGroupsInput{Names: []string{r.names.TargetGroups[1]}})
	if err != nil {
		t.Fatal(err)
	}
	production := r.listener(80).ARN
	if _, err := balancers.ModifyListener(t.Context(), &elasticloadbalancingv2.ModifyListenerInput{ListenerArn: &production, DefaultActions: []elbtypes.Action{
		{Type: elbtypes.ActionTypeEnumForward, TargetGroupArn: groups.TargetGroups[0].TargetGroupArn}}}); err != nil {
		t.Fatal(err)
	}
	r.push("v1", r.site(runtime.GOARCH, "SITE_VERSION=v1"), r.password())
	r.rings("sample-website-refused", cwtypes.StateValueAlarm)
}
