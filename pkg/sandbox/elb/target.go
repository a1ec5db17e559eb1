package elb

import (
	"net"
	"net/http/httputil"
	"net/netip"
	"slices"
	"strconv"
	"sync/atomic"
	"time"

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
	via      atomic.Pointer[link]
	proxy    *httputil.ReverseProxy

	// Under the service's lock.
	state     types.TargetHealthStateEnum
	reason    types.TargetHealthReasonEnum
	why       string
	good, bad int           // health checks in a row
	checked   time.Time     // for the first time
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
	t.via.Store(s.link(t, timeout))
	t.proxy = s.reverseProxy(t)
	g.targets = append(g.targets, t)
	s.enlist(g, t)
	g.repool()
	s.changed.Raise()
	return nil
}

// TargetHealth is a target's state and, unless it is healthy, the reason and its description, in AWS's words. A target that is not
// registered, or whose group does not exist, is unused.
func (s *Service) TargetHealth(targetGroupARN, ip string, port int) (state, reason, description string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if g, err := s.group(targetGroupARN); err == nil {
		if port == 0 {
			port = g.port
		}
		if t := g.find(ip, port); t != nil {
			return string(t.state), string(t.reason), t.why
		}
	}
	return string(types.TargetHealthStateEnumUnused), string(types.TargetHealthReasonEnumNotRegistered), ""
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
