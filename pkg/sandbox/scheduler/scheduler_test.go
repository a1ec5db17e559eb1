package scheduler_test

import (
	"context"
	"errors"
	"fmt"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	lambdatypes "github.com/aws/aws-sdk-go-v2/service/lambda/types"
	sdk "github.com/aws/aws-sdk-go-v2/service/scheduler"
	"github.com/aws/aws-sdk-go-v2/service/scheduler/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/cutover-ecs/cutover/pkg/sandbox/clock"
	"github.com/cutover-ecs/cutover/pkg/sandbox/scheduler"
	"github.com/cutover-ecs/cutover/pkg/sandbox/wire"
)

const function = "arn:aws:lambda:us-east-1:111122223333:function:f"

// bed is a scheduler whose targets keep what they get.
type bed struct {
	*scheduler.Service
	srv *wire.Server

	mu      sync.Mutex
	invoked []invoked
	sent    []*sqs.SendMessageInput
	fail    error
}

type invoked struct {
	at      time.Time
	payload string
	caller  wire.Caller
}

func newBed(t *testing.T, factor float64) *bed {
	b := &bed{Service: scheduler.New(scheduler.Options{
		Clock: clock.New(factor), Account: "111122223333", Region: "us-east-1", Endpoint: func() string { return "http://e" },
	})}
	b.srv = wire.New(wire.Options{Account: "111122223333", Region: "us-east-1"})
	b.Register(b.srv)
	b.srv.Handle("scheduler", b.Handler())
	wire.On(b.srv, "lambda", func(ctx context.Context, in *lambda.InvokeInput) (*lambda.InvokeOutput, error) {
		b.mu.Lock()
		defer b.mu.Unlock()
		b.invoked = append(b.invoked, invoked{time.Now(), string(in.Payload), wire.CallerOf(ctx)})
		return &lambda.InvokeOutput{StatusCode: 202}, b.fail
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

func every(expression string) *sdk.CreateScheduleInput {
	return &sdk.CreateScheduleInput{
		Name: aws.String("s"), ScheduleExpression: &expression, FlexibleTimeWindow: &types.FlexibleTimeWindow{Mode: types.FlexibleTimeWindowModeOff},
		Target: &types.Target{Arn: aws.String(function), RoleArn: aws.String("arn:aws:iam::111122223333:role/timer")},
	}
}

func (b *bed) create(t *testing.T, in *sdk.CreateScheduleInput) {
	t.Helper()
	if _, err := wire.Call[sdk.CreateScheduleOutput](t.Context(), b.srv, in); err != nil {
		t.Fatal(err)
	}
}

// pass lets time pass in the bubble, and everything come to rest.
func pass(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

// times of the invocations, since the bubble's midnight.
func (b *bed) times() string {
	var all []string
	for _, i := range b.invoked {
		all = append(all, i.at.UTC().Sub(time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)).String())
	}
	return strings.Join(all, " ")
}

func TestASchedulesTimes(t *testing.T) {
	start := time.Date(2000, 1, 1, 0, 2, 0, 0, time.UTC)
	tests := map[string]struct {
		change func(*sdk.CreateScheduleInput)
		want   string
	}{
		"rate(5 minutes)":         {nil, "0s 5m0s 10m0s 15m0s"},
		"cron(0/10 * * * ? *)":    {nil, "10m0s"},
		"at(2000-01-01T00:07:00)": {nil, "7m0s"},
		"at(1999-01-01T00:07:00)": {nil, ""},
		"rate(4 minutes)":         {func(in *sdk.CreateScheduleInput) { in.StartDate = &start }, "2m0s 6m0s 10m0s 14m0s 18m0s"},
		"rate(1 minutes)":         {func(in *sdk.CreateScheduleInput) { in.EndDate = &start }, "0s 1m0s 2m0s"},
		"rate(2 minutes)":         {func(in *sdk.CreateScheduleInput) { in.State = types.ScheduleStateDisabled }, ""},
		"cron(5 1 * * ? *)":       {func(in *sdk.CreateScheduleInput) { in.ScheduleExpressionTimezone = aws.String("Europe/Berlin") }, "5m0s"},
	}
	for expression, tt := range tests {
		t.Run(expression, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := newBed(t, 1)
				in := every(expression)
				if tt.change != nil {
					tt.change(in)
				}
				b.create(t, in)
				pass(19*time.Minute + 30*time.Second)
				if got := b.times(); got != tt.want {
					t.Errorf("invoked at %q, want %q", got, tt.want)
				}
			})
		})
	}
}

