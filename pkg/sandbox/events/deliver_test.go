package events_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge/types"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	lambdatypes "github.com/aws/aws-sdk-go-v2/service/lambda/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/smithy-go"
	"github.com/cutover-ecs/cutover/pkg/sandbox/clock"
	"github.com/cutover-ecs/cutover/pkg/sandbox/events"
	"github.com/cutover-ecs/cutover/pkg/sandbox/wire"
)

const (
	function = "arn:aws:lambda:us-east-1:111122223333:function:f"
	queue    = "arn:aws:sqs:us-east-1:111122223333:q"
	dead     = "arn:aws:sqs:us-east-1:111122223333:dead"
)

// bed is a bus whose targets keep what they get.
type bed struct {
	*events.Service
	srv *wire.Server

	mu      sync.Mutex
	invoked []invoked
	sent    []*sqs.SendMessageInput
	fail    func(attempt int) error
}

type invoked struct {
	at      time.Time
	payload string
}

func newBed(t *testing.T, change ...func(*events.Options)) *bed {
	opts := events.Options{
		Clock: clock.New(1), Account: "111122223333", Region: "us-east-1",
		Endpoint: func() string { return "http://127.0.0.1:4566" },
	}
	for _, c := range change {
		c(&opts)
	}
	b := &bed{Service: events.New(opts)}
	b.srv = wire.New(wire.Options{Account: "111122223333", Region: "us-east-1"})
	b.Register(b.srv)
	wire.On(b.srv, "lambda", func(ctx context.Context, in *lambda.InvokeInput) (*lambda.InvokeOutput, error) {
		b.mu.Lock()
		defer b.mu.Unlock()
		if in.InvocationType != lambdatypes.InvocationTypeEvent || wire.CallerOf(ctx).ARN != events.Principal {
			t.Errorf("invoked as %s by %+v", in.InvocationType, wire.CallerOf(ctx))
		}
		b.invoked = append(b.invoked, invoked{time.Now(), string(in.Payload)})
		if b.fail != nil {
			return nil, b.fail(len(b.invoked))
		}
		return &lambda.InvokeOutput{StatusCode: 202}, nil
	})
	wire.On(b.srv, "sqs", func(_ context.Context, in *sqs.SendMessageInput) (*sqs.SendMessageOutput, error) {
		b.mu.Lock()
		defer b.mu.Unlock()
		b.sent = append(b.sent, in)
		return &sqs.SendMessageOutput{}, nil
	})
	t.Cleanup(b.Close)
	return b
}

func (b *bed) rule(t *testing.T, in *eventbridge.PutRuleInput, targets ...types.Target) {
	t.Helper()
	in.Name = aws.String("r")
	if _, err := wire.Call[eventbridge.PutRuleOutput](t.Context(), b.srv, in); err != nil {
		t.Fatal(err)
	}
	if _, err := wire.Call[eventbridge.PutTargetsOutput](t.Context(), b.srv, &eventbridge.PutTargetsInput{Rule: in.Name, Targets: targets}); err != nil {
		t.Fatal(err)
	}
}

func ecr() *eventbridge.PutRuleInput {
	return &eventbridge.PutRuleInput{EventPattern: aws.String(`{"source":["aws.ecr"],"detail":{"action-type":["PUSH"]}}`)}
}

func pushed(tag string) map[string]any {
	return map[string]any{"action-type": "PUSH", "image-tag": tag, "size": 3, "labels": map[string]string{"a": "b"}}
}

func TestAnEventReachesTheTargetsOfTheRulesThatMatchIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBed(t)
		b.rule(t, ecr(), types.Target{Id: aws.String("1"), Arn: aws.String(function)}, types.Target{Id: aws.String("2"), Arn: aws.String(queue)})
		b.Emit("aws.ecr", "ECR Image Action", nil, pushed("v1"))
		b.Emit("aws.ecr", "ECR Image Action", nil, map[string]any{"action-type": "DELETE"})
		b.Emit("aws.ecs", "ECR Image Action", nil, pushed("v1"))
		synctest.Wait()
		if len(b.invoked) != 1 || len(b.sent) != 1 {
			t.Fatalf("%d invocations and %d messages, want one each", len(b.invoked), len(b.sent))
		}
		got := b.invoked[0].payload
		for _, want := range []string{
			`"version":"0"`, `"source":"aws.ecr"`, `"detail-type":"ECR Image Action"`, `"account":"111122223333"`, `"region":"us-east-1"`,
			`"resources":[]`, `"image-tag":"v1"`, `"time":"2000-01-01T00:00:00Z"`,
		} {
			if !strings.Contains(got, want) {
				t.Errorf("event lacks %s: %s", want, got)
			}
		}
		if *b.sent[0].QueueUrl != "http://127.0.0.1:4566/111122223333/q" || *b.sent[0].MessageBody != got {
			t.Errorf("message %s to %s", *b.sent[0].MessageBody, *b.sent[0].QueueUrl)
		}
	})
}

