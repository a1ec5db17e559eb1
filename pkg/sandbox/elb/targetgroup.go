package elb

import (
	"slices"
	"sync/atomic"
	"time"

	elbv2 "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
)

type group struct {
	arn, name, vpc string
	full           string // targetgroup/<name>/<id>, as metrics carry it
	port           int
	check          check
	attributes     map[string]string
	tags           map[string]string
	targets        []*target // in the order of registration, with those that drain

	// Read by requests without a lock.
	balancer atomic.Pointer[balancer]  // that forwards to the group; nil when none does
	pool     atomic.Pointer[[]*target] // that may be sent the next request
	next     atomic.Uint32             // counts through pool
	sticks   atomic.Int64              // nanoseconds for which a client sticks to a target; 0 when it does not
}

func (s *Service) createTargetGroup(in *elbv2.CreateTargetGroupInput) (*elbv2.CreateTargetGroupOutput, error) {
	if err := checkName("Target group", str(in.Name)); err != nil {
		return nil, err
	}
	if in.TargetType != types.TargetTypeEnumIp {
		return nil, invalid("target groups of type '%s' are not part of the sandbox; 'ip' is, which tasks in awsvpc mode need", in.TargetType)
	}
	if v := str(in.ProtocolVersion); v != "" && v != "HTTP1" {
		return nil, invalid("protocol version '%s' is not part of the sandbox; HTTP1 is", v)
	}
	if in.Protocol != types.ProtocolEnumHttp {
		return nil, invalid("protocol '%s' is not part of the sandbox; HTTP is", in.Protocol)
	}
	if in.Port == nil || *in.Port < 1 || *in.Port > 65535 {
		return nil, invalid("A port must be specified, between 1 and 65535")
	}
	c, err := defaultCheck().with(healthWish{
		enabled: in.HealthCheckEnabled, protocol: in.HealthCheckProtocol, path: in.HealthCheckPath, port: in.HealthCheckPort,
		interval: in.HealthCheckIntervalSeconds, timeout: in.HealthCheckTimeoutSeconds,
		healthy: in.HealthyThresholdCount, unhealthy: in.UnhealthyThresholdCount, matcher: in.Matcher,
	})
	if err != nil {
		return nil, err
	}
	tags, err := tagMap(in.Tags)
	if err != nil {
		return nil, err
	}
	full := "targetgroup/" + *in.Name + "/" + newID()
	g := &group{
		arn: s.arn(full), full: full, name: *in.Name, vpc: str(in.VpcId),
		port: int(*in.Port), check: c, attributes: groupAttributes(), tags: tags,
	}
	g.pool.Store(&[]*target{})
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, old := range s.groups {
		if old.name != g.name {
			continue
		}
		if old.port == g.port && old.vpc == g.vpc && old.check.equal(g.check) {
			return &elbv2.CreateTargetGroupOutput{TargetGroups: []types.TargetGroup{old.describe()}}, nil
		}
		return nil, &types.DuplicateTargetGroupNameException{
			Message: text("A target group with the same name '%s' exists, but with different settings", g.name)}
	}
	s.groups = append(s.groups, g)
	return &elbv2.CreateTargetGroupOutput{TargetGroups: []types.TargetGroup{g.describe()}}, nil
}

func (s *Service) describeTargetGroups(in *elbv2.DescribeTargetGroupsInput) (*elbv2.DescribeTargetGroupsOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if arn := str(in.LoadBalancerArn); arn != "" {
		if _, err := s.balancer(arn); err != nil {
			return nil, err
		}
	}
	for _, arn := range in.TargetGroupArns {
		if _, err := s.group(arn); err != nil {
			return nil, err
		}
	}
	for _, name := range in.Names {
		if !slices.ContainsFunc(s.groups, func(g *group) bool { return g.name == name }) {
			return nil, &types.TargetGroupNotFoundException{Message: text("One or more target groups not found")}
		}
	}
	all := []types.TargetGroup{}
	for _, g := range s.groups {
		b := g.balancer.Load()
		if str(in.LoadBalancerArn) != "" && (b == nil || b.arn != *in.LoadBalancerArn) {
			continue
		}
		if wanted(in.TargetGroupArns, g.arn) && wanted(in.Names, g.name) {
			all = append(all, g.describe())
		}
	}
	all, next, err := page(all, in.Marker, in.PageSize)
	if err != nil {
		return nil, err
	}
	return &elbv2.DescribeTargetGroupsOutput{TargetGroups: all, NextMarker: next}, nil
}

