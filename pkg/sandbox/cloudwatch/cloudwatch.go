// Package cloudwatch is the sandbox's CloudWatch: metrics in memory and alarms over one metric each.
//
// Data points keep their real time; what the clock shortens is the alarms' periods, so that an alarm over one minute
// looks at one second of traffic when the clock runs at 60. Memory is bounded: at most 1,000 metrics with about
// three hours of the sandbox's time each; the oldest data go first.
//
// Dashboards are kept and their bodies checked; nobody draws them.
//
// Not built: metric math, anomaly detection, composite alarms, percentiles, alarm actions other than telling a topic of SNS.
// Asking for one of them is an error, except for actions, which are kept and described.
package cloudwatch

import (
	"context"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/cutover-ecs/cutover/pkg/sandbox/background"
	"github.com/cutover-ecs/cutover/pkg/sandbox/clock"
	"github.com/cutover-ecs/cutover/pkg/sandbox/signal"
	"github.com/cutover-ecs/cutover/pkg/sandbox/wire"
)

// Options of a Service. Clock is required.
type Options struct {
	// Clock that the alarms' periods run on.
	Clock *clock.Clock
	// Account and Region that ARNs name.
	Account, Region string
	// Emit, when given, takes the event "CloudWatch Alarm State Change".
	Emit func(source, detailType string, resources []string, detail any)
	// Gauge, when given, tells the present value of a metric that nobody puts, such as a queue's length. It is asked
	// whenever an alarm over that metric is evaluated.
	Gauge func(namespace, metric string, dims map[string]string) (value float64, ok bool)
	// Log of actions that could not be taken. nil: none.
	Log *slog.Logger
}

// Service holds metrics and alarms. Use New; it is safe for concurrent use.
type Service struct {
	opts    Options
	srv     *wire.Server // where topics are told
	work    background.Work
	changed signal.Signal

	mu         sync.Mutex
	series     map[string]*series
	alarms     map[string]*alarm    // by name
	dashboards map[string]dashboard // by name
}

// New returns a service without metrics or alarms.
func New(opts Options) *Service {
	if opts.Emit == nil {
		opts.Emit = func(string, string, []string, any) {}
	}
	if opts.Log == nil {
		opts.Log = slog.New(slog.DiscardHandler)
	}
	return &Service{opts: opts, series: map[string]*series{}, alarms: map[string]*alarm{}, dashboards: map[string]dashboard{}}
}

// Register makes the service answer the operations of monitoring, CloudWatch's signing name, that the sandbox has.
func (s *Service) Register(srv *wire.Server) {
	s.srv = srv
	on(srv, s.putMetricAlarm)
	on(srv, s.describeAlarms)
	on(srv, s.setAlarmState)
	on(srv, s.deleteAlarms)
	on(srv, s.putMetricData)
	on(srv, s.getMetricStatistics)
	on(srv, s.listMetrics)
	on(srv, s.putDashboard)
	on(srv, s.getDashboard)
	on(srv, s.listDashboards)
	on(srv, s.deleteDashboards)
}

func on[In, Out any](srv *wire.Server, handle func(*In) (*Out, error)) {
	wire.On(srv, "monitoring", func(_ context.Context, in *In) (*Out, error) { return handle(in) })
}

// Changed returns a channel that is closed when an alarm next changes its state, is made or is deleted.
func (s *Service) Changed() <-chan struct{} { return s.changed.Changed() }

// Close ends the evaluation of alarms and returns when it has ended.
func (s *Service) Close() { s.work.Close() }

// Put adds one value of a metric, now.
func (s *Service) Put(namespace, metric string, dims map[string]string, value float64) {
	s.add(naming(id{namespace, metric, dims}), time.Now(), point{count: 1, sum: value, low: value, high: value})
}

// Statistic of a metric over a span of the sandbox's time that ended ago: "Sum", "Average", "Minimum", "Maximum" or
// "SampleCount"; false when there are no data.
func (s *Service) Statistic(namespace, metric string, dims map[string]string, statistic string, ago, over time.Duration) (float64, bool) {
	end := time.Now().Add(-s.opts.Clock.Scale(ago))
	s.mu.Lock()
	defer s.mu.Unlock()
	p := s.between(id{namespace, metric, dims}.key(), end.Add(-s.opts.Clock.Scale(over)), end)
	if p.count == 0 {
		return 0, false
	}
	return p.value(statistic)
}

// id of a metric.
type id struct {
	namespace, name string
	dims            map[string]string
}

// named is a metric and the key that its id makes.
type named struct {
	id
	at string
}

func naming(m id) named { return named{m, m.key()} }

func (m id) key() string {
	n := len(m.namespace) + len(m.name) + 2
	for k, v := range m.dims {
		n += len(k) + len(v) + 2
	}
	b := make([]byte, 0, n)
	b = append(append(append(append(b, m.namespace...), 0), m.name...), 0)
	for _, k := range slices.Sorted(maps.Keys(m.dims)) {
		b = append(append(append(append(b, k...), 0), m.dims[k]...), 0)
	}
	return string(b)
}