func TestATargetGetsTheInputThatItAsksFor(t *testing.T) {
	transform := func(template string) types.Target {
		return types.Target{InputTransformer: &types.InputTransformer{
			InputTemplate: aws.String(template),
			InputPathsMap: map[string]string{"tag": "$.detail.image-tag", "size": "$.detail.size", "labels": "$.detail['labels']", "first": "$.resources[0]", "none": "$.detail.none"},
		}}
	}
	tests := map[string]struct {
		target types.Target
		want   string
	}{
		"a constant":          {types.Target{Input: aws.String(`{"a":1}`)}, `{"a":1}`},
		"a part":              {types.Target{InputPath: aws.String("$.detail.labels")}, `{"a":"b"}`},
		"an object":           {transform(`{"tag":<tag>,"size":<size>,"labels":<labels>,"none":<none>}`), `{"tag":"v1","size":3,"labels":{"a":"b"},"none":null}`},
		"text within strings": {transform(`{"text":"<tag> of <first>: <size>, <labels><none>"}`), `{"text":"v1 of arn:x: 3, {\"a\":\"b\"}"}`},
		"a line":              {transform(`"pushed <tag>"`), `"pushed v1"`},
		"two lines":           {transform("\"pushed <tag>\"\n\"size <size>\""), "\"pushed v1\"\n\"size 3\""},
		"the rule":            {transform(`{"rule":<aws.events.rule-name>}`), `{"rule":"r"}`},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := newBed(t)
				tt.target.Id, tt.target.Arn = aws.String("1"), aws.String(function)
				b.rule(t, ecr(), tt.target)
				b.Emit("aws.ecr", "ECR Image Action", []string{"arn:x"}, pushed("v1"))
				synctest.Wait()
				if len(b.invoked) != 1 || b.invoked[0].payload != tt.want {
					t.Errorf("got %+v, want %s", b.invoked, tt.want)
				}
			})
		})
	}
}

func TestADeliveryIsRetriedWithGrowingWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBed(t)
		b.fail = func(attempt int) error {
			if attempt < 5 {
				return &lambdatypes.ServiceException{Message: aws.String("down")}
			}
			return nil
		}
		b.rule(t, ecr(), types.Target{Id: aws.String("1"), Arn: aws.String(function)})
		b.Emit("aws.ecr", "ECR Image Action", nil, pushed("v1"))
		pass(time.Hour)
		if len(b.invoked) != 5 {
			t.Fatalf("%d attempts, want 5", len(b.invoked))
		}
		first, last := b.invoked[1].at.Sub(b.invoked[0].at), b.invoked[4].at.Sub(b.invoked[3].at)
		if first < time.Second/2 || first > 3*time.Second/2 || last < 4*time.Second || last > 12*time.Second {
			t.Errorf("first wait %s, last wait %s", first, last)
		}
	})
}

