// Package autoscaling is Application Auto Scaling for ECS services: scalable targets, their suspensions, and target
// tracking policies that act on the sandbox's CloudWatch metrics.
//
// Target tracking is done in a simple form of its own: once a minute of the sandbox's time a policy's metric is read
// over the minutes behind. Above its target in each of the last three, tasks are added; below nine tenths of it in each
// of the last fifteen, tasks are taken away; each time to as many as would bring the metric to its target, within the
// limits and cooldowns, by ECS's own UpdateService. AWS makes CloudWatch alarms for that; here there are none to be
// described. Of several policies, tasks are added when one asks and taken away when all agree.
//
// Not built: other services than ECS, step, scheduled and predictive scaling, tags. Asking for one of them is an error.
package autoscaling

import (
	"log/slog"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/applicationautoscaling/types"

	"github.com/cutover-ecs/cutover/pkg/sandbox/background"
	"github.com/cutover-ecs/cutover/pkg/sandbox/clock"
	"github.com/cutover-ecs/cutover/pkg/sandbox/wire"
)

// signing is the name in signatures, and the prefix of IAM's actions.
const signing = "application-autoscaling"

// Options of a Service. Clock is required.
type Options struct {
	// Clock measures the minutes between two looks ("autoscaling") and the cooldowns.
	Clock *clock.Clock
	// Account and Region that ARNs name.
	Account, Region string
	// Metric is a statistic of a metric over a span of the sandbox's time that ended ago; false without data.
	Metric func(namespace, name string, dimensions map[string]string, statistic string, ago, over time.Duration) (float64, bool)
	// Log is told of scaling that failed.
	Log *slog.Logger
}

// Service holds scalable targets and policies. Use New; a Service is safe for concurrent use.
type Service struct {
	opts Options
	srv  *wire.Server
	work background.Work

	mu         sync.Mutex
	targets    map[string]*target // by resource id
	activities []types.ScalingActivity
}

// New returns a service that scales nothing yet.
func New(opts Options) *Service {
	if opts.Metric == nil {
		opts.Metric = func(string, string, map[string]string, string, time.Duration, time.Duration) (float64, bool) {
			return 0, false
		}
	}
	if opts.Log == nil {
		opts.Log = slog.New(slog.DiscardHandler)
	}
	return &Service{opts: opts, targets: map[string]*target{}}
}

// Register puts the operations on srv. ECS is reached through it too.
func (s *Service) Register(srv *wire.Server) {
	s.srv = srv
	wire.On(srv, signing, s.registerScalableTarget)
	wire.On(srv, signing, s.describeScalableTargets)
	wire.On(srv, signing, s.deregisterScalableTarget)
	wire.On(srv, signing, s.putScalingPolicy)
	wire.On(srv, signing, s.describeScalingPolicies)
	wire.On(srv, signing, s.deleteScalingPolicy)
	wire.On(srv, signing, s.describeScalingActivities)
}

// Close ends all scaling and returns when it has ended.
func (s *Service) Close() { s.work.Close() }
