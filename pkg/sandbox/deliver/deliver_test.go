package deliver_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	sqstypes "github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/aws/smithy-go"
	"github.com/cutover-ecs/cutover/pkg/sandbox/clock"
	"github.com/cutover-ecs/cutover/pkg/sandbox/deliver"
	"github.com/cutover-ecs/cutover/pkg/sandbox/wire"
	"github.com/google/go-cmp/cmp"
)

func TestAFailureTellsWhyTheDeliveryWasGivenUp(t *testing.T) {
	tests := map[string]struct {
		err    error
		policy deliver.Policy
		want   deliver.Failure
	}{
		"no queue":      {&sqstypes.QueueDoesNotExist{Message: aws.String("gone")}, deliver.NewPolicy(nil, nil), deliver.Failure{Code: "NO_RESOURCE", AWSCode: "QueueDoesNotExist", Message: "gone"}},
		"no permission": {&smithy.GenericAPIError{Code: "AccessDenied", Message: "no"}, deliver.NewPolicy(nil, nil), deliver.Failure{Code: "NO_PERMISSIONS", AWSCode: "AccessDenied", Message: "no"}},
		"bad input":     {&smithy.GenericAPIError{Code: "InvalidParameterValue", Message: "bad", Fault: smithy.FaultClient}, deliver.NewPolicy(nil, nil), deliver.Failure{Code: "SDK_CLIENT_ERROR", AWSCode: "InvalidParameterValue", Message: "bad"}},
		"attempts":      {errors.New("no answer"), deliver.NewPolicy(aws.Int32(3), nil), deliver.Failure{Code: "INTERNAL_ERROR", Message: "no answer", Retries: 3, Condition: "MaximumRetryAttempts"}},
		"default": {&smithy.GenericAPIError{Code: "Down", Message: "down", Fault: smithy.FaultServer}, deliver.NewPolicy(nil, nil),
			deliver.Failure{Code: "ERROR_FROM_TARGET", AWSCode: "Down", Message: "down", Condition: "MaximumEventAgeInSeconds"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				start := time.Now()
				got := tt.policy.Try(t.Context(), clock.New(1), "retry", func(int) error { return tt.err })
				if name == "default" {
					// A day has room for about a hundred attempts at most a quarter of an hour apart.
					if took := time.Since(start); took < 23*time.Hour || took > 24*time.Hour || got.Retries < 60 {
						t.Errorf("given up after %s and %d retries", took, got.Retries)
					}
					got.Retries = 0
				}
				if diff := cmp.Diff(&tt.want, got); diff != "" {
					t.Error(diff)
				}
			})
		})
	}
}

func TestOnAFastClockADeliveryIsTriedForARealMinute(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start, hour := time.Now(), deliver.Policy{Attempts: 1 << 20, Age: time.Hour}
		got := hour.Try(t.Context(), clock.New(3600), "retry", func(int) error { return errors.New("no answer") })
		if took := time.Since(start); got.Condition != "MaximumEventAgeInSeconds" || took < 59*time.Second || took > time.Minute {
			t.Errorf("given up after %s: %+v", took, got)
		}
	})
}

func TestAnEndedContextIsNoFailure(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		if f := deliver.NewPolicy(nil, nil).Try(ctx, clock.New(1), "retry", func(int) error { return errors.New("no") }); f != nil {
			t.Errorf("failure %+v", f)
		}
	})
}

func TestAQueueIsReachedByItsARN(t *testing.T) {
	srv := wire.New(wire.Options{})
	var got *sqs.SendMessageInput
	wire.On(srv, "sqs", func(_ context.Context, in *sqs.SendMessageInput) (*sqs.SendMessageOutput, error) {
		got = in
		return &sqs.SendMessageOutput{}, nil
	})
	to := deliver.Targets{Server: srv, Endpoint: func() string { return "http://e" }, Account: "1"}
	if err := to.Queue(t.Context(), "arn:aws:sqs:r:1:q", []byte("b"), map[string]string{"A": "x", "EMPTY": "", "RETRY_ATTEMPTS": "2"}); err != nil {
		t.Fatal(err)
	}
	if *got.QueueUrl != "http://e/1/q" || len(got.MessageAttributes) != 2 || *got.MessageAttributes["RETRY_ATTEMPTS"].DataType != "Number" || *got.MessageAttributes["A"].StringValue != "x" {
		t.Errorf("sent %+v", got)
	}
	if err := to.Send(t.Context(), "arn:aws:states:r:1:m", nil); err == nil {
		t.Error("a state machine took it")
	}
}
