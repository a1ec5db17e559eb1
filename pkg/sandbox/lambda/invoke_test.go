package lambda_test

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"os"
	goruntime "runtime"
	"strings"
	"syscall"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"
	"github.com/cutover-ecs/cutover/pkg/sandbox/wire"
)

func TestAWarmEnvironmentIsUsedAgain(t *testing.T) {
	b := newBed(t)
	b.create(t, "f", nil)
	first := decode[echo](t, b.invoke(t, "f", request{Do: "echo", Text: "hello"}).Payload)
	second := decode[echo](t, b.invoke(t, "arn:aws:lambda:us-east-1:111122223333:function:f", request{Do: "echo"}).Payload)
	if first.Text != "hello" || first.Served != 1 || second.Served != 2 || first.PID != second.PID {
		t.Errorf("first %+v, second %+v: want one process that served both", first, second)
	}
	if first.ID == second.ID {
		t.Error("both invocations have one request id")
	}
}

func TestAFunctionSeesWhatAWSPutsIntoItsEnvironment(t *testing.T) {
	b := newBed(t)
	t.Setenv("SANDBOX_SECRET", "not for functions")
	b.create(t, "Worker-1", func(in *sdk.CreateFunctionInput) {
		in.Environment = &types.Environment{Variables: map[string]string{"OWN": "value", "EMPTY": ""}}
	})
	env := decode[map[string]string](t, b.invoke(t, "Worker-1", request{Do: "environment"}).Payload)
	for k, want := range map[string]string{
		"OWN": "value", "AWS_REGION": "us-east-1", "AWS_LAMBDA_FUNCTION_NAME": "Worker-1",
		"AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "128", "AWS_LAMBDA_LOG_GROUP_NAME": "/aws/lambda/Worker-1",
		"AWS_ACCESS_KEY_ID": "ASIAWORKER-1", "AWS_SECRET_ACCESS_KEY": "secret of worker", "AWS_SESSION_TOKEN": "token",
		"AWS_ENDPOINT_URL": "http://127.0.0.1:4566", "HTTP_PROXY": "http://127.0.0.1:4567", "_HANDLER": "bootstrap",
	} {
		if env[k] != want {
			t.Errorf("%s = %q, want %q", k, env[k], want)
		}
	}
	if v, there := env["SANDBOX_SECRET"]; there {
		t.Errorf("the sandbox's own variable reached the function: %q", v)
	}
	d := decode[struct {
		MS  int
		ARN string
	}](t, b.invoke(t, "Worker-1", request{Do: "deadline"}).Payload)
	if d.MS < 30_000 || d.MS > 60_000 || d.ARN != "arn:aws:lambda:us-east-1:111122223333:function:Worker-1" {
		t.Errorf("deadline and ARN: %+v", d)
	}
}

func TestAFailingFunctionAnswersAsAWSShapesIt(t *testing.T) {
	tests := map[string]struct {
		request   request
		errorType string
		message   string
	}{
		"an error":             {request{Do: "error", Text: "no luck"}, "errorString", "no luck"},
		"a panic":              {request{Do: "panic", Text: "oh dear"}, "string", "oh dear"},
		"an exit":              {request{Do: "exit"}, "Runtime.ExitError", "Error: Runtime exited with error: exit status 7"},
		"a response too large": {request{Do: "large"}, "Function.ResponseSizeTooLarge", "Response payload size exceeded maximum allowed payload size (6291556 bytes)."},
	}
	b := newBed(t)
	b.create(t, "f", nil)
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			out := b.invoke(t, "f", tt.request)
			got := decode[failure](t, out.Payload)
			if out.StatusCode != 200 || aws.ToString(out.FunctionError) != "Unhandled" {
				t.Errorf("status %d, function error %q", out.StatusCode, aws.ToString(out.FunctionError))
			}
			if got.ErrorType != tt.errorType || !strings.Contains(got.ErrorMessage, tt.message) {
				t.Errorf("answer %+v", got)
			}
			if after := decode[echo](t, b.invoke(t, "f", request{Do: "echo", Text: "well"}).Payload); after.Text != "well" {
				t.Errorf("the next invocation answered %+v", after)
			}
		})
	}
}