func TestAFastClockIsStillNoFasterThanASecond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBed(t, 60)
		b.create(t, every("rate(5 minutes)"))
		pass(16 * time.Second)
		if got := b.times(); got != "0s 5s 10s 15s" {
			t.Errorf("invoked at %s", got)
		}
		if got := b.invoked[2].payload; !strings.Contains(got, `"time":"2000-01-01T00:00:10Z"`) {
			t.Errorf("the event's time is not the real one: %s", got)
		}
	})
	synctest.Test(t, func(t *testing.T) {
		b := newBed(t, 6000)
		b.create(t, every("rate(1 minute)"))
		pass(3500 * time.Millisecond)
		if got := b.times(); got != "0s 1s 2s 3s" {
			t.Errorf("invoked at %s", got)
		}
	})
}

func TestATargetGetsItsInputFromTheSchedulesRole(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBed(t, 1)
		b.create(t, every("at(2000-01-01T00:01:00)"))
		in := every("at(2000-01-01T00:02:00)")
		in.Name = aws.String("own")
		in.Target.Input = aws.String(`{"at":"<aws.scheduler.scheduled-time>","by":"<aws.scheduler.schedule-arn>","try":"<aws.scheduler.attempt-number>"}`)
		in.ActionAfterCompletion = types.ActionAfterCompletionDelete
		b.create(t, in)
		pass(time.Hour)
		if len(b.invoked) != 2 {
			t.Fatalf("invoked at %s", b.times())
		}
		want := `"detail-type":"Scheduled Event","source":"aws.scheduler","account":"111122223333","time":"2000-01-01T00:01:00Z","region":"us-east-1","resources":["arn:aws:scheduler:us-east-1:111122223333:schedule/default/s"],"detail":"{}"}`
		if got := b.invoked[0].payload; !strings.HasSuffix(got, want) {
			t.Errorf("notification %s", got)
		}
		if got := b.invoked[1].payload; got != `{"at":"2000-01-01T00:02:00Z","by":"arn:aws:scheduler:us-east-1:111122223333:schedule/default/own","try":"1"}` {
			t.Errorf("input %s", got)
		}
		if c := b.invoked[0].caller; c.Role != "arn:aws:iam::111122223333:role/timer" || !strings.HasPrefix(c.ARN, "arn:aws:sts::111122223333:assumed-role/timer/") {
			t.Errorf("invoked by %+v", c)
		}
		list, err := wire.Call[sdk.ListSchedulesOutput](t.Context(), b.srv, &sdk.ListSchedulesInput{})
		if err != nil || len(list.Schedules) != 1 || *list.Schedules[0].Name != "s" {
			t.Errorf("the schedule that deletes itself: %+v, %v", list, err)
		}
	})
}

func TestAnInvocationThatIsGivenUpBecomesADeadLetter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBed(t, 1)
		b.fail = &lambdatypes.TooManyRequestsException{Message: aws.String("Rate Exceeded.")}
		in := every("at(2000-01-01T00:01:00)")
		in.Target.RetryPolicy = &types.RetryPolicy{MaximumRetryAttempts: aws.Int32(2)}
		in.Target.DeadLetterConfig = &types.DeadLetterConfig{Arn: aws.String("arn:aws:sqs:us-east-1:111122223333:dead")}
		in.Target.Input = aws.String(`{"a":1}`)
		b.create(t, in)
		pass(time.Hour)
		if len(b.invoked) != 3 || len(b.sent) != 1 {
			t.Fatalf("%d attempts, %d dead letters", len(b.invoked), len(b.sent))
		}
		got := b.sent[0]
		if *got.MessageBody != `{"a":1}` || *got.QueueUrl != "http://e/111122223333/dead" {
			t.Errorf("%s to %s", *got.MessageBody, *got.QueueUrl)
		}
		for name, want := range map[string]string{
			"ERROR_CODE": "TooManyRequestsException", "ERROR_MESSAGE": "Rate Exceeded.", "EXHAUSTED_RETRY_CONDITION": "MaximumRetryAttempts",
			"RETRY_ATTEMPTS": "2", "SCHEDULED_TIME": "2000-01-01T00:01:00Z", "TARGET_ARN": function,
			"SCHEDULE_ARN": "arn:aws:scheduler:us-east-1:111122223333:schedule/default/s", "IS_PAYLOAD_TRUNCATED": "false",
		} {
			if v := aws.ToString(got.MessageAttributes[name].StringValue); v != want {
				t.Errorf("%s = %q, want %q", name, v, want)
			}
		}
	})
}

func TestAChangedOrDeletedScheduleStops(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBed(t, 1)
		in := every("rate(5 minutes)")
		b.create(t, in)
		pass(7 * time.Minute) // 0, 5
		if _, err := wire.Call[sdk.UpdateScheduleOutput](t.Context(), b.srv, &sdk.UpdateScheduleInput{
			Name: in.Name, ScheduleExpression: aws.String("cron(0/20 * * * ? *)"), FlexibleTimeWindow: in.FlexibleTimeWindow, Target: in.Target,
		}); err != nil {
			t.Fatal(err)
		}
		pass(15 * time.Minute) // 20
		if _, err := wire.Call[sdk.DeleteScheduleOutput](t.Context(), b.srv, &sdk.DeleteScheduleInput{Name: in.Name}); err != nil {
			t.Fatal(err)
		}
		pass(time.Hour)
		if got := b.times(); got != "0s 5m0s 20m0s" {
			t.Errorf("invoked at %s", got)
		}
	})
}

