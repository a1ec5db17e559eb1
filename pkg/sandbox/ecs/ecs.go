// Package ecs is the sandbox's Amazon ECS: clusters, task definitions, and services of the CODE_DEPLOY deployment
// controller with their task sets, whose tasks are real processes from real images.
//
// Each service has one reconciler that brings its task sets to their computed desired counts. It is woken by
// changes, of its own tasks and of the load balancer, and never polls. Not here: the ECS and EXTERNAL controllers,
// EC2 capacity, DAEMON scheduling, RunTask and ExecuteCommand; dependencies between containers are stored and told, and
// have no effect.
package ecs

import (
	"context"
	"log/slog"
	"sync"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/cutover-ecs/cutover/pkg/sandbox/clock"
	"github.com/cutover-ecs/cutover/pkg/sandbox/network"
	"github.com/cutover-ecs/cutover/pkg/sandbox/signal"
)

// Images finds the image that a container definition names.
type Images interface {
	// Image resolves a reference for an architecture, "amd64" or "arm64". Its error is a stoppedReason, which begins
	// with CannotPullContainerError.
	Image(ctx context.Context, ref, arch string) (v1.Image, error)
}

// Balancer is where tasks are registered as targets. Its answers must not depend on this package.
type Balancer interface {
	RegisterTarget(targetGroupARN, ip string, port int) error
	// DeregisterTarget begins draining; drained is closed when the deregistration delay is over.
	DeregisterTarget(targetGroupARN, ip string, port int) (drained <-chan struct{}, err error)
	// TargetHealth has the words of elasticloadbalancing:DescribeTargetHealth.
	TargetHealth(targetGroupARN, ip string, port int) (state, reason, description string)
	// Changed is closed by the next change of any target's health, or of any listener.
	Changed() <-chan struct{}
}

// Options of a Service. Clock, Account, Region, Images, Runner and Network are needed.
type Options struct {
	// Clock measures backoff and grace periods.
	Clock *clock.Clock
	// Account and Region that the sandbox plays.
	Account, Region string
	// Images finds the images of tasks.
	Images Images
	// Runner starts tasks.
	Runner Runner
	// Network gives each task an address.
	Network *network.Network
	// Balancer is told about tasks; services with load balancers are refused when it is nil.
	Balancer Balancer
	// Attached is told the address of each task and what it was started for; what it returns is called when the task
	// gives the address back. nil: nobody is told.
	Attached func(ip string, o Origin) (detached func())
	// Secrets gives the value behind a secret's valueFrom, an ARN or a parameter's name. Tasks that need one
	// cannot start when it is nil.
	Secrets func(ctx context.Context, from string) (string, error)
	// File gets an environment file by the ARN of its object in S3, as a role in a session. Tasks that have one cannot start
	// when it is nil.
	File func(ctx context.Context, role, session, arn string) ([]byte, error)
	// Mount asks whether a task's role, in a session, may take an action on an EFS file system through an access point, empty
	// for none. nil: it may.
	Mount func(ctx context.Context, role, session, action, fileSystem, accessPoint string) error
	// Allow asks whether a role, here a task's execution role in a session with the task's id, may do something that
	// ECS does as it. nil: it may do everything.
	Allow func(ctx context.Context, role, session, action, resource string) error
	// Logs receives each line that a container with the awslogs driver writes; nil drops them.
	Logs func(group, stream, line string)
	// Emit raises an event on the event bus, in order, one at a time; nil when nobody listens.
	Emit func(source, detailType string, resources []string, detail any)
	// Log is told about what has no caller to be told; nil drops it.
	Log *slog.Logger
}

// Service is the control plane. Use New; it is safe for concurrent use.
type Service struct {
	opts    Options
	changed signal.Signal
	outbox  outbox

	// spawn runs f in a goroutine whose context ends with Close, which waits for it. It does nothing after Close.
	spawn  func(f func(context.Context))
	cancel context.CancelFunc
	wg     sync.WaitGroup

	mu       sync.Mutex
	closed   bool
	clusters map[string]*cluster // by name
	families map[string]*family
}

// New returns a control plane without clusters. It runs until Close.
func New(opts Options) *Service {
	if opts.Log == nil {
		opts.Log = slog.New(slog.DiscardHandler)
	}
	if opts.Attached == nil {
		opts.Attached = func(string, Origin) func() { return func() {} }
	}
	ctx, cancel := context.WithCancel(context.Background())
	s := &Service{
		opts:     opts,
		cancel:   cancel,
		clusters: map[string]*cluster{},
		families: map[string]*family{},
	}
	s.spawn = func(f func(context.Context)) {
		if s.closed {
			return
		}
		s.wg.Go(func() { f(ctx) })
	}
	s.outbox.open(opts.Emit)
	return s
}

// Changed returns a channel that is closed by the next change of a service, task set or task.
func (s *Service) Changed() <-chan struct{} { return s.changed.Changed() }

// Close stops every task, without waiting for targets to drain, and returns when all have ended.
func (s *Service) Close() {
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()
	s.cancel()
	s.wg.Wait()
	s.outbox.close()
}

func (s *Service) now() *time.Time {
	t := s.opts.Clock.Now().Round(time.Millisecond)
	return &t
}