func (s *Service) modifyTargetGroup(in *elbv2.ModifyTargetGroupInput) (*elbv2.ModifyTargetGroupOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	g, err := s.group(str(in.TargetGroupArn))
	if err != nil {
		return nil, err
	}
	c, err := g.check.with(healthWish{
		enabled: in.HealthCheckEnabled, protocol: in.HealthCheckProtocol, path: in.HealthCheckPath, port: in.HealthCheckPort,
		interval: in.HealthCheckIntervalSeconds, timeout: in.HealthCheckTimeoutSeconds,
		healthy: in.HealthyThresholdCount, unhealthy: in.UnhealthyThresholdCount, matcher: in.Matcher,
	})
	if err != nil {
		return nil, err
	}
	g.check = c
	return &elbv2.ModifyTargetGroupOutput{TargetGroups: []types.TargetGroup{g.describe()}}, nil
}

func (s *Service) deleteTargetGroup(in *elbv2.DeleteTargetGroupInput) (*elbv2.DeleteTargetGroupOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	g, err := s.group(str(in.TargetGroupArn))
	if err != nil { // AWS: deleting what does not exist succeeds
		return &elbv2.DeleteTargetGroupOutput{}, nil
	}
	if g.balancer.Load() != nil {
		return nil, &types.ResourceInUseException{Message: text("Target group '%s' is currently in use by a listener or a rule", g.arn)}
	}
	for _, t := range g.targets {
		t.via.Load().CloseIdleConnections()
	}
	s.groups = slices.DeleteFunc(s.groups, func(x *group) bool { return x == g })
	s.changed.Raise()
	return &elbv2.DeleteTargetGroupOutput{}, nil
}

// group finds by ARN; the caller holds s.mu.
func (s *Service) group(arn string) (*group, error) {
	for _, g := range s.groups {
		if g.arn == arn {
			return g, nil
		}
	}
	return nil, noGroup(arn)
}

func (g *group) describe() types.TargetGroup {
	c := g.check
	out := types.TargetGroup{
		TargetGroupArn: &g.arn, TargetGroupName: &g.name, Port: number(g.port), Protocol: types.ProtocolEnumHttp,
		ProtocolVersion: text("HTTP1"), TargetType: types.TargetTypeEnumIp, IpAddressType: types.TargetGroupIpAddressTypeEnumIpv4,
		HealthCheckEnabled: new(bool), HealthCheckProtocol: types.ProtocolEnumHttp,
		HealthCheckPath: &c.path, HealthCheckPort: &c.port,
		HealthCheckIntervalSeconds: number(int(c.interval / time.Second)), HealthCheckTimeoutSeconds: number(int(c.timeout / time.Second)),
		HealthyThresholdCount: number(c.healthy), UnhealthyThresholdCount: number(c.unhealthy),
		Matcher: &types.Matcher{HttpCode: &c.codes}, LoadBalancerArns: []string{},
	}
	*out.HealthCheckEnabled = true
	if g.vpc != "" {
		out.VpcId = &g.vpc
	}
	if b := g.balancer.Load(); b != nil {
		out.LoadBalancerArns = append(out.LoadBalancerArns, b.arn)
	}
	return out
}

func number(n int) *int32 {
	v := int32(n)
	return &v
}