func TestAFunctionThatNeverStartsSaysSo(t *testing.T) {
	b := newBed(t)
	b.create(t, "f", func(in *sdk.CreateFunctionInput) {
		in.Environment = &types.Environment{Variables: map[string]string{"MODE": "die-at-start"}}
	})
	out := b.invoke(t, "f", request{})
	if got := decode[failure](t, out.Payload); got.ErrorType != "Runtime.ExitError" || !strings.HasSuffix(got.ErrorMessage, "exit status 3") {
		t.Errorf("answer %+v", got)
	}
}

func TestATimeOutKillsTheProcessAndTheNextCallGetsAFreshOne(t *testing.T) {
	b := newBed(t)
	b.create(t, "f", func(in *sdk.CreateFunctionInput) { in.Timeout = aws.Int32(1) })
	first := decode[echo](t, b.invoke(t, "f", request{Do: "echo"}).Payload)
	out := b.invoke(t, "f", request{Do: "hang"})
	got := decode[failure](t, out.Payload)
	if got.ErrorType != "Sandbox.Timedout" || !strings.Contains(got.ErrorMessage, "Error: Task timed out after 1.00 seconds") {
		t.Errorf("answer %+v", got)
	}
	if err := syscall.Kill(first.PID, 0); !errors.Is(err, syscall.ESRCH) {
		t.Errorf("process %d is still there: %v", first.PID, err)
	}
	if after := decode[echo](t, b.invoke(t, "f", request{Do: "echo"}).Payload); after.Served != 1 || after.PID == first.PID {
		t.Errorf("after the time-out: %+v, want a fresh process", after)
	}
}

func TestLinesBelongToTheirRequest(t *testing.T) {
	b := newBed(t)
	b.create(t, "f", nil)
	out := b.invoke(t, "f", request{Do: "log", Text: "hello log"})
	tail, err := base64.StdEncoding.DecodeString(aws.ToString(out.LogResult))
	if err != nil {
		t.Fatal(err)
	}
	id := strings.Fields(strings.SplitN(string(tail), "START RequestId: ", 2)[1])[0]
	got := b.logged(id)
	for _, want := range []string{
		"START RequestId: " + id + " Version: $LATEST\nhello log\nno newline\nEND RequestId: " + id + "\nREPORT RequestId: " + id,
		"Memory Size: 128 MB", "Init Duration: ",
	} {
		if !strings.Contains(got, want) || !strings.Contains(string(tail), want) {
			t.Errorf("log and tail lack %q:\n%s\n---\n%s", want, got, tail)
		}
	}
}

func TestJSONLogsHavePlatformEvents(t *testing.T) {
	b := newBed(t)
	b.create(t, "f", func(in *sdk.CreateFunctionInput) {
		in.LoggingConfig = &types.LoggingConfig{LogFormat: types.LogFormatJson}
	})
	id := decode[echo](t, b.invoke(t, "f", request{Do: "echo"}).Payload).ID
	got := b.logged(id)
	for _, want := range []string{`"type":"platform.start"`, `"type":"platform.report"`, `"status":"success"`, `"memorySizeMB":128`} {
		if !strings.Contains(got, want) {
			t.Errorf("log lacks %s:\n%s", want, got)
		}
	}
}

func TestReservedConcurrencyRefusesTheSecondCaller(t *testing.T) {
	b := newBed(t)
	b.create(t, "f", nil)
	if _, err := wire.Call[sdk.PutFunctionConcurrencyOutput](t.Context(), b.srv, &sdk.PutFunctionConcurrencyInput{
		FunctionName: aws.String("f"), ReservedConcurrentExecutions: aws.Int32(1),
	}); err != nil {
		t.Fatal(err)
	}
	d := newDoor(t)
	done := make(chan error, 1)
	go func() {
		_, err := b.try(t, "f", types.InvocationTypeRequestResponse, request{Do: "call", URL: d.URL})
		done <- err
	}()
	<-d.entered
	_, err := b.try(t, "f", types.InvocationTypeRequestResponse, request{Do: "echo"})
	var busy *types.TooManyRequestsException
	if !errors.As(err, &busy) || busy.Reason != types.ThrottleReasonReservedFunctionConcurrentInvocationLimitExceeded {
		t.Errorf("second caller got %v", err)
	}
	d.open <- struct{}{}
	if err := <-done; err != nil {
		t.Error(err)
	}
	for range 20 { // one after the other there is always a place
		b.invoke(t, "f", request{Do: "echo"})
	}
}

