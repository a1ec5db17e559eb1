package lambda_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"
	"github.com/cutover-ecs/cutover/pkg/sandbox/wire"
)

type record struct {
	Version        string
	RequestContext struct {
		RequestID, FunctionArn, Condition string
		ApproximateInvokeCount            int
	}
	RequestPayload  request
	ResponseContext *struct {
		StatusCode                     int
		ExecutedVersion, FunctionError string
	}
	ResponsePayload json.RawMessage
}

func (b *bed) event(t *testing.T, name string, r request) {
	t.Helper()
	out, err := b.try(t, name, types.InvocationTypeEvent, r)
	if err != nil {
		t.Fatal(err)
	}
	if out.StatusCode != 202 || len(out.Payload) != 0 {
		t.Fatalf("an event was answered with %d and %q", out.StatusCode, out.Payload)
	}
}

func (b *bed) destinations(t *testing.T, in *sdk.PutFunctionEventInvokeConfigInput) {
	t.Helper()
	in.FunctionName = aws.String("f")
	if _, err := wire.Call[sdk.PutFunctionEventInvokeConfigOutput](t.Context(), b.srv, in); err != nil {
		t.Fatal(err)
	}
}

func onFailure(arn string) *types.DestinationConfig {
	return &types.DestinationConfig{OnFailure: &types.OnFailure{Destination: aws.String(arn)}}
}

const queue = "arn:aws:sqs:us-east-1:111122223333:failures"

func TestAFailingEventIsTriedThreeTimesAndThenReported(t *testing.T) {
	b := newFastBed(t, 1000)
	b.create(t, "f", func(in *sdk.CreateFunctionInput) {
		in.DeadLetterConfig = &types.DeadLetterConfig{TargetArn: aws.String(queue)}
	})
	b.destinations(t, &sdk.PutFunctionEventInvokeConfigInput{DestinationConfig: onFailure(queue)})
	b.event(t, "f", request{Do: "error", Text: "no luck"})

	sent := <-b.sent
	if *sent.QueueUrl != "http://127.0.0.1:4566/111122223333/failures" {
		t.Errorf("the record went to %s", *sent.QueueUrl)
	}
	r := decode[record](t, []byte(*sent.MessageBody))
	c := r.RequestContext
	if r.Version != "1.0" || c.Condition != "RetriesExhausted" || c.ApproximateInvokeCount != 3 ||
		c.FunctionArn != "arn:aws:lambda:us-east-1:111122223333:function:f:$LATEST" || r.RequestPayload.Text != "no luck" ||
		r.ResponseContext == nil || r.ResponseContext.FunctionError != "Unhandled" || !strings.Contains(string(r.ResponsePayload), "no luck") {
		t.Errorf("record %s", *sent.MessageBody)
	}
	if n := strings.Count(b.logged(c.RequestID), "START RequestId: "); n != 3 {
		t.Errorf("%d attempts with the request's id, want 3", n)
	}

	dead := <-b.sent
	a := dead.MessageAttributes
	if decode[request](t, []byte(*dead.MessageBody)).Text != "no luck" || *a["RequestID"].StringValue != c.RequestID ||
		*a["ErrorCode"].StringValue != "200" || *a["ErrorCode"].DataType != "Number" || *a["ErrorMessage"].StringValue != "no luck" {
		t.Errorf("dead letter %s with %+v", *dead.MessageBody, a)
	}
}

func TestRetriesCanBeTurnedOff(t *testing.T) {
	b := newFastBed(t, 1000)
	b.create(t, "f", nil)
	b.destinations(t, &sdk.PutFunctionEventInvokeConfigInput{DestinationConfig: onFailure(queue), MaximumRetryAttempts: aws.Int32(0)})
	b.event(t, "f", request{Do: "exit"})
	if r := decode[record](t, []byte(*(<-b.sent).MessageBody)); r.RequestContext.ApproximateInvokeCount != 1 {
		t.Errorf("%d attempts, want 1", r.RequestContext.ApproximateInvokeCount)
	}
}

func TestAnEventWaitsForAFreePlace(t *testing.T) {
	b := newBed(t)
	b.create(t, "f", nil)
	b.destinations(t, &sdk.PutFunctionEventInvokeConfigInput{DestinationConfig: &types.DestinationConfig{
		OnSuccess: &types.OnSuccess{Destination: aws.String(queue)},
	}})
	reserve(t, b, 1)
	d := newDoor(t)
	for range 3 {
		b.event(t, "f", request{Do: "call", URL: d.URL})
	}
	for range 3 {
		<-d.entered
		if len(d.entered) != 0 {
			t.Error("two run at once")
		}
		d.open <- struct{}{}
		r := decode[record](t, []byte(*(<-b.sent).MessageBody))
		if r.RequestContext.Condition != "Success" || r.RequestContext.ApproximateInvokeCount != 1 || string(r.ResponsePayload) != "200" {
			t.Errorf("record %+v", r)
		}
	}
}

func reserve(t *testing.T, b *bed, n int32) {
	t.Helper()
	if _, err := wire.Call[sdk.PutFunctionConcurrencyOutput](t.Context(), b.srv, &sdk.PutFunctionConcurrencyInput{
		FunctionName: aws.String("f"), ReservedConcurrentExecutions: &n,
	}); err != nil {
		t.Fatal(err)
	}
}

func TestAnEventThatNeverGetsAPlaceIsTooOldOneDay(t *testing.T) {
	b := newFastBed(t, 1000)
	b.create(t, "f", nil)
	reserve(t, b, 0)
	b.destinations(t, &sdk.PutFunctionEventInvokeConfigInput{DestinationConfig: onFailure(queue), MaximumEventAgeInSeconds: aws.Int32(60)})
	b.event(t, "f", request{Do: "echo"})
	if err := b.clock.SkipNext(t.Context(), "lambda-event-age"); err != nil {
		t.Fatal(err)
	}
	r := decode[record](t, []byte(*(<-b.sent).MessageBody))
	if c := r.RequestContext; c.Condition != "EventAgeExceeded" || c.ApproximateInvokeCount != 0 || r.ResponseContext != nil {
		t.Errorf("record %+v", r)
	}
}

func TestAFunctionCanBeTheDestination(t *testing.T) {
	b := newFastBed(t, 1000)
	b.create(t, "f", nil)
	b.create(t, "g", func(in *sdk.CreateFunctionInput) {
		in.DeadLetterConfig = &types.DeadLetterConfig{TargetArn: aws.String(queue)}
	})
	b.destinations(t, &sdk.PutFunctionEventInvokeConfigInput{
		DestinationConfig: onFailure("arn:aws:lambda:us-east-1:111122223333:function:g"), MaximumRetryAttempts: aws.Int32(0),
	})
	b.event(t, "f", request{Do: "error", Text: "first"})
	// g does not know what to do with a record, and so hands it on to its dead-letter queue.
	if r := decode[record](t, []byte(*(<-b.sent).MessageBody)); r.RequestContext.Condition != "RetriesExhausted" {
		t.Errorf("g was given %+v", r)
	}
	for _, e := range b.srv.Trail() {
		if in, ok := e.Input.(*sdk.InvokeInput); ok && *in.FunctionName != "f" && e.Caller.ARN != "arn:aws:sts::111122223333:assumed-role/worker/f" {
			t.Errorf("g was invoked by %q", e.Caller.ARN)
		}
	}
}
