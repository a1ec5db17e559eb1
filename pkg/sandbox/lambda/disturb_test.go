package lambda_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	sdk "github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"

	"github.com/cutover-ecs/cutover/pkg/sandbox/lambda"
)

// befall makes one execution be disturbed, and those after it not.
func befall(d lambda.Disturbance) func(*lambda.Options) {
	var struck bool
	return func(o *lambda.Options) {
		o.Disturb = func(string) lambda.Disturbance {
			if struck {
				return lambda.Disturbance{}
			}
			struck = true
			return d
		}
	}
}

func TestAFunctionCrashesBeforeOrAfterItsWork(t *testing.T) {
	for name, c := range map[string]struct {
		befalls lambda.Disturbance
		worked  bool
	}{
		"before": {lambda.Disturbance{CrashBefore: true}, false},
		"after":  {lambda.Disturbance{CrashAfter: true}, true},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBedWith(t, 1, befall(c.befalls))
			b.create(t, "f", nil)
			out := b.invoke(t, "f", request{Do: "log", Text: "at work"})
			if got := decode[failure](t, out.Payload); out.FunctionError == nil || got.ErrorType != "Runtime.ExitError" {
				t.Errorf("%s", out.Payload)
			}
			b.mu.Lock()
			worked := false
			for _, l := range b.lines {
				worked = worked || l.text == "at work"
			}
			b.mu.Unlock()
			if worked != c.worked {
				t.Errorf("it did its work: %v", worked)
			}
			if again := decode[echo](t, b.invoke(t, "f", request{Do: "echo", Text: "hello"}).Payload); again.Text != "hello" || again.Served != 1 {
				t.Errorf("a new process was to answer: %+v", again)
			}
		})
	}
}

func TestAFunctionTimesOutEarly(t *testing.T) {
	b := newBedWith(t, 1, befall(lambda.Disturbance{Limit: 10 * time.Millisecond}))
	b.create(t, "f", func(in *sdk.CreateFunctionInput) { in.Timeout = new(int32(7)) })
	got := decode[failure](t, b.invoke(t, "f", request{Do: "hang"}).Payload)
	if got.ErrorType != "Sandbox.Timedout" || !strings.HasSuffix(got.ErrorMessage, "Task timed out after 7.00 seconds") {
		t.Errorf("%+v", got)
	}
}

func TestAnEventWaitsUntilConcurrencyIsThereAgain(t *testing.T) {
	left := 3
	door := newDoor(t)
	b := newBedWith(t, 1000, func(o *lambda.Options) { o.Throttled = func(string) bool { left--; return left >= 0 } })
	b.create(t, "f", nil)
	_, err := b.try(t, "f", types.InvocationTypeRequestResponse, request{Do: "echo"})
	var throttled *types.TooManyRequestsException
	if !errors.As(err, &throttled) {
		t.Errorf("%v", err)
	}
	if _, err := b.try(t, "f", types.InvocationTypeEvent, request{Do: "call", URL: door.URL}); err != nil {
		t.Fatal(err)
	}
	<-door.entered // in spite of two throttles more
	door.open <- struct{}{}
}

func TestARunningFunctionIsKilled(t *testing.T) {
	door := newDoor(t)
	b := newBed(t)
	b.create(t, "f", nil)
	if n := b.Crash("f"); n != 0 {
		t.Errorf("%d killed though none ran", n)
	}
	answer := make(chan *sdk.InvokeOutput)
	go func() { answer <- b.invoke(t, "f", request{Do: "call", URL: door.URL}) }()
	<-door.entered
	if n := b.Crash("f"); n != 1 {
		t.Errorf("%d killed", n)
	}
	if got := decode[failure](t, (<-answer).Payload); got.ErrorType != "Runtime.ExitError" {
		t.Errorf("%+v", got)
	}
	if b.Crash("nobody") != 0 {
		t.Error("nobody runs")
	}
}
