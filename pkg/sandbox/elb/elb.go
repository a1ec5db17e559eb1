// Package elb is the sandbox's Elastic Load Balancing: application load balancers whose listeners speak real
// HTTP to real targets: HTTP/1.1, and over TLS HTTP/2 where a client offers it.
//
// The control plane keeps what the SDK's elasticloadbalancingv2 types say and answers with AWS's error codes. The
// data plane forwards by weight, checks health on the sandbox's clock and drains: changing weights, moving all
// traffic and taking targets away lose no request as long as the targets themselves answer. Requests and responses
// pass through streamed, never held whole.
//
// Not built: TLS and HTTP/2 to targets, client certificates, gRPC, network load balancers, cookies of the application's
// own for stickiness, slow start, authentication actions. Asking for a protocol, action or condition that is not built is
// an error; an attribute without effect is kept and logged.
package elb

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"encoding/hex"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"github.com/cutover-ecs/cutover/pkg/sandbox/background"
	"github.com/cutover-ecs/cutover/pkg/sandbox/clock"
	"github.com/cutover-ecs/cutover/pkg/sandbox/signal"
)

// Options of a Service. Clock, Dial and Listen are required.
type Options struct {
	// Clock that health checks and deregistration delays wait on.
	Clock *clock.Clock
	// Dial reaches a target: addr is its address in the VPC and port, "10.0.0.12:80".
	Dial func(ctx context.Context, network, addr string) (net.Conn, error)
	// Listen opens the socket of one listener. port is the declared one; what is really opened may differ.
	Listen func(loadBalancer string, port int) (net.Listener, error)
	// Certificate, when given, is the one behind an ARN; nil when there is none.
	Certificate func(arn string) *tls.Certificate
	// Account and Region that ARNs name.
	Account, Region string
	// Observe, when given, takes one value of a metric of the namespace AWS/ApplicationELB as it happens.
	// loadBalancer and targetGroup are full names, as in the metrics' dimensions: app/<name>/<id> and
	// targetgroup/<name>/<id>. targetGroup is empty for what belongs to a load balancer alone; AWS counts a
	// target group's values under its load balancer too, and that is left to the receiver.
	Observe func(metric, loadBalancer, targetGroup string, value float64)
	// Spread is how long a change of a listener takes, on the clock, to reach every node of its load balancer; until
	// then a client may meet a node that routes as before. 0: it takes no time.
	Spread time.Duration
	// Disturb, when given, is asked at each request to a target and at each health check (check true) what befalls
	// it. It is asked often, and must answer fast.
	Disturb func(targetGroup, addr string, check bool) Disturbance
	// Log, when given, is told of failing targets and of settings without effect.
	Log *slog.Logger
}

// Service holds load balancers, listeners, rules, target groups and targets. Use New; it is safe for concurrent use.
type Service struct {
	opts    Options
	work    background.Work
	changed signal.Signal
	checker *http.Client
	buffers *buffers
	sticky  stickiness

	mu        sync.Mutex
	balancers []*balancer
	groups    []*group
	listeners []*listener
}

// New returns a service without load balancers.
func New(opts Options) *Service {
	if opts.Log == nil {
		opts.Log = slog.New(slog.DiscardHandler)
	}
	if opts.Observe == nil {
		opts.Observe = func(string, string, string, float64) {}
	}
	return &Service{
		opts:    opts,
		checker: newChecker(opts.Dial),
		buffers: newBuffers(),
		sticky:  newStickiness(),
	}
}

// Changed returns a channel that is closed at the next change of a listener, a rule, a target or a target's health.
func (s *Service) Changed() <-chan struct{} { return s.changed.Changed() }

// Close ends every listener, request, health check and drain, and returns when they have ended.
func (s *Service) Close() {
	s.mu.Lock()
	s.work.End()
	listeners := s.listeners
	s.listeners = nil
	s.mu.Unlock()
	for _, l := range listeners {
		l.shut()
	}
	s.work.Wait()
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, g := range s.groups {
		for _, t := range g.targets {
			t.via.Load().CloseIdleConnections()
		}
	}
}

// shutGrace is how long requests that were under way may take to notice that their listener has gone.
const shutGrace = time.Second

func (s *Service) arn(resource string) string {
	return "arn:aws:elasticloadbalancing:" + s.opts.Region + ":" + s.opts.Account + ":" + resource
}

func newID() string {
	var b [8]byte
	_, _ = rand.Read(b[:]) // never fails, see crypto/rand
	return hex.EncodeToString(b[:])
}

func tagsOf(tags map[string]string) []types.Tag {
	out := make([]types.Tag, 0, len(tags))
	for _, k := range sortedKeys(tags) {
		v := tags[k]
		out = append(out, types.Tag{Key: &k, Value: &v})
	}
	return out
}
