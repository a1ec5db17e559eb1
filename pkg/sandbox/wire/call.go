package wire

import (
	"context"
	"fmt"
	"reflect"
	"strings"
	"sync"
	"time"
)

// Caller is the principal behind a call.
type Caller struct {
	// ARN as sts:GetCallerIdentity tells it: arn:aws:iam::<account>:root or
	// arn:aws:sts::<account>:assumed-role/<role>/<session>.
	ARN string
	// Role is the ARN of the role behind an assumed-role session; empty for root.
	Role string
	// AccessKey that the call was signed with; empty for calls within the sandbox.
	AccessKey string
}

type callerKey struct{}

// WithCaller returns a context whose calls are made by c.
func WithCaller(ctx context.Context, c Caller) context.Context {
	return context.WithValue(ctx, callerKey{}, c)
}

// CallerOf is the principal of the call that ctx belongs to; zero when there is none.
func CallerOf(ctx context.Context) Caller {
	c, _ := ctx.Value(callerKey{}).(Caller)
	return c
}

// Entry is one call in the trail.
type Entry struct {
	Time    time.Time
	Caller  Caller
	Service string // signing name: "ecs", "elasticloadbalancing", "codedeploy", …
	Action  string // operation name: "DescribeServices"
	Input   any    // the SDK's own input, not to be changed
	Error   string // error code of the answer; empty when it succeeded
}

// Server dispatches typed calls, those that arrive over HTTP and those made within the sandbox alike.
// Use New.
type Server struct {
	opts     Options
	mu       sync.RWMutex
	byInput  map[reflect.Type]*operation
	byAction map[string]map[string]*operation // service, action
	trail    trail
}

// Options of a Server.
type Options struct {
	// Account and Region that the sandbox plays.
	Account, Region string
	// Identify finds the principal that an access key belongs to; nil makes every caller the account's root.
	Identify func(accessKey string) (Caller, bool)
	// Before, when given, is asked before each call; its error is the call's answer. Policies and injected
	// faults stand here.
	Before func(ctx context.Context, service, action string, input any) error
	// TrailSize is how many calls the trail remembers. Default 10,000.
	TrailSize int
}

type operation struct {
	service, action string
	input, output   reflect.Type
	call            func(ctx context.Context, in any) (any, error)
}

// New returns a server without operations.
func New(opts Options) *Server {
	if opts.TrailSize == 0 {
		opts.TrailSize = 10_000
	}
	return &Server{
		opts:     opts,
		byInput:  map[reflect.Type]*operation{},
		byAction: map[string]map[string]*operation{},
	}
}

// Account that the sandbox plays.
func (s *Server) Account() string { return s.opts.Account }

// Region that the sandbox plays.
func (s *Server) Region() string { return s.opts.Region }

// On registers the handler of one operation. service is the signing name of the SigV4 credential scope; the
// operation's name is the input type's name less "Input". Handlers return the SDK's own typed errors.
func On[In, Out any](s *Server, service string, handle func(context.Context, *In) (*Out, error)) {
	in := reflect.TypeFor[In]()
	op := &operation{
		service: service,
		action:  strings.TrimSuffix(in.Name(), "Input"),
		input:   in,
		output:  reflect.TypeFor[Out](),
		call: func(ctx context.Context, in any) (any, error) {
			out, err := handle(ctx, in.(*In))
			if err != nil {
				return nil, err
			}
			return out, nil
		},
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.byInput[in] = op
	if s.byAction[service] == nil {
		s.byAction[service] = map[string]*operation{}
	}
	s.byAction[service][op.action] = op
}

// Call makes a call within the sandbox, as the caller of ctx. It passes the same checks and leaves the same
// trail as one that arrives over HTTP. in is a pointer to an SDK input:
//
//	out, err := wire.Call[ecs.DescribeServicesOutput](ctx, srv, &ecs.DescribeServicesInput{…})
func Call[Out any](ctx context.Context, s *Server, in any) (*Out, error) {
	s.mu.RLock()
	op := s.byInput[reflect.TypeOf(in).Elem()]
	s.mu.RUnlock()
	if op == nil {
		return nil, fmt.Errorf("no operation takes %T", in)
	}
	out, err := s.do(ctx, op, in)
	if err != nil {
		return nil, err
	}
	return out.(*Out), nil
}

// do is the one way by which every call is checked, made and recorded.
func (s *Server) do(ctx context.Context, op *operation, in any) (out any, err error) {
	if s.opts.Before != nil {
		err = s.opts.Before(ctx, op.service, op.action, in)
	}
	if err == nil {
		out, err = op.call(ctx, in)
	}
	s.trail.add(s.opts.TrailSize, Entry{
		Time: time.Now(), Caller: CallerOf(ctx),
		Service: op.service, Action: op.action, Input: in, Error: codeOf(err),
	})
	return out, err
}

// Trail is every call that was made, oldest first, as far back as it is remembered.
func (s *Server) Trail() []Entry { return s.trail.all() }
