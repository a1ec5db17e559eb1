package elb

import (
	"net"
	"net/http"
	"slices"
	"sync/atomic"

	elbv2 "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
)

type listener struct {
	arn      string
	balancer *balancer
	port     int // the declared one
	actions  []types.Action
	fallback string  // ARN of the default rule
	rules    []*rule // by priority, without the default
	tags     map[string]string
	socket   net.Listener
	server   *http.Server

	// Read by requests without a lock.
	table   atomic.Pointer[table]    // what the rules say now
	history atomic.Pointer[[]change] // what the nodes have heard, the newest last
	secured atomic.Pointer[secured]  // nil for HTTP
	seen    seen                     // what was answered, by target group
}

func (s *Service) createListener(in *elbv2.CreateListenerInput) (*elbv2.CreateListenerOutput, error) {
	tags, err := tagMap(in.Tags)
	if err != nil {
		return nil, err
	}
	if err := checkPort(in.Port); err != nil {
		return nil, err
	}
	sec, err := s.secure(in.Protocol, in.SslPolicy, in.Certificates)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	b, err := s.balancer(str(in.LoadBalancerArn))
	if err != nil {
		return nil, err
	}
	if s.listenerOn(b, int(*in.Port)) != nil {
		return nil, duplicate(b)
	}
	actions, err := s.normalise(b, in.DefaultActions)
	if err != nil {
		return nil, err
	}
	id := newID()
	l := &listener{
		arn: s.arn("listener/" + b.full + "/" + id), balancer: b, port: int(*in.Port), actions: actions, tags: tags,
		fallback: s.arn("listener-rule/" + b.full + "/" + id + "/" + newID()),
	}
	l.secured.Store(sec)
	s.publish(l)
	if err := s.open(l); err != nil {
		return nil, err
	}
	s.listeners = append(s.listeners, l)
	s.refresh()
	s.changed.Raise()
	return &elbv2.CreateListenerOutput{Listeners: []types.Listener{l.describe()}}, nil
}

func (s *Service) describeListeners(in *elbv2.DescribeListenersInput) (*elbv2.DescribeListenersOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	arn := str(in.LoadBalancerArn)
	if arn == "" && len(in.ListenerArns) == 0 {
		return nil, invalid("You must specify either listener ARNs or a load balancer ARN")
	}
	if arn != "" {
		if _, err := s.balancer(arn); err != nil {
			return nil, err
		}
	}
	for _, one := range in.ListenerArns {
		if _, err := s.listener(one); err != nil {
			return nil, err
		}
	}
	all := []types.Listener{}
	for _, l := range s.listeners {
		if wanted(in.ListenerArns, l.arn) && (arn == "" || l.balancer.arn == arn) {
			all = append(all, l.describe())
		}
	}
	all, next, err := page(all, in.Marker, in.PageSize)
	if err != nil {
		return nil, err
	}
	return &elbv2.DescribeListenersOutput{Listeners: all, NextMarker: next}, nil
}

// modifyListener replaces the default actions as a whole; requests that were routed before finish where they are. The
// certificates beside the default stay.
func (s *Service) modifyListener(in *elbv2.ModifyListenerInput) (*elbv2.ModifyListenerOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	l, err := s.listener(str(in.ListenerArn))
	if err != nil {
		return nil, err
	}
	port := in.Port
	if port == nil {
		port = number(l.port)
	}
	if err := checkPort(port); err != nil {
		return nil, err
	}
	sec, err := s.resecure(l, in)
	if err != nil {
		return nil, err
	}
	if other := s.listenerOn(l.balancer, int(*port)); other != nil && other != l {
		return nil, duplicate(l.balancer)
	}
	actions := l.actions
	if in.DefaultActions != nil {
		if actions, err = s.normalise(l.balancer, in.DefaultActions); err != nil {
			return nil, err
		}
	}
	if int(*port) != l.port || (sec == nil) != (l.secured.Load() == nil) {
		if err := s.move(l, int(*port), sec); err != nil {
			return nil, err
		}
	}
	l.secured.Store(sec)
	l.actions = actions
	s.publish(l)
	s.refresh()
	s.changed.Raise()
	return &elbv2.ModifyListenerOutput{Listeners: []types.Listener{l.describe()}}, nil
}

func (s *Service) deleteListener(in *elbv2.DeleteListenerInput) (*elbv2.DeleteListenerOutput, error) {
	s.mu.Lock()
	l, err := s.listener(str(in.ListenerArn))
	if err != nil {
		s.mu.Unlock()
		return nil, err
	}
	s.listeners = slices.DeleteFunc(s.listeners, func(x *listener) bool { return x == l })
	s.refresh()
	s.mu.Unlock()
	l.shut()
	s.changed.Raise()
	return &elbv2.DeleteListenerOutput{}, nil
}

// listener finds by ARN; the caller holds s.mu.
func (s *Service) listener(arn string) (*listener, error) {
	for _, l := range s.listeners {
		if l.arn == arn {
			return l, nil
		}
	}
	return nil, noListener(arn)
}

// listenerOn finds by port; the caller holds s.mu.
func (s *Service) listenerOn(b *balancer, port int) *listener {
	for _, l := range s.listeners {
		if l.balancer == b && l.port == port {
			return l
		}
	}
	return nil
}

// groups are the target groups that the listener refers to, in its default action and its rules.
func (l *listener) groups() []string {
	arns := groupsOf(l.actions)
	for _, r := range l.rules {
		arns = append(arns, groupsOf(r.actions)...)
	}
	return arns
}

func (l *listener) describe() types.Listener {
	out := types.Listener{
		ListenerArn: text("%s", l.arn), LoadBalancerArn: text("%s", l.balancer.arn), Port: number(l.port),
		Protocol: types.ProtocolEnumHttp, DefaultActions: slices.Clone(l.actions),
	}
	if sec := l.secured.Load(); sec != nil {
		out.Protocol, out.SslPolicy = types.ProtocolEnumHttps, text("%s", sec.policy)
		out.Certificates = []types.Certificate{{CertificateArn: text("%s", sec.arns[0])}}
	}
	return out
}

func checkPort(port *int32) error {
	if port == nil || *port < 1 || *port > 65535 {
		return invalid("A port must be specified, between 1 and 65535")
	}
	return nil
}

func duplicate(b *balancer) error {
	return &types.DuplicateListenerException{Message: text("A listener already exists on this port for this load balancer '%s'", b.arn)}
}
