package elb

import (
	"slices"
	"strconv"
	"time"

	elbv2 "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
)

type balancer struct {
	arn, name   string
	full        string // app/<name>/<id>, as metrics and other ARNs carry it
	dns         string
	created     time.Time
	scheme      types.LoadBalancerSchemeEnum
	addressType types.IpAddressType
	subnets     []string
	security    []string
	attributes  map[string]string
	tags        map[string]string
}

func (s *Service) createLoadBalancer(in *elbv2.CreateLoadBalancerInput) (*elbv2.CreateLoadBalancerOutput, error) {
	name := str(in.Name)
	if err := checkName("Load balancer", name); err != nil {
		return nil, err
	}
	if in.Type != "" && in.Type != types.LoadBalancerTypeEnumApplication {
		return nil, invalid("load balancers of type '%s' are not part of the sandbox; 'application' is", in.Type)
	}
	tags, err := tagMap(in.Tags)
	if err != nil {
		return nil, err
	}
	id := newID()
	b := &balancer{
		name: name, full: "app/" + name + "/" + id, dns: name + "-" + id + ".elb.localhost", created: time.Now().UTC(),
		scheme: in.Scheme, addressType: in.IpAddressType,
		subnets: slices.Clone(in.Subnets), security: slices.Clone(in.SecurityGroups),
		attributes: balancerAttributes(), tags: tags,
	}
	for _, m := range in.SubnetMappings {
		b.subnets = append(b.subnets, str(m.SubnetId))
	}
	if b.scheme == "" {
		b.scheme = types.LoadBalancerSchemeEnumInternetFacing
	}
	if b.addressType == "" {
		b.addressType = types.IpAddressTypeIpv4
	}
	b.arn = s.arn("loadbalancer/" + b.full)
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, old := range s.balancers {
		if old.name != name {
			continue
		}
		if old.scheme == b.scheme && slices.Equal(old.subnets, b.subnets) && slices.Equal(old.security, b.security) {
			return &elbv2.CreateLoadBalancerOutput{LoadBalancers: []types.LoadBalancer{old.describe(s.opts.Region)}}, nil
		}
		return nil, &types.DuplicateLoadBalancerNameException{
			Message: text("A load balancer with the same name '%s' exists, but with different settings", name)}
	}
	s.balancers = append(s.balancers, b)
	out := b.describe(s.opts.Region)
	out.State.Code = types.LoadBalancerStateEnumProvisioning
	return &elbv2.CreateLoadBalancerOutput{LoadBalancers: []types.LoadBalancer{out}}, nil
}

func (s *Service) describeLoadBalancers(in *elbv2.DescribeLoadBalancersInput) (*elbv2.DescribeLoadBalancersOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := []types.LoadBalancer{}
	for _, b := range s.balancers {
		if wanted(in.LoadBalancerArns, b.arn) && wanted(in.Names, b.name) {
			all = append(all, b.describe(s.opts.Region))
		}
	}
	for _, arn := range in.LoadBalancerArns {
		if _, err := s.balancer(arn); err != nil {
			return nil, err
		}
	}
	for _, name := range in.Names {
		if !slices.ContainsFunc(s.balancers, func(b *balancer) bool { return b.name == name }) {
			return nil, &types.LoadBalancerNotFoundException{Message: text("Load balancers '[%s]' not found", name)}
		}
	}
	all, next, err := page(all, in.Marker, in.PageSize)
	if err != nil {
		return nil, err
	}
	return &elbv2.DescribeLoadBalancersOutput{LoadBalancers: all, NextMarker: next}, nil
}

func (s *Service) deleteLoadBalancer(in *elbv2.DeleteLoadBalancerInput) (*elbv2.DeleteLoadBalancerOutput, error) {
	arn := str(in.LoadBalancerArn)
	s.mu.Lock()
	b, err := s.balancer(arn)
	if err != nil { // AWS: deleting what does not exist succeeds
		s.mu.Unlock()
		return &elbv2.DeleteLoadBalancerOutput{}, nil
	}
	if b.attributes["deletion_protection.enabled"] == "true" {
		s.mu.Unlock()
		return nil, &types.OperationNotPermittedException{
			Message: text("Load balancer '%s' cannot be deleted because deletion protection is enabled", arn)}
	}
	var gone []*listener
	s.listeners = slices.DeleteFunc(s.listeners, func(l *listener) bool {
		if l.balancer == b {
			gone = append(gone, l)
		}
		return l.balancer == b
	})
	s.balancers = slices.DeleteFunc(s.balancers, func(x *balancer) bool { return x == b })
	s.refresh()
	s.mu.Unlock()
	for _, l := range gone {
		l.shut()
	}
	s.changed.Raise()
	return &elbv2.DeleteLoadBalancerOutput{}, nil
}

// balancer finds by ARN; the caller holds s.mu.
func (s *Service) balancer(arn string) (*balancer, error) {
	for _, b := range s.balancers {
		if b.arn == arn {
			return b, nil
		}
	}
	return nil, noBalancer(arn)
}

func (b *balancer) describe(region string) types.LoadBalancer {
	zones := make([]types.AvailabilityZone, 0, len(b.subnets))
	for i, subnet := range b.subnets {
		// The sandbox knows no subnets: they are taken to lie in the zones a, b, c … in the order given.
		zones = append(zones, types.AvailabilityZone{
			SubnetId: &subnet, ZoneName: text("%s%c", region, 'a'+rune(i%6)), LoadBalancerAddresses: []types.LoadBalancerAddress{}})
	}
	return types.LoadBalancer{
		LoadBalancerArn: &b.arn, LoadBalancerName: &b.name, DNSName: &b.dns, CreatedTime: &b.created,
		CanonicalHostedZoneId: text("Z35SXDOTRQ7X7K"), Scheme: b.scheme, Type: types.LoadBalancerTypeEnumApplication,
		IpAddressType: b.addressType, AvailabilityZones: zones, SecurityGroups: append([]string{}, b.security...),
		State: &types.LoadBalancerState{Code: types.LoadBalancerStateEnumActive},
	}
}

// defaultIdle is AWS's default of idle_timeout.timeout_seconds.
const defaultIdle = time.Minute

// idle is how long a target may take to start its answer.
func (b *balancer) idle() time.Duration {
	n, _ := strconv.Atoi(b.attributes["idle_timeout.timeout_seconds"]) // checked when it was set
	return time.Duration(n) * time.Second
}

func wanted(list []string, one string) bool { return len(list) == 0 || slices.Contains(list, one) }

// checkName applies the rule for names of load balancers and target groups: API_CreateTargetGroup.
func checkName(what, name string) error {
	if name == "" || len(name) > 32 {
		return invalid("%s name '%s' must have 1 to 32 characters", what, name)
	}
	for _, c := range []byte(name) {
		if c != '-' && (c < '0' || c > '9') && (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') {
			return invalid("%s name '%s' can only contain characters that are alphanumeric characters and hyphens(-)", what, name)
		}
	}
	if name[0] == '-' || name[len(name)-1] == '-' {
		return invalid("%s name '%s' cannot begin or end with a hyphen(-)", what, name)
	}
	return nil
}
