package elb

import (
	"net"
	"net/http"
	"net/http/httputil"
	"net/netip"
	"slices"
	"strconv"
	"sync/atomic"
	"time"

	elbv2 "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
)

type target struct {
	ip    string
	port  int
	addr  string // ip:port
	group *group

	// Read and written by requests without a lock.
	inFlight atomic.Int64
	draining atomic.Bool
	idle     chan struct{} // told when the last request of a draining target ended
	via      atomic.Pointer[http.Transport]
	proxy    *httputil.ReverseProxy

	// Under the service's lock.
	state     types.TargetHealthStateEnum
	reason    types.TargetHealthReasonEnum
	why       string
	good, bad int           // health checks in a row
	stop      func()        // ends its health checks; nil when there are none
	drained   chan struct{} // closed when it has left the group
}

// RegisterTarget adds a target to a group. One that is there already stays as it is; one that drains starts anew.
func (s *Service) RegisterTarget(targetGroupARN, ip string, port int) error {
	if _, err := netip.ParseAddr(ip); err != nil {
		return badTarget("The IP address '%s' is not a valid IPv4 address", ip)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	g, err := s.group(targetGroupARN)
	if err != nil {
		return err
	}
	if port == 0 {
		port = g.port
	}
	if port < 1 || port > 65535 {
		return badTarget("The port '%d' is not valid", port)
	}
	if old := g.find(ip, port); old != nil {
		if !old.draining.Load() {
			return nil
		}
		g.remove(old)
	}
	t := &target{
		ip: ip, port: port, addr: net.JoinHostPort(ip, strconv.Itoa(port)), group: g,
		idle: make(chan struct{}, 1), drained: make(chan struct{}),
	}
	timeout := defaultIdle
	if b := g.balancer.Load(); b != nil {
		timeout = b.idle()
	}
	t.via.Store(s.transport(timeout))
	t.proxy = s.reverseProxy(t)
	g.targets = append(g.targets, t)
	s.enlist(g, t)
	g.repool()
	s.changed.Raise()
	return nil
}

// DeregisterTarget takes a target away: from now on it gets no new request, and drained is closed when it has left
// the group. That is after the group's deregistration delay on the sandbox's clock, which AWS waits out even when
// no request is under way; because requests are not shortened by the clock, those under way get at least a real
// minute of the delay. A target of a group that no listener uses leaves as soon as its requests have ended.
// A target that is not registered has left already.
//
// https://docs.aws.amazon.com/elasticloadbalancing/latest/application/edit-target-group-attributes.html#deregistration-delay
func (s *Service) DeregisterTarget(targetGroupARN, ip string, port int) (drained <-chan struct{}, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	g, err := s.group(targetGroupARN)
	if err != nil {
		return nil, err
	}
	if port == 0 {
		port = g.port
	}
	t := g.find(ip, port)
	if t == nil {
		gone := make(chan struct{})
		close(gone)
		return gone, nil
	}
	if t.draining.Load() {
		return t.drained, nil
	}
	if t.stop != nil {
		t.stop()
		t.stop = nil
	}
	delay, full := time.Duration(0), g.delay()
	if t.state != types.TargetHealthStateEnumUnused {
		delay = full
	}
	t.draining.Store(true)
	t.is(types.TargetHealthStateEnumDraining, types.TargetHealthReasonEnumDeregistrationInProgress, "Target deregistration is in progress")
	g.repool()
	if s.closed {
		close(t.drained)
		return t.drained, nil
	}
	s.work.Go(func() { s.drain(g, t, delay, s.opts.Clock.Deadline(full, time.Minute)) })
	s.changed.Raise()
	return t.drained, nil
}

// drain waits for delay on the clock, then for the target's requests, together at most limit of real time.
func (s *Service) drain(g *group, t *target, delay, limit time.Duration) {
	end := time.NewTimer(limit)
	defer end.Stop()
	if s.opts.Clock.Wait(s.ctx, "deregistration-delay", delay) == nil {
	requests:
		for t.inFlight.Load() > 0 {
			select {
			case <-t.idle:
			case <-end.C:
				s.opts.Log.Warn("target left with requests under way", "targetGroup", g.name, "target", t.addr, "requests", t.inFlight.Load())
				break requests
			case <-s.ctx.Done():
				break requests
			}
		}
	}
	s.mu.Lock()
	g.remove(t)
	s.mu.Unlock()
	t.via.Load().CloseIdleConnections()
	close(t.drained)
	s.changed.Raise()
}

// TargetHealth is a target's state and, unless it is healthy, the reason, in AWS's words. A target that is not
// registered, or whose group does not exist, is unused.
func (s *Service) TargetHealth(targetGroupARN, ip string, port int) (state, reason string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if g, err := s.group(targetGroupARN); err == nil {
		if port == 0 {
			port = g.port
		}
		if t := g.find(ip, port); t != nil {
			return string(t.state), string(t.reason)
		}
	}
	return string(types.TargetHealthStateEnumUnused), string(types.TargetHealthReasonEnumNotRegistered)
}

func (s *Service) registerTargets(in *elbv2.RegisterTargetsInput) (*elbv2.RegisterTargetsOutput, error) {
	for _, t := range in.Targets {
		if err := s.RegisterTarget(str(in.TargetGroupArn), str(t.Id), portOf(t)); err != nil {
			return nil, err
		}
	}
	return &elbv2.RegisterTargetsOutput{}, nil
}

func (s *Service) deregisterTargets(in *elbv2.DeregisterTargetsInput) (*elbv2.DeregisterTargetsOutput, error) {
	for _, t := range in.Targets {
		if _, err := s.DeregisterTarget(str(in.TargetGroupArn), str(t.Id), portOf(t)); err != nil {
			return nil, err
		}
	}
	return &elbv2.DeregisterTargetsOutput{}, nil
}

func (s *Service) describeTargetHealth(in *elbv2.DescribeTargetHealthInput) (*elbv2.DescribeTargetHealthOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	g, err := s.group(str(in.TargetGroupArn))
	if err != nil {
		return nil, err
	}
	out := &elbv2.DescribeTargetHealthOutput{TargetHealthDescriptions: []types.TargetHealthDescription{}}
	if len(in.Targets) == 0 {
		for _, t := range g.targets {
			out.TargetHealthDescriptions = append(out.TargetHealthDescriptions, t.describe())
		}
		return out, nil
	}
	for _, want := range in.Targets {
		port := portOf(want)
		if port == 0 {
			port = g.port
		}
		if t := g.find(str(want.Id), port); t != nil {
			out.TargetHealthDescriptions = append(out.TargetHealthDescriptions, t.describe())
			continue
		}
		out.TargetHealthDescriptions = append(out.TargetHealthDescriptions, types.TargetHealthDescription{
			Target: &types.TargetDescription{Id: want.Id, Port: number(port)},
			TargetHealth: &types.TargetHealth{
				State: types.TargetHealthStateEnumUnused, Reason: types.TargetHealthReasonEnumNotRegistered,
				Description: text("Target is not registered to the target group")},
		})
	}
	return out, nil
}

func (t *target) describe() types.TargetHealthDescription {
	port := t.group.check.port
	if port == "traffic-port" {
		port = strconv.Itoa(t.port)
	}
	h := &types.TargetHealth{State: t.state, Reason: t.reason}
	if t.why != "" {
		h.Description = text("%s", t.why)
	}
	return types.TargetHealthDescription{
		HealthCheckPort: &port, Target: &types.TargetDescription{Id: text("%s", t.ip), Port: number(t.port)}, TargetHealth: h}
}

// is sets the state and says whether it changed.
func (t *target) is(state types.TargetHealthStateEnum, reason types.TargetHealthReasonEnum, why string) bool {
	changed := t.state != state || t.reason != reason
	t.state, t.reason, t.why = state, reason, why
	return changed
}

// enter counts a request in; false means that the target has begun to drain and takes none. Looking after counting
// makes sure that a drain either sees the request or turns it away.
func (t *target) enter() bool {
	t.inFlight.Add(1)
	if t.draining.Load() {
		t.leave()
		return false
	}
	return true
}

func (t *target) leave() {
	if t.inFlight.Add(-1) == 0 && t.draining.Load() {
		select {
		case t.idle <- struct{}{}:
		default:
		}
	}
}

func (g *group) find(ip string, port int) *target {
	for _, t := range g.targets {
		if t.ip == ip && t.port == port {
			return t
		}
	}
	return nil
}

func (g *group) remove(t *target) {
	g.targets = slices.DeleteFunc(g.targets, func(x *target) bool { return x == t })
}

func (g *group) delay() time.Duration {
	n, _ := strconv.Atoi(g.attributes["deregistration_delay.timeout_seconds"]) // checked when it was set
	return time.Duration(n) * time.Second
}

func portOf(t types.TargetDescription) int {
	if t.Port == nil {
		return 0
	}
	return int(*t.Port)
}