func TestAnEventThatCannotBeDeliveredBecomesADeadLetter(t *testing.T) {
	tests := map[string]struct {
		err      error
		policy   *types.RetryPolicy
		attempts int
		want     map[string]string
	}{
		"missing function": {
			err:      &lambdatypes.ResourceNotFoundException{Message: aws.String("Function not found: f")},
			attempts: 1,
			want:     map[string]string{"ERROR_CODE": "NO_RESOURCE", "ERROR_MESSAGE": "Function not found: f", "RETRY_ATTEMPTS": "0"},
		},
		"missing permission": {
			err:      &smithy.GenericAPIError{Code: "AccessDeniedException", Message: "no", Fault: smithy.FaultClient},
			attempts: 1,
			want:     map[string]string{"ERROR_CODE": "NO_PERMISSIONS", "ERROR_MESSAGE": "no", "RETRY_ATTEMPTS": "0"},
		},
		"attempts used up": {
			err:      &lambdatypes.TooManyRequestsException{Message: aws.String("Rate Exceeded.")},
			policy:   &types.RetryPolicy{MaximumRetryAttempts: aws.Int32(2)},
			attempts: 3,
			want: map[string]string{"ERROR_CODE": "THROTTLING", "ERROR_MESSAGE": "Rate Exceeded.", "RETRY_ATTEMPTS": "2",
				"EXHAUSTED_RETRY_CONDITION": "MaximumRetryAttempts"},
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := newBed(t)
				b.fail = func(int) error { return tt.err }
				b.rule(t, ecr(), types.Target{
					Id: aws.String("1"), Arn: aws.String(function), RetryPolicy: tt.policy, Input: aws.String("{}"),
					DeadLetterConfig: &types.DeadLetterConfig{Arn: aws.String(dead)},
				})
				b.Emit("aws.ecr", "ECR Image Action", nil, pushed("v1"))
				pass(time.Hour)
				if len(b.invoked) != tt.attempts || len(b.sent) != 1 {
					t.Fatalf("%d attempts and %d dead letters", len(b.invoked), len(b.sent))
				}
				tt.want["RULE_ARN"], tt.want["TARGET_ARN"] = "arn:aws:events:us-east-1:111122223333:rule/r", function
				got := b.sent[0]
				if !strings.Contains(*got.MessageBody, `"image-tag":"v1"`) || !strings.HasSuffix(*got.QueueUrl, "/dead") || len(got.MessageAttributes) != len(tt.want) {
					t.Errorf("dead letter %s to %s with %v", *got.MessageBody, *got.QueueUrl, got.MessageAttributes)
				}
				for k, want := range tt.want {
					if v := aws.ToString(got.MessageAttributes[k].StringValue); v != want {
						t.Errorf("%s = %q, want %q", k, v, want)
					}
				}
			})
		})
	}
}

func TestAnOldEventIsGivenUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBed(t)
		b.fail = func(int) error { return errors.New("no answer") }
		b.rule(t, ecr(), types.Target{
			Id: aws.String("1"), Arn: aws.String(function), DeadLetterConfig: &types.DeadLetterConfig{Arn: aws.String(dead)},
			RetryPolicy: &types.RetryPolicy{MaximumEventAgeInSeconds: aws.Int32(60)},
		})
		b.Emit("aws.ecr", "ECR Image Action", nil, pushed("v1"))
		pass(time.Hour)
		if len(b.sent) != 1 || aws.ToString(b.sent[0].MessageAttributes["EXHAUSTED_RETRY_CONDITION"].StringValue) != "MaximumEventAgeInSeconds" {
			t.Errorf("dead letters %v after %d attempts", b.sent, len(b.invoked))
		}
		if took := b.invoked[len(b.invoked)-1].at.Sub(b.invoked[0].at); took > time.Minute {
			t.Errorf("the last attempt came after %s", took)
		}
	})
}

func TestAScheduleFiresUntilItIsDisabled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBed(t)
		b.rule(t, &eventbridge.PutRuleInput{ScheduleExpression: aws.String("rate(5 minutes)")}, types.Target{Id: aws.String("1"), Arn: aws.String(function)})
		pass(16 * time.Minute)
		if len(b.invoked) != 3 {
			t.Fatalf("%d invocations in 16 minutes, want 3", len(b.invoked))
		}
		want := `"detail-type":"Scheduled Event","source":"aws.events","account":"111122223333","time":"2000-01-01T00:05:00Z","region":"us-east-1","resources":["arn:aws:events:us-east-1:111122223333:rule/r"],"detail":{}}`
		if got := b.invoked[0].payload; !strings.HasSuffix(got, want) {
			t.Errorf("event %s", got)
		}
		if _, err := wire.Call[eventbridge.DisableRuleOutput](t.Context(), b.srv, &eventbridge.DisableRuleInput{Name: aws.String("r")}); err != nil {
			t.Fatal(err)
		}
		pass(time.Hour)
		if len(b.invoked) != 3 {
			t.Errorf("%d invocations after it was disabled", len(b.invoked))
		}
	})
}

