package wire_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	cloudwatchtypes "github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	sqstypes "github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/aws/smithy-go"

	"github.com/cutover-ecs/cutover/pkg/sandbox/wire"
)

func TestTypedErrorsArriveTyped(t *testing.T) {
	srv := wire.New(wire.Options{Account: account, Region: region})
	wire.On(srv, "ecs", func(context.Context, *ecs.RunTaskInput) (*ecs.RunTaskOutput, error) {
		return nil, &ecstypes.ConflictException{Message: aws.String("busy"), ResourceIds: []string{"a", "b"}}
	})
	wire.On(srv, "elasticloadbalancing", func(context.Context, *elb.DescribeTargetGroupsInput) (*elb.DescribeTargetGroupsOutput, error) {
		return nil, &elbtypes.TargetGroupNotFoundException{Message: aws.String("no <such> group")}
	})
	wire.On(srv, "monitoring", func(context.Context, *cloudwatch.SetAlarmStateInput) (*cloudwatch.SetAlarmStateOutput, error) {
		return nil, &cloudwatchtypes.ResourceNotFound{Message: aws.String("no alarm")}
	})
	wire.On(srv, "sqs", func(context.Context, *sqs.GetQueueUrlInput) (*sqs.GetQueueUrlOutput, error) {
		return nil, &sqstypes.QueueDoesNotExist{Message: aws.String("no queue")}
	})
	c := config(t, srv)

	_, err := ecs.NewFromConfig(c).RunTask(t.Context(), &ecs.RunTaskInput{TaskDefinition: aws.String("t")})
	var conflict *ecstypes.ConflictException
	if !errors.As(err, &conflict) || conflict.ErrorMessage() != "busy" || len(conflict.ResourceIds) != 2 {
		t.Errorf("ecs: %v", err)
	}
	_, err = elb.NewFromConfig(c).DescribeTargetGroups(t.Context(), &elb.DescribeTargetGroupsInput{})
	var noGroup *elbtypes.TargetGroupNotFoundException
	if !errors.As(err, &noGroup) || noGroup.ErrorMessage() != "no <such> group" {
		t.Errorf("elasticloadbalancing: %v", err)
	}
	_, err = cloudwatch.NewFromConfig(c).SetAlarmState(t.Context(), &cloudwatch.SetAlarmStateInput{
		AlarmName: aws.String("a"), StateReason: aws.String("r"), StateValue: "OK"})
	var noAlarm *cloudwatchtypes.ResourceNotFound
	if !errors.As(err, &noAlarm) || noAlarm.ErrorMessage() != "no alarm" {
		t.Errorf("cloudwatch: %v", err)
	}
	_, err = sqs.NewFromConfig(c).GetQueueUrl(t.Context(), &sqs.GetQueueUrlInput{QueueName: aws.String("q")})
	var noQueue *sqstypes.QueueDoesNotExist
	if !errors.As(err, &noQueue) || noQueue.ErrorMessage() != "no queue" {
		t.Errorf("sqs: %v", err)
	}
	for _, e := range srv.Trail() {
		if e.Error == "" || e.Caller.ARN != "arn:aws:iam::"+account+":root" || e.Caller.AccessKey != "AKIAOPERATOR" {
			t.Errorf("trail has %+v", e)
		}
	}
}

func TestAnOperationThatIsNotThereIsNamed(t *testing.T) {
	srv := wire.New(wire.Options{Account: account, Region: region})
	wire.On(srv, "ecs", func(context.Context, *ecs.ListClustersInput) (*ecs.ListClustersOutput, error) { return nil, nil })
	c := config(t, srv)
	_, err := ecs.NewFromConfig(c).ListTasks(t.Context(), &ecs.ListTasksInput{})
	wantCode(t, err, "UnknownOperationException", "the sandbox has no ecs:ListTasks")
	_, err = elb.NewFromConfig(c).DescribeTags(t.Context(), &elb.DescribeTagsInput{ResourceArns: []string{"a"}})
	wantCode(t, err, "InvalidAction", "the sandbox has no elasticloadbalancing:DescribeTags")
	_, err = cloudwatch.NewFromConfig(c).ListMetrics(t.Context(), &cloudwatch.ListMetricsInput{})
	wantCode(t, err, "UnknownOperationException", "the sandbox has no monitoring:ListMetrics")
	if n := len(srv.Trail()); n != 3 {
		t.Errorf("the trail has %d entries", n)
	}
}

func TestAPanicAndAPlainErrorAreInternalFailures(t *testing.T) {
	var log bytes.Buffer
	srv := wire.New(wire.Options{Account: account, Region: region, Log: slog.New(slog.NewTextHandler(&log, nil))})
	wire.On(srv, "ecs", func(context.Context, *ecs.ListClustersInput) (*ecs.ListClustersOutput, error) { panic("on purpose") })
	wire.On(srv, "ecs", func(context.Context, *ecs.ListTasksInput) (*ecs.ListTasksOutput, error) { return nil, errNoCode })
	c := ecs.NewFromConfig(config(t, srv))
	_, err := c.ListClusters(t.Context(), &ecs.ListClustersInput{})
	wantCode(t, err, "InternalFailure", "ecs:ListClusters panicked: on purpose")
	if !strings.Contains(log.String(), "errors_test.go") {
		t.Errorf("the log does not tell where: %s", log.String())
	}
	_, err = c.ListTasks(t.Context(), &ecs.ListTasksInput{})
	wantCode(t, err, "InternalFailure", "no code")
	if _, err = wire.Call[ecs.ListClustersOutput](t.Context(), srv, &ecs.ListClustersInput{}); err == nil {
		t.Error("a panic within the sandbox is no error")
	}
}

func TestBeforeCanRefuseACall(t *testing.T) {
	srv := wire.New(wire.Options{Before: func(ctx context.Context, service, action string, input any) (string, error) {
		if _, ok := input.(*ecs.ListClustersInput); !ok || service != "ecs" || action != "ListClusters" {
			t.Errorf("asked about %s:%s %T", service, action, input)
		}
		return "", &smithy.GenericAPIError{Code: "AccessDeniedException", Message: wire.CallerOf(ctx).ARN + " may not"}
	}, Identify: func(key string) (wire.Caller, bool) { return wire.Caller{ARN: "arn of " + key, AccessKey: key}, true }})
	wire.On(srv, "ecs", func(context.Context, *ecs.ListClustersInput) (*ecs.ListClustersOutput, error) {
		t.Error("the call was made")
		return nil, nil
	})
	_, err := ecs.NewFromConfig(config(t, srv)).ListClusters(t.Context(), &ecs.ListClustersInput{})
	var denied *ecstypes.AccessDeniedException
	if !errors.As(err, &denied) || denied.ErrorMessage() != "arn of AKIAOPERATOR may not" {
		t.Error(err)
	}
}

func wantCode(t *testing.T, err error, code, text string) {
	t.Helper()
	var api smithy.APIError
	if !errors.As(err, &api) || api.ErrorCode() != code || !strings.Contains(api.ErrorMessage(), text) {
		t.Errorf("%v, want %s: %s", err, code, text)
	}
}
