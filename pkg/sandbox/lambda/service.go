package lambda

import (
	"context"
	"crypto/rand"
	"fmt"
	"sync"

	"github.com/aws/aws-sdk-go-v2/service/lambda/types"
	"github.com/cutover-ecs/cutover/pkg/sandbox/background"
	"github.com/cutover-ecs/cutover/pkg/sandbox/clock"
	"github.com/cutover-ecs/cutover/pkg/sandbox/kms"
	"github.com/cutover-ecs/cutover/pkg/sandbox/signal"
	"github.com/cutover-ecs/cutover/pkg/sandbox/wire"
)

// AccountConcurrency is the account's limit on concurrent executions, AWS's default.
const AccountConcurrency = 1000

// Options of a Service. Clock and Code are needed; the others have defaults that do nothing.
type Options struct {
	// Clock measures the waits between asynchronous attempts, under the name "lambda-retry".
	Clock *clock.Clock
	// Account and Region of the functions' ARNs.
	Account, Region string
	// Endpoint is where functions find AWS's APIs: http://127.0.0.1:4566. It becomes AWS_ENDPOINT_URL.
	Endpoint func() string
	// Proxy becomes the functions' HTTP_PROXY and HTTPS_PROXY.
	Proxy func() string
	// Authority, when given, is the file of the certificates that functions trust: their SSL_CERT_FILE.
	Authority string
	// Code tells the path of the bootstrap behind a code location in S3.
	Code func(bucket, key string) (bootstrap string, err error)
	// Credentials issues the credentials of an environment. The session's name is the function's.
	Credentials func(roleARN, session string) (accessKey, secret, token string)
	// Allow asks whether a function's role, in a session with the function's name, may do something that Lambda does
	// as it: network interfaces, log streams. The default allows it.
	Allow func(ctx context.Context, role, session, action, resource string) error
	// Throttled, when given, is asked before each execution whether there is no concurrency left for it.
	Throttled func(function string) bool
	// Disturb, when given, is asked at each execution what befalls it.
	Disturb func(function string) Disturbance
	// Count, when given, takes values of the metrics of CloudWatch's namespace AWS/Lambda: Invocations, Errors, Throttles and
	// Duration in milliseconds.
	Count func(function, metric string, value float64)
	// Log is told every line that a function logs, with the request that it belongs to; the request is empty
	// for what is logged between invocations.
	Log func(function, requestID, line string)
	// Write is told every line that goes to the logs service.
	Write func(group, stream, line string)
}

func (o Options) withDefaults() Options {
	if o.Clock == nil {
		o.Clock = clock.New(1)
	}
	if o.Endpoint == nil {
		o.Endpoint = func() string { return "" }
	}
	if o.Count == nil {
		o.Count = func(string, string, float64) {}
	}
	if o.Proxy == nil {
		o.Proxy = func() string { return "" }
	}
	if o.Code == nil {
		o.Code = func(bucket, key string) (string, error) {
			return "", fmt.Errorf("s3://%s/%s is not there", bucket, key)
		}
	}
	if o.Credentials == nil {
		o.Credentials = func(_, session string) (string, string, string) { return "ASIA" + session, "secret", "token" }
	}
	if o.Allow == nil {
		o.Allow = func(context.Context, string, string, string, string) error { return nil }
	}
	if o.Log == nil {
		o.Log = func(string, string, string) {}
	}
	if o.Write == nil {
		o.Write = func(string, string, string) {}
	}
	return o
}

// Service holds functions and their environments. Use New; a Service is safe for concurrent use.
type Service struct {
	opts  Options
	srv   *wire.Server
	keys  kms.User
	work  background.Work // processes, invocations, and what is queued
	freed signal.Signal   // a place for an execution became free, or a limit changed

	mu        sync.Mutex
	functions map[string]*function
	running   int // executions under way that count against the unreserved limit
}

// function is one function's state, guarded by Service.mu.
type function struct {
	config      types.FunctionConfiguration
	location    types.FunctionCodeLocation
	bootstrap   string
	tags        map[string]string
	environment map[string]string
	sealed      sealed // the same, under a KMS key
	async       *types.FunctionEventInvokeConfig
	reserved    *int32
	permissions []statement

	running int
	queued  int
	idle    []*environment
	all     map[*environment]struct{}
}

// New returns a service without functions.
func New(opts Options) *Service {
	return &Service{opts: opts.withDefaults(), functions: map[string]*function{}}
}

// Register puts the operations on srv. Asynchronous failures are delivered through it too.
func (s *Service) Register(srv *wire.Server) {
	s.srv, s.keys = srv, kms.User{Server: srv, Service: "lambda"}
	wire.On(srv, "lambda", s.createFunction)
	wire.On(srv, "lambda", s.deleteFunction)
	wire.On(srv, "lambda", s.updateFunctionCode)
	wire.On(srv, "lambda", s.updateFunctionConfiguration)
	wire.On(srv, "lambda", s.getFunction)
	wire.On(srv, "lambda", s.getFunctionConfiguration)
	wire.On(srv, "lambda", s.listFunctions)
	wire.On(srv, "lambda", s.getAccountSettings)
	wire.On(srv, "lambda", s.putFunctionConcurrency)
	wire.On(srv, "lambda", s.getFunctionConcurrency)
	wire.On(srv, "lambda", s.deleteFunctionConcurrency)
	wire.On(srv, "lambda", s.putFunctionEventInvokeConfig)
	wire.On(srv, "lambda", s.getFunctionEventInvokeConfig)
	wire.On(srv, "lambda", s.deleteFunctionEventInvokeConfig)
	wire.On(srv, "lambda", s.addPermission)
	wire.On(srv, "lambda", s.removePermission)
	wire.On(srv, "lambda", s.getPolicy)
	wire.On(srv, "lambda", s.invoke)
}

// Close kills every process and returns when all of them, and everything queued, have ended.
func (s *Service) Close() {
	s.mu.Lock()
	s.work.End()
	for _, f := range s.functions {
		f.retire()
	}
	s.mu.Unlock()
	s.work.Wait()
}

// hexID is a random run of 32 hexadecimal digits.
func hexID() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails
	return fmt.Sprintf("%x", b[:])
}