func TestRequestsThatCannotRunAreRefused(t *testing.T) {
	b := newBed(t)
	b.create(t, "f", nil)
	call := func(name, kind string, payload []byte) error {
		_, err := wire.Call[sdk.InvokeOutput](t.Context(), b.srv, &sdk.InvokeInput{
			FunctionName: &name, InvocationType: types.InvocationType(kind), Payload: payload,
		})
		return err
	}
	tests := map[string]struct {
		err  error
		want string
	}{
		"unknown function":   {call("g", "", nil), "ResourceNotFoundException: Function not found: arn:aws:lambda:us-east-1:111122223333:function:g"},
		"unknown version":    {call("f:7", "", nil), "ResourceNotFoundException: Function not found: arn:aws:lambda:us-east-1:111122223333:function:f:7"},
		"impossible name":    {call("a b", "", nil), "ValidationException: 1 validation error detected: Value 'a b' at 'functionName'"},
		"no JSON":            {call("f", "", []byte("{")), "InvalidRequestContentException: Could not parse request body into json"},
		"too large":          {call("f", "", make([]byte, 6<<20+1)), "RequestTooLargeException: Request must be smaller than 6291456 bytes"},
		"too large an event": {call("f", "Event", make([]byte, 1<<20+1)), "RequestTooLargeException: Request must be smaller than 1048576 bytes"},
		"unknown type":       {call("f", "Maybe", nil), "ValidationException: 1 validation error detected: Value 'Maybe' at 'invocationType'"},
		"dry run":            {call("f", "DryRun", nil), ""},
	}
	for name, tt := range tests {
		if got := fmt.Sprint(tt.err); tt.err == nil && tt.want != "" || !strings.Contains(got, tt.want) {
			t.Errorf("%s: %s, want %s", name, got, tt.want)
		}
	}
}

func TestCloseLeavesNothingBehind(t *testing.T) {
	b := newBed(t)
	b.create(t, "f", nil)
	d := newDoor(t)
	idle := decode[echo](t, b.invoke(t, "f", request{Do: "echo"}).Payload).PID
	failed := make(chan error, 1)
	go func() {
		_, err := b.try(t, "f", types.InvocationTypeRequestResponse, request{Do: "call", URL: d.URL})
		failed <- err
	}()
	<-d.entered
	if _, err := b.try(t, "f", types.InvocationTypeEvent, request{Do: "call", URL: d.URL}); err != nil {
		t.Fatal(err)
	}
	<-d.entered
	b.Close()
	<-failed
	if err := syscall.Kill(idle, 0); !errors.Is(err, syscall.ESRCH) {
		t.Errorf("process %d is still there: %v", idle, err)
	}
	if g := leftBehind(); g != "" {
		t.Errorf("left behind:\n%s", g)
	}
	if _, err := b.try(t, "f", types.InvocationTypeEvent, request{}); err == nil {
		t.Error("a closed service takes an event")
	}
	if _, err := os.Stat(fmt.Sprintf("/proc/%d", idle)); err == nil {
		t.Errorf("/proc/%d is still there", idle)
	}
}

// leftBehind is a goroutine of the package that still runs. One that has told its end may need a moment to leave.
func leftBehind() (stack string) {
	stacks := make([]byte, 1<<20)
	for range 1000 {
		stack = ""
		all := stacks[:goruntime.Stack(stacks, true)]
		for _, g := range bytes.Split(all, []byte("\n\n")) {
			if bytes.Contains(g, []byte("sandbox/lambda.")) && !bytes.Contains(g, []byte("lambda_test.")) {
				stack = string(g)
			}
		}
		if stack == "" {
			return ""
		}
		goruntime.Gosched()
	}
	return stack
}
