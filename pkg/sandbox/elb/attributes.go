package elb

import (
	"strconv"

	elbv2 "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
)

// Attributes and their defaults for application load balancers and their target groups:
// https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_LoadBalancerAttribute.html and
// API_TargetGroupAttribute.html.
func balancerAttributes() map[string]string {
	return map[string]string{
		"access_logs.s3.enabled": "false", "access_logs.s3.bucket": "", "access_logs.s3.prefix": "",
		"connection_logs.s3.enabled": "false", "connection_logs.s3.bucket": "", "connection_logs.s3.prefix": "",
		"client_keep_alive.seconds":                                "3600",
		"deletion_protection.enabled":                              "false",
		"idle_timeout.timeout_seconds":                             "60",
		"ipv6.deny_all_igw_traffic":                                "false",
		"load_balancing.cross_zone.enabled":                        "true",
		"routing.http.desync_mitigation_mode":                      "defensive",
		"routing.http.drop_invalid_header_fields.enabled":          "false",
		"routing.http.preserve_host_header.enabled":                "false",
		"routing.http.x_amzn_tls_version_and_cipher_suite.enabled": "false",
		"routing.http.xff_client_port.enabled":                     "false",
		"routing.http.xff_header_processing.mode":                  "append",
		"routing.http2.enabled":                                    "true",
		"waf.fail_open.enabled":                                    "false",
		"zonal_shift.config.enabled":                               "false",
	}
}

func groupAttributes() map[string]string {
	return map[string]string{
		"deregistration_delay.timeout_seconds":                                           "300",
		"load_balancing.algorithm.type":                                                  "round_robin",
		"load_balancing.algorithm.anomaly_mitigation":                                    "off",
		"load_balancing.cross_zone.enabled":                                              "use_load_balancer_configuration",
		"slow_start.duration_seconds":                                                    "0",
		"stickiness.enabled":                                                             "false",
		"stickiness.type":                                                                "lb_cookie",
		"stickiness.app_cookie.cookie_name":                                              "",
		"stickiness.app_cookie.duration_seconds":                                         "86400",
		"stickiness.lb_cookie.duration_seconds":                                          "86400",
		"target_group_health.dns_failover.minimum_healthy_targets.count":                 "1",
		"target_group_health.dns_failover.minimum_healthy_targets.percentage":            "off",
		"target_group_health.unhealthy_state_routing.minimum_healthy_targets.count":      "1",
		"target_group_health.unhealthy_state_routing.minimum_healthy_targets.percentage": "off",
	}
}

// ranges of the attributes that are numbers.
var ranges = map[string][2]int{
	"idle_timeout.timeout_seconds":          {1, 4000},
	"client_keep_alive.seconds":             {60, 604800},
	"deregistration_delay.timeout_seconds":  {0, 3600},
	"stickiness.lb_cookie.duration_seconds": {1, 604800},
}

// effective are the attributes whose values other than the default change what the sandbox does.
var effective = map[string]bool{
	"idle_timeout.timeout_seconds":          true,
	"deletion_protection.enabled":           true,
	"deregistration_delay.timeout_seconds":  true,
	"stickiness.enabled":                    true,
	"stickiness.lb_cookie.duration_seconds": true,
}

func (s *Service) describeLoadBalancerAttributes(in *elbv2.DescribeLoadBalancerAttributesInput) (*elbv2.DescribeLoadBalancerAttributesOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	b, err := s.balancer(str(in.LoadBalancerArn))
	if err != nil {
		return nil, err
	}
	return &elbv2.DescribeLoadBalancerAttributesOutput{Attributes: listBalancer(b.attributes)}, nil
}

func (s *Service) modifyLoadBalancerAttributes(in *elbv2.ModifyLoadBalancerAttributesInput) (*elbv2.ModifyLoadBalancerAttributesOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	b, err := s.balancer(str(in.LoadBalancerArn))
	if err != nil {
		return nil, err
	}
	wish := map[string]string{}
	for _, a := range in.Attributes {
		wish[str(a.Key)] = str(a.Value)
	}
	idle := b.idle()
	if err := s.assign(b.arn, b.attributes, balancerAttributes(), wish); err != nil {
		return nil, err
	}
	if b.idle() != idle {
		for _, g := range s.groups {
			if g.balancer.Load() == b {
				g.reconnect(s, b.idle())
			}
		}
	}
	return &elbv2.ModifyLoadBalancerAttributesOutput{Attributes: listBalancer(b.attributes)}, nil
}

func (s *Service) describeTargetGroupAttributes(in *elbv2.DescribeTargetGroupAttributesInput) (*elbv2.DescribeTargetGroupAttributesOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	g, err := s.group(str(in.TargetGroupArn))
	if err != nil {
		return nil, err
	}
	return &elbv2.DescribeTargetGroupAttributesOutput{Attributes: listGroup(g.attributes)}, nil
}

func (s *Service) modifyTargetGroupAttributes(in *elbv2.ModifyTargetGroupAttributesInput) (*elbv2.ModifyTargetGroupAttributesOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	g, err := s.group(str(in.TargetGroupArn))
	if err != nil {
		return nil, err
	}
	wish := map[string]string{}
	for _, a := range in.Attributes {
		wish[str(a.Key)] = str(a.Value)
	}
	if err := s.assign(g.arn, g.attributes, groupAttributes(), wish); err != nil {
		return nil, err
	}
	s.restick(g)
	return &elbv2.ModifyTargetGroupAttributesOutput{Attributes: listGroup(g.attributes)}, nil
}

// assign takes over all of wish, or nothing when one key or value is not known.
func (s *Service) assign(arn string, have, defaults, wish map[string]string) error {
	for _, k := range sortedKeys(wish) {
		if _, known := defaults[k]; !known {
			return invalid("Attribute key '%s' is not recognized for '%s'", k, arn)
		}
		if r, number := ranges[k]; number {
			if n, err := strconv.Atoi(wish[k]); err != nil || n < r[0] || n > r[1] {
				return invalid("'%s' must be between '%d' and '%d', inclusive, not '%s'", k, r[0], r[1], wish[k])
			}
		}
	}
	for _, k := range sortedKeys(wish) {
		if wish[k] != defaults[k] && !effective[k] {
			s.opts.Log.Warn("attribute has no effect in the sandbox", "resource", arn, "attribute", k, "value", wish[k])
		}
		have[k] = wish[k]
	}
	return nil
}

func listBalancer(m map[string]string) []types.LoadBalancerAttribute {
	out := make([]types.LoadBalancerAttribute, 0, len(m))
	for _, k := range sortedKeys(m) {
		v := m[k]
		out = append(out, types.LoadBalancerAttribute{Key: &k, Value: &v})
	}
	return out
}

func listGroup(m map[string]string) []types.TargetGroupAttribute {
	out := make([]types.TargetGroupAttribute, 0, len(m))
	for _, k := range sortedKeys(m) {
		v := m[k]
		out = append(out, types.TargetGroupAttribute{Key: &k, Value: &v})
	}
	return out
}
