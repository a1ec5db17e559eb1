package lambda_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	runtime "github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-lambda-go/lambdacontext"
	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/cutover-ecs/cutover/pkg/sandbox/clock"
	"github.com/cutover-ecs/cutover/pkg/sandbox/lambda"
	"github.com/cutover-ecs/cutover/pkg/sandbox/wire"
)

// The test binary is the functions' bootstrap too: with a Runtime API in its environment it is a function.
func TestMain(m *testing.M) {
	if os.Getenv("AWS_LAMBDA_RUNTIME_API") != "" {
		if os.Getenv("MODE") == "die-at-start" {
			os.Exit(3)
		}
		runtime.Start(handle)
	}
	if url := os.Getenv("SANDBOX_OF_ITS_OWN"); url != "" {
		hold(url)
	}
	os.Exit(m.Run())
}

type request struct {
	Do   string
	Text string
	URL  string
}

var served int

func handle(ctx context.Context, in request) (any, error) {
	served++
	lc, _ := lambdacontext.FromContext(ctx)
	switch in.Do {
	case "echo":
		return map[string]any{"text": in.Text, "served": served, "pid": os.Getpid(), "id": lc.AwsRequestID}, nil
	case "environment":
		env := map[string]string{}
		for _, kv := range os.Environ() {
			k, v, _ := strings.Cut(kv, "=")
			env[k] = v
		}
		return env, nil
	case "deadline":
		until, _ := ctx.Deadline()
		return map[string]any{"ms": time.Until(until).Milliseconds(), "arn": lc.InvokedFunctionArn}, nil
	case "error":
		return nil, errors.New(in.Text)
	case "panic":
		panic(in.Text)
	case "exit":
		os.Exit(7)
	case "hang":
		select {}
	case "large":
		return strings.Repeat("x", 7<<20), nil
	case "log":
		fmt.Println(in.Text)
		fmt.Print("no newline")
		return nil, nil
	case "call":
		resp, err := http.Get(in.URL) // the test decides when it answers
		if err != nil {
			return nil, err
		}
		return resp.StatusCode, resp.Body.Close()
	}
	return nil, fmt.Errorf("do %q", in.Do)
}

// bed is a service with a wire, a queue that keeps what it is sent, and the lines that were logged.
type bed struct {
	*lambda.Service
	srv   *wire.Server
	clock *clock.Clock
	sent  chan *sqs.SendMessageInput

	mu    sync.Mutex
	lines []line
}

type line struct{ function, id, text string }

func newBed(t *testing.T) *bed { return newFastBed(t, 1) }

// newFastBed has a clock that is factor times as fast.
func newFastBed(t *testing.T, factor float64) *bed { return newBedWith(t, factor) }

// newBedWith has other options too.
func newBedWith(t *testing.T, factor float64, change ...func(*lambda.Options)) *bed {
	t.Helper()
	bootstrap, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	b := &bed{clock: clock.New(factor), sent: make(chan *sqs.SendMessageInput, 16)}
	b.srv = wire.New(wire.Options{Account: "111122223333", Region: "us-east-1"})
	opts := lambda.Options{
		Clock: b.clock, Account: "111122223333", Region: "us-east-1",
		Endpoint: func() string { return "http://127.0.0.1:4566" },
		Proxy:    func() string { return "http://127.0.0.1:4567" },
		Code: func(bucket, key string) (string, error) {
			if bucket == "dir" {
				return key, nil
			}
			return bootstrap, nil
		},
		Credentials: func(role, session string) (string, string, string) {
			return "ASIA" + strings.ToUpper(session), "secret of " + filepath.Base(role), "token"
		},
		Log: func(function, id, text string) {
			b.mu.Lock()
			defer b.mu.Unlock()
			b.lines = append(b.lines, line{function, id, text})
		},
	}
	for _, c := range change {
		c(&opts)
	}
	b.Service = lambda.New(opts)
	b.Register(b.srv)
	b.srv.Handle("lambda", b.Handler())
	wire.On(b.srv, "sqs", func(_ context.Context, in *sqs.SendMessageInput) (*sqs.SendMessageOutput, error) {
		b.sent <- in
		return &sqs.SendMessageOutput{}, nil
	})
	t.Cleanup(b.Close)
	return b
}

func (b *bed) create(t *testing.T, name string, change func(*sdk.CreateFunctionInput)) {
	t.Helper()
	in := &sdk.CreateFunctionInput{
		FunctionName: aws.String(name), Handler: aws.String("bootstrap"), Runtime: types.RuntimeProvidedal2023,
		Role: aws.String("arn:aws:iam::111122223333:role/worker"), Timeout: aws.Int32(60),
		Code: &types.FunctionCode{S3Bucket: aws.String("assets"), S3Key: aws.String("a.zip")},
	}
	if change != nil {
		change(in)
	}
	if _, err := wire.Call[sdk.CreateFunctionOutput](t.Context(), b.srv, in); err != nil {
		t.Fatal(err)
	}
}

func (b *bed) invoke(t *testing.T, name string, r request) *sdk.InvokeOutput {
	t.Helper()
	out, err := b.try(t, name, types.InvocationTypeRequestResponse, r)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func (b *bed) try(t *testing.T, name string, kind types.InvocationType, r request) (*sdk.InvokeOutput, error) {
	t.Helper()
	payload, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	return wire.Call[sdk.InvokeOutput](t.Context(), b.srv, &sdk.InvokeInput{
		FunctionName: aws.String(name), InvocationType: kind, Payload: payload, LogType: types.LogTypeTail,
	})
}

// logged is every line of one request, joined.
func (b *bed) logged(id string) string {
	b.mu.Lock()
	defer b.mu.Unlock()
	var text []string
	for _, l := range b.lines {
		if l.id == id {
			text = append(text, l.text)
		}
	}
	return strings.Join(text, "\n")
}

// door is a server that holds every caller until it is opened once for each.
type door struct {
	*httptest.Server
	entered chan struct{}
	open    chan struct{}
}

func newDoor(t *testing.T) *door {
	d := &door{entered: make(chan struct{}, 16), open: make(chan struct{})}
	d.Server = httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		d.entered <- struct{}{}
		select {
		case <-d.open:
		case <-r.Context().Done():
		}
	}))
	t.Cleanup(d.Close)
	return d
}

func decode[T any](t *testing.T, payload []byte) T {
	t.Helper()
	var v T
	if err := json.Unmarshal(payload, &v); err != nil {
		t.Fatalf("decode %s: %v", payload, err)
	}
	return v
}

type echo struct {
	Text, ID    string
	Served, PID int
}

type failure struct{ ErrorType, ErrorMessage string }

func credentials(context.Context) (aws.Credentials, error) {
	return aws.Credentials{AccessKeyID: "AKIATEST", SecretAccessKey: "secret"}, nil
}
