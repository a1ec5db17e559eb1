// Package scheduler is EventBridge Scheduler: schedules of rate, cron and one time that invoke Lambda functions, SQS
// queues and SNS topics as the role that they name.
//
// Times pass on the sandbox's clock, yet a schedule never fires more often than once a second of real time. There is
// one group, default; flexible time windows are kept and not used. When Close returns, no goroutine is left.
package scheduler

import (
	"context"
	"fmt"
	"log/slog"
	"sync"

	"github.com/aws/aws-sdk-go-v2/service/scheduler"
	"github.com/aws/aws-sdk-go-v2/service/scheduler/types"
	"github.com/cutover-ecs/cutover/pkg/sandbox/background"
	"github.com/cutover-ecs/cutover/pkg/sandbox/clock"
	"github.com/cutover-ecs/cutover/pkg/sandbox/wire"
)

// Options of a Service. All have defaults.
type Options struct {
	// Clock measures schedules ("schedule") and the waits between attempts ("schedule-retry").
	Clock *clock.Clock
	// Account and Region of the schedules' ARNs.
	Account, Region string
	// Endpoint begins the URLs of queues: http://127.0.0.1:4566.
	Endpoint func() string
	// Log is told of invocations that were given up.
	Log *slog.Logger
}

// Service holds schedules. Use New; a Service is safe for concurrent use.
type Service struct {
	opts Options
	srv  *wire.Server
	work background.Work

	mu        sync.Mutex
	schedules map[string]*entry
	created   scheduler.GetScheduleGroupOutput // the default group
}

// entry is a schedule, guarded by Service.mu.
type entry struct {
	scheduler.GetScheduleOutput
	stop context.CancelFunc
}

const group = "default"

// New returns a service without schedules.
func New(opts Options) *Service {
	if opts.Clock == nil {
		opts.Clock = clock.New(1)
	}
	if opts.Endpoint == nil {
		opts.Endpoint = func() string { return "" }
	}
	if opts.Log == nil {
		opts.Log = slog.New(slog.DiscardHandler)
	}
	s := &Service{opts: opts, schedules: map[string]*entry{}}
	now, name := opts.Clock.Now(), group
	arn := fmt.Sprintf("arn:aws:scheduler:%s:%s:schedule-group/%s", opts.Region, opts.Account, group)
	s.created = scheduler.GetScheduleGroupOutput{
		Name: &name, Arn: &arn, CreationDate: &now, LastModificationDate: &now, State: types.ScheduleGroupStateActive,
	}
	return s
}

// Register puts the operations on srv. Targets are reached through it too.
func (s *Service) Register(srv *wire.Server) {
	s.srv = srv
	wire.On(srv, "scheduler", s.createSchedule)
	wire.On(srv, "scheduler", s.getSchedule)
	wire.On(srv, "scheduler", s.listSchedules)
	wire.On(srv, "scheduler", s.updateSchedule)
	wire.On(srv, "scheduler", s.deleteSchedule)
	wire.On(srv, "scheduler", s.getScheduleGroup)
	wire.On(srv, "scheduler", s.listScheduleGroups)
}

// Close ends every schedule and returns when they have ended.
func (s *Service) Close() { s.work.Close() }
