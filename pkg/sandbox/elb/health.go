package elb

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
)

// checkFloor is the shortest real time between two health checks of a target, however fast the clock runs.
const checkFloor = 50 * time.Millisecond

// startFloor is the real time that a target has to begin to listen, however fast the clock runs: its process is real.
const startFloor = 5 * time.Second

// verdict of one health check. reason is empty when it passed.
type verdict struct {
	reason types.TargetHealthReasonEnum
	why    string
}

// newChecker returns a client that connects anew for each check and follows no redirect, as AWS does.
func newChecker(dial func(ctx context.Context, network, addr string) (net.Conn, error)) *http.Client {
	return &http.Client{
		Transport: &http.Transport{
			DialContext: dial, DisableKeepAlives: true, DisableCompression: true, MaxResponseHeaderBytes: maxHeader,
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// watch checks a target's health until its stop is called. The caller holds s.mu.
func (s *Service) watch(g *group, t *target) {
	ctx, cancel := context.WithCancel(s.work.Context())
	t.stop = cancel
	s.work.Go(func() {
		defer cancel()
		for {
			c := s.begin(g, t)
			v := s.probe(ctx, c, t)
			s.judge(ctx, g, t, v)
			pause := max(s.opts.Clock.Scale(c.interval), checkFloor)
			if s.opts.Clock.Scale(c.interval) < checkFloor && v.reason != "" && s.starting(t) {
				pause = s.attend(ctx, g, t, c)
			}
			if s.opts.Clock.WaitReal(ctx, "health-check", pause) != nil {
				return
			}
		}
	})
}

// attend asks a target that starts again and again during a pause that only the floor makes so long, and lets its first
// pass count at once; a failure counts when the pause is over. It returns what is left of the pause.
func (s *Service) attend(ctx context.Context, g *group, t *target, c check) time.Duration {
	left := checkFloor
	for again := 2 * time.Millisecond; again < left; again *= 2 {
		if s.opts.Clock.WaitReal(ctx, "health-check", again) != nil {
			return 0
		}
		left -= again
		if v := s.probe(ctx, c, t); v.reason == "" {
			s.judge(ctx, g, t, v)
			return checkFloor
		}
	}
	return left
}

// starting reports that a target has never passed a check.
func (s *Service) starting(t *target) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return t.state == types.TargetHealthStateEnumInitial
}

// begin notes that the first check is under way, and returns what to ask.
func (s *Service) begin(g *group, t *target) check {
	s.mu.Lock()
	defer s.mu.Unlock()
	if t.reason == types.TargetHealthReasonEnumRegistrationInProgress {
		t.checked = time.Now()
		t.is(types.TargetHealthStateEnumInitial, types.TargetHealthReasonEnumInitialHealthChecking, "Initial health checks in progress")
	}
	return g.check
}

// probe asks once. Its time-out is real: the clock does not make targets faster.
func (s *Service) probe(ctx context.Context, c check, t *target) verdict {
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	addr := t.addr
	if c.port != "traffic-port" {
		addr = net.JoinHostPort(t.ip, c.port)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+addr+c.path, nil)
	if err != nil {
		return verdict{types.TargetHealthReasonEnumFailedHealthChecks, "Health checks failed"}
	}
	req.Header.Set("User-Agent", "ELB-HealthChecker/2.0")
	res, err := s.disturbed(req, t.group, t.addr, true, s.checker.Do)
	if err != nil {
		if timedOut(err) {
			return verdict{types.TargetHealthReasonEnumTimeout, "Request timed out"}
		}
		return verdict{types.TargetHealthReasonEnumFailedHealthChecks, "Health checks failed"}
	}
	defer res.Body.Close()
	_, _ = io.CopyN(io.Discard, res.Body, 1024) // AWS looks at the status only
	if !c.accepts(res.StatusCode) {
		return verdict{types.TargetHealthReasonEnumResponseCodeMismatch,
			fmt.Sprintf("Health checks failed with these codes: [%s]", strconv.Itoa(res.StatusCode))}
	}
	return verdict{}
}

// judge counts a verdict. A new target becomes healthy with its first pass; later changes take as many verdicts in a
// row as the group's thresholds say.
//
// https://docs.aws.amazon.com/elasticloadbalancing/latest/application/target-group-health-checks.html
func (s *Service) judge(ctx context.Context, g *group, t *target, v verdict) {
	s.mu.Lock()
	if ctx.Err() != nil { // stopped while asking: the answer is about a target that has left
		s.mu.Unlock()
		return
	}
	changed := false
	if v.reason == "" {
		t.good, t.bad = t.good+1, 0
		if t.state == types.TargetHealthStateEnumInitial || t.good >= g.check.healthy {
			changed = t.is(types.TargetHealthStateEnumHealthy, "", "")
		}
	} else {
		t.good, t.bad = 0, t.bad+1
		if t.state == types.TargetHealthStateEnumUnhealthy || t.bad >= g.check.unhealthy && !s.awaited(g, t, v) {
			changed = t.is(types.TargetHealthStateEnumUnhealthy, v.reason, v.why)
		}
	}
	if changed {
		g.repool()
		s.changed.Raise()
	}
	b, healthy, unhealthy := g.balancer.Load(), 0, 0
	for _, t := range g.targets {
		switch t.state {
		case types.TargetHealthStateEnumHealthy:
			healthy++
		case types.TargetHealthStateEnumUnhealthy:
			unhealthy++
		}
	}
	s.mu.Unlock()
	if b != nil {
		s.opts.Observe("HealthyHostCount", b.full, g.full, float64(healthy))
		s.opts.Observe("UnHealthyHostCount", b.full, g.full, float64(unhealthy))
	}
}

// awaited reports that a target that never passed a check is not reached, and that on this clock the failures that its
// group allows it last no longer than a process may take to start. The caller holds s.mu.
func (s *Service) awaited(g *group, t *target, v verdict) bool {
	allowed := time.Duration(g.check.unhealthy-1) * g.check.interval
	return t.state == types.TargetHealthStateEnumInitial && v.reason == types.TargetHealthReasonEnumFailedHealthChecks &&
		time.Since(t.checked) < s.opts.Clock.Deadline(allowed, startFloor)
}

func timedOut(err error) bool {
	var n net.Error
	return errors.Is(err, context.DeadlineExceeded) || errors.As(err, &n) && n.Timeout()
}