func TestTheSDKManagesSchedules(t *testing.T) {
	b := newBed(t, 1)
	server := httptest.NewServer(b.srv)
	t.Cleanup(server.Close)
	c := sdk.New(sdk.Options{Region: "us-east-1", BaseEndpoint: aws.String(server.URL), RetryMaxAttempts: 1, Credentials: aws.CredentialsProviderFunc(
		func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: "AKIATEST", SecretAccessKey: "secret"}, nil
		})})
	ctx := t.Context()
	out, err := c.CreateSchedule(ctx, every("cron(0 0 1 1 ? *)"))
	if err != nil || *out.ScheduleArn != "arn:aws:scheduler:us-east-1:111122223333:schedule/default/s" {
		t.Fatalf("created %+v, %v", out, err)
	}
	var twice *types.ConflictException
	if _, err := c.CreateSchedule(ctx, every("cron(0 0 1 1 ? *)")); !errors.As(err, &twice) {
		t.Errorf("twice: %v", err)
	}
	got, err := c.GetSchedule(ctx, &sdk.GetScheduleInput{Name: aws.String("s")})
	if err != nil || got.State != types.ScheduleStateEnabled || *got.GroupName != "default" || *got.ScheduleExpressionTimezone != "UTC" ||
		got.CreationDate.IsZero() || *got.Target.RetryPolicy.MaximumRetryAttempts != 185 {
		t.Errorf("got %+v, %v", got, err)
	}
	list, err := c.ListSchedules(ctx, &sdk.ListSchedulesInput{NamePrefix: aws.String("x")})
	if err != nil || len(list.Schedules) != 0 {
		t.Errorf("listed %+v, %v", list, err)
	}
	groups, err := c.ListScheduleGroups(ctx, nil)
	if err != nil || len(groups.ScheduleGroups) != 1 {
		t.Errorf("groups %+v, %v", groups, err)
	}
	if _, err := c.DeleteSchedule(ctx, &sdk.DeleteScheduleInput{Name: aws.String("s")}); err != nil {
		t.Error(err)
	}
	var gone *types.ResourceNotFoundException
	if _, err := c.GetSchedule(ctx, &sdk.GetScheduleInput{Name: aws.String("s")}); !errors.As(err, &gone) {
		t.Errorf("after deletion: %v", err)
	}
}

func TestSchedulesThatAWSRefuses(t *testing.T) {
	b := newBed(t, 1)
	tests := map[string]struct {
		change func(*sdk.CreateScheduleInput)
		want   string
	}{
		"name":       {func(in *sdk.CreateScheduleInput) { in.Name = aws.String("a b") }, "'name' failed to satisfy constraint"},
		"expression": {func(in *sdk.CreateScheduleInput) { in.ScheduleExpression = aws.String("5 minutes") }, "ValidationException: Invalid Schedule Expression 5 minutes."},
		"time zone":  {func(in *sdk.CreateScheduleInput) { in.ScheduleExpressionTimezone = aws.String("Mars") }, "Invalid Schedule Expression Timezone Mars."},
		"window":     {func(in *sdk.CreateScheduleInput) { in.FlexibleTimeWindow = nil }, "'flexibleTimeWindow'"},
		"group":      {func(in *sdk.CreateScheduleInput) { in.GroupName = aws.String("g") }, "ResourceNotFoundException: Schedule group g does not exist."},
		"state":      {func(in *sdk.CreateScheduleInput) { in.State = "ON" }, "enum value set: [ENABLED, DISABLED]"},
		"target":     {func(in *sdk.CreateScheduleInput) { in.Target = nil }, "'target'"},
		"arn":        {func(in *sdk.CreateScheduleInput) { in.Target.Arn = aws.String("f") }, "Provided Arn is not in correct format."},
		"role":       {func(in *sdk.CreateScheduleInput) { in.Target.RoleArn = nil }, "'target.roleArn'"},
		"input":      {func(in *sdk.CreateScheduleInput) { in.Target.Input = aws.String("{") }, "Invalid Input for Lambda target"},
		"attempts": {func(in *sdk.CreateScheduleInput) {
			in.Target.RetryPolicy = &types.RetryPolicy{MaximumRetryAttempts: aws.Int32(186)}
		}, "between 0 and 185"},
	}
	for name, tt := range tests {
		in := every("rate(5 minutes)")
		tt.change(in)
		_, err := wire.Call[sdk.CreateScheduleOutput](t.Context(), b.srv, in)
		if err == nil || !strings.Contains(fmt.Sprint(err), tt.want) {
			t.Errorf("%s: %v, want %s", name, err, tt.want)
		}
	}
}