func TestRequestsThatAWSRefuses(t *testing.T) {
	b := newBed(t)
	b.rule(t, ecr(), types.Target{Id: aws.String("1"), Arn: aws.String(function)})
	call := func(in any) error {
		var err error
		switch in := in.(type) {
		case *eventbridge.PutRuleInput:
			_, err = wire.Call[eventbridge.PutRuleOutput](t.Context(), b.srv, in)
		case *eventbridge.DeleteRuleInput:
			_, err = wire.Call[eventbridge.DeleteRuleOutput](t.Context(), b.srv, in)
		case *eventbridge.DescribeRuleInput:
			_, err = wire.Call[eventbridge.DescribeRuleOutput](t.Context(), b.srv, in)
		case *eventbridge.PutTargetsInput:
			_, err = wire.Call[eventbridge.PutTargetsOutput](t.Context(), b.srv, in)
		}
		return err
	}
	target := func(change func(*types.Target)) *eventbridge.PutTargetsInput {
		t := types.Target{Id: aws.String("1"), Arn: aws.String(function)}
		change(&t)
		return &eventbridge.PutTargetsInput{Rule: aws.String("r"), Targets: []types.Target{t}}
	}
	tests := []struct {
		in   any
		want string
	}{
		{&eventbridge.PutRuleInput{Name: aws.String("x")}, "ValidationException: Parameter(s) EventPattern or ScheduleExpression must be specified."},
		{&eventbridge.PutRuleInput{Name: aws.String("x"), EventPattern: aws.String("{}")}, "InvalidEventPatternException: Event pattern is not valid. Reason: Empty objects are not allowed"},
		{&eventbridge.PutRuleInput{Name: aws.String("x"), ScheduleExpression: aws.String("rate(1 minutes)")}, "ValidationException: Parameter ScheduleExpression is not valid."},
		{&eventbridge.PutRuleInput{Name: aws.String("x"), EventBusName: aws.String("mine"), EventPattern: aws.String("{}")}, "ResourceNotFoundException: Event bus mine does not exist."},
		{&eventbridge.DeleteRuleInput{Name: aws.String("r")}, "ValidationException: Rule can't be deleted since it has targets."},
		{&eventbridge.DescribeRuleInput{Name: aws.String("x")}, "ResourceNotFoundException: Rule x does not exist on EventBus default."},
		{target(func(t *types.Target) { t.Arn = aws.String("f") }), "Provided Arn is not in correct format."},
		{target(func(t *types.Target) { t.Arn = aws.String("arn:aws:states:us-east-1:111122223333:stateMachine:m") }), "not to states."},
		{target(func(t *types.Target) { t.Input, t.InputPath = aws.String("{}"), aws.String("$.detail") }), "Only one of Input, InputPath, or InputTransformer must be provided for target 1."},
		{target(func(t *types.Target) { t.InputPath = aws.String("detail") }), "Invalid JSONPath for target 1"},
		{target(func(t *types.Target) {
			t.InputTransformer = &types.InputTransformer{InputTemplate: aws.String("<x>")}
		}), "variable x has no path"},
		{target(func(t *types.Target) { t.RetryPolicy = &types.RetryPolicy{MaximumRetryAttempts: aws.Int32(186)} }), "Member must have value between 0 and 185"},
	}
	for _, tt := range tests {
		if err := call(tt.in); err == nil || !strings.Contains(fmt.Sprint(err), tt.want) {
			t.Errorf("%T: %v, want %s", tt.in, err, tt.want)
		}
	}
}

func TestPutEventsChecksEachEntry(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBed(t)
		b.rule(t, &eventbridge.PutRuleInput{EventPattern: aws.String(`{"source":["my.app"]}`)}, types.Target{Id: aws.String("1"), Arn: aws.String(function)})
		entry := func(source, detail string) types.PutEventsRequestEntry {
			return types.PutEventsRequestEntry{Source: &source, DetailType: aws.String("t"), Detail: &detail}
		}
		out, err := wire.Call[eventbridge.PutEventsOutput](t.Context(), b.srv, &eventbridge.PutEventsInput{Entries: []types.PutEventsRequestEntry{
			entry("my.app", `{"a":1}`), entry("aws.ecr", `{}`), entry("my.app", `{`), {Source: aws.String("my.app")},
		}})
		if err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		var codes []string
		for _, e := range out.Entries {
			codes = append(codes, aws.ToString(e.ErrorCode))
		}
		if got := strings.Join(codes, ","); got != ",NotAuthorizedForSourceException,MalformedDetail,InvalidArgument" || out.FailedEntryCount != 3 || len(b.invoked) != 1 {
			t.Errorf("codes %s, %d failed, %d delivered", got, out.FailedEntryCount, len(b.invoked))
		}
		tested, err := wire.Call[eventbridge.TestEventPatternOutput](t.Context(), b.srv, &eventbridge.TestEventPatternInput{
			Event: aws.String(push), EventPattern: aws.String(`{"source":["aws.ecr"]}`),
		})
		if err != nil || !tested.Result {
			t.Errorf("TestEventPattern: %+v, %v", tested, err)
		}
	})
}

// pass lets time pass in the bubble, and everything come to rest.
func pass(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}
