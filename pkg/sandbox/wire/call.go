package wire

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/cutover-ecs/cutover/pkg/sandbox/recent"
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
	// Source is the ARN of the resource on whose behalf a service calls, such as a rule's; empty for others.
	Source string
	// Via is the service through which a call in the caller's name comes to KMS: sqs.<region>.amazonaws.com; empty for
	// the caller's own calls.
	Via string
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
	Input   any    // the SDK's own input, not to be changed; nil for what is no call of the API
	Subject string // what it is about, where Input does not tell
	Allowed string // what allowed it, in words; empty when nothing was asked, or it was refused
	Error   string // error code of the answer; empty when it succeeded
	Fault   string // what was injected, in words; empty when nothing was
}

// Server dispatches typed calls, those that arrive over HTTP and those made within the sandbox alike.
// Use New.
type Server struct {
	opts     Options
	mu       sync.RWMutex
	byInput  map[reflect.Type]*operation
	byAction map[string]map[string]*operation // service, action
	rest     map[string]http.Handler          // service
	trail    trail
}

// Options of a Server.
type Options struct {
	// Account and Region that the sandbox plays.
	Account, Region string
	// Identify finds the principal that an access key belongs to; nil makes every caller the account's root.
	Identify func(accessKey string) (Caller, bool)
	// Around, when given, makes each call by next, which asks Before too, or does not; what it returns is the
	// call's answer. fault, when it is not empty, marks the call in the trail. Injected faults stand here.
	Around func(ctx context.Context, service, action string, input any, next func() (any, error)) (out any, fault string, err error)
	// Check, when given, tells what is wrong with the input of a call by the service's model, before Before; its
	// error is the call's answer.
	Check func(service, action string, input any) error
	// Before, when given, is asked before each call and says what allows it, for the trail; its error is the call's
	// answer. Policies stand here.
	Before func(ctx context.Context, service, action string, input any) (allowed string, err error)
	// TrailSize is how many calls the trail remembers. Default 10,000.
	TrailSize int
	// Log is told of handlers that panicked; nil discards.
	Log *slog.Logger
}

type operation struct {
	service, action string
	make            func() any // a new input
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
		rest:     map[string]http.Handler{},
		trail:    trail{entries: recent.New[Entry](opts.TrailSize)},
	}
}

// Operation is the name of a registered operation.
type Operation struct {
	Service string // signing name
	Action  string
}

// Operations are all registered operations, in order.
func (s *Server) Operations() []Operation {
	s.mu.RLock()
	defer s.mu.RUnlock()
	var all []Operation
	for _, op := range s.byInput {
		all = append(all, Operation{Service: op.service, Action: op.action})
	}
	slices.SortFunc(all, func(a, b Operation) int {
		return cmp.Or(strings.Compare(a.Service, b.Service), strings.Compare(a.Action, b.Action))
	})
	return all
}

// Account that the sandbox plays.
func (s *Server) Account() string { return s.opts.Account }

// Region that the sandbox plays.
func (s *Server) Region() string { return s.opts.Region }

// On registers the handler of one operation. service is the signing name of the SigV4 credential scope; the
// operation's name is the input type's name less "Input". Handlers return the SDK's own typed errors; any other
// error is an InternalFailure. No output and no error is an empty output.
func On[In, Out any](s *Server, service string, handle func(context.Context, *In) (*Out, error)) {
	in := reflect.TypeFor[In]()
	op := &operation{
		service: service,
		action:  strings.TrimSuffix(in.Name(), "Input"),
		make:    func() any { return new(In) },
		call: func(ctx context.Context, in any) (any, error) {
			out, err := handle(ctx, in.(*In))
			if err != nil {
				return nil, err
			}
			if out == nil {
				out = new(Out)
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
	t := reflect.TypeOf(in)
	if t == nil || t.Kind() != reflect.Pointer {
		return nil, fmt.Errorf("no operation takes %T: a pointer to an input is wanted", in)
	}
	s.mu.RLock()
	op := s.byInput[t.Elem()]
	s.mu.RUnlock()
	if op == nil {
		return nil, clientError(codeUnknown, fmt.Sprintf("the sandbox has no operation for %T", in))
	}
	out, err := s.do(ctx, op, in)
	if err != nil {
		return nil, err
	}
	typed, ok := out.(*Out)
	if !ok {
		return nil, fmt.Errorf("%s:%s returns %T, not %T", op.service, op.action, out, typed)
	}
	return typed, nil
}

// do is the one way by which every operation is checked, made and recorded.
func (s *Server) do(ctx context.Context, op *operation, in any) (out any, err error) {
	return s.Make(ctx, Entry{Service: op.service, Action: op.action, Input: in}, func(allowed *string) (any, error) {
		return s.checked(ctx, op, in, allowed)
	})
}

// Make makes a call by next, as the caller of ctx, or injects a fault, and records what came of it beside what e says of it.
// next notes what allowed it. Services whose calls have no types of the SDK's make theirs so; what they refuse is an
// error of the API's.
func (s *Server) Make(ctx context.Context, e Entry, next func(allowed *string) (any, error)) (out any, err error) {
	e.Caller = CallerOf(ctx)
	made := func() (any, error) { return next(&e.Allowed) }
	if s.opts.Around != nil {
		out, e.Fault, err = s.opts.Around(ctx, e.Service, e.Action, e.Input, made)
	} else {
		out, err = made()
	}
	e.Error = codeOf(err)
	s.Record(e)
	return out, err
}

// checked makes a call unless Check or Before refuses it, and tells what allowed it.
func (s *Server) checked(ctx context.Context, op *operation, in any, allowed *string) (out any, err error) {
	if s.opts.Check != nil {
		if err := s.opts.Check(op.service, op.action, in); err != nil {
			return nil, err
		}
	}
	if s.opts.Before != nil {
		if *allowed, err = s.opts.Before(ctx, op.service, op.action, in); err != nil {
			return nil, err
		}
	}
	return s.guarded(ctx, op, in)
}

// Record adds to the trail what did not come over this wire, such as a fault that was injected elsewhere. An entry
// without a time is of now.
func (s *Server) Record(e Entry) {
	if e.Time.IsZero() {
		e.Time = time.Now()
	}
	s.trail.add(e)
}

// Trail is every call that was made, oldest first, as far back as it is remembered.
func (s *Server) Trail() []Entry {
	all, _, _ := s.trail.since(0)
	return all
}

// TrailSince is what the trail got after its first seen entries, oldest first; those that it no longer remembers
// are left out. next is what to ask with afterwards, and changed is closed when there is more.
func (s *Server) TrailSince(seen int) (entries []Entry, next int, changed <-chan struct{}) {
	return s.trail.since(seen)
}
