package codedeploy

import (
	"context"
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
)

// routes of a listener: its default action first, then its rules.
func (s *Service) routes(ctx context.Context, listener string) ([]route, error) {
	found, err := call[elb.DescribeListenersOutput](ctx, s, &elb.DescribeListenersInput{ListenerArns: []string{listener}})
	if err != nil {
		return nil, err
	}
	if len(found.Listeners) != 1 {
		return nil, &elbtypes.ListenerNotFoundException{Message: new("One or more listeners not found")}
	}
	all := []route{{listener: listener, actions: found.Listeners[0].DefaultActions}}
	var marker *string
	for {
		rules, err := call[elb.DescribeRulesOutput](ctx, s, &elb.DescribeRulesInput{ListenerArn: new(listener), Marker: marker})
		if err != nil {
			return nil, err
		}
		for _, r := range rules.Rules {
			if !of(r.IsDefault) {
				all = append(all, route{listener: listener, rule: of(r.RuleArn), actions: r.Actions})
			}
		}
		if marker = rules.NextMarker; of(marker) == "" {
			return all, nil
		}
	}
}

// write gives a route new actions.
func (s *Service) write(ctx context.Context, r route, actions []elbtypes.Action) error {
	if r.rule != "" {
		_, err := call[elb.ModifyRuleOutput](ctx, s, &elb.ModifyRuleInput{RuleArn: new(r.rule), Actions: actions})
		return err
	}
	_, err := call[elb.ModifyListenerOutput](ctx, s, &elb.ModifyListenerInput{ListenerArn: new(r.listener), DefaultActions: actions})
	return err
}

// groupsNamed are the ARNs of target groups, in the order of their names.
func (s *Service) groupsNamed(ctx context.Context, named []types.TargetGroupInfo) ([]string, error) {
	var names []string
	for _, n := range named {
		names = append(names, *n.Name)
	}
	out, err := call[elb.DescribeTargetGroupsOutput](ctx, s, &elb.DescribeTargetGroupsInput{Names: names})
	if err != nil {
		return nil, err
	}
	arns := make([]string, len(names))
	for _, g := range out.TargetGroups {
		if i := slices.Index(names, of(g.TargetGroupName)); i >= 0 {
			arns[i] = of(g.TargetGroupArn)
		}
	}
	if i := slices.Index(arns, ""); i >= 0 {
		return nil, &elbtypes.TargetGroupNotFoundException{Message: new("One or more target groups not found: " + names[i])}
	}
	return arns, nil
}

// checkBalancer asks the load balancer for the group's pair and listeners, and attaches the idle target group to
// the production listener when traffic is to shift gradually.
func (s *Service) checkBalancer(ctx context.Context, info *types.DeploymentGroupInfo, config *types.DeploymentConfigInfo) error {
	refuse := func(err error, what string) error {
		if denied(err) {
			return &types.InvalidRoleException{Message: new(deniedText(of(info.ServiceRoleArn), servedByELB))}
		}
		return &types.InvalidLoadBalancerInfoException{Message: new(fmt.Sprintf("%s%s: %v", pairText, what, err))}
	}
	pair := info.LoadBalancerInfo.TargetGroupPairInfoList[0]
	groups, err := s.groupsNamed(ctx, pair.TargetGroups)
	if err != nil {
		return refuse(err, "Target groups")
	}
	listeners := slices.Clone(pair.ProdTrafficRoute.ListenerArns)
	if t := testListener(pair); t != "" {
		listeners = append(listeners, t)
	}
	found, err := call[elb.DescribeListenersOutput](ctx, s, &elb.DescribeListenersInput{ListenerArns: listeners})
	if err != nil {
		return refuse(err, "Listeners")
	}
	if len(found.Listeners) != len(listeners) {
		return refuse(fmt.Errorf("%d of %d exist", len(found.Listeners), len(listeners)), "Listeners")
	}
	gradual := config.TrafficRoutingConfig.Type != types.TrafficRoutingTypeAllAtOnce
	for _, l := range found.Listeners {
		if of(l.LoadBalancerArn) != of(found.Listeners[0].LoadBalancerArn) {
			return refuse(fmt.Errorf("they belong to different load balancers"), "Listeners")
		}
		if gradual && l.Protocol != elbtypes.ProtocolEnumHttp && l.Protocol != elbtypes.ProtocolEnumHttps {
			return &types.InvalidTrafficRoutingConfigurationException{Message: new("Only ALB supports gradual traffic routing, " +
				"use AllAtOnce Traffic routing instead when you create/update Deployment group.")}
		}
	}
	if !gradual {
		return nil
	}
	if err := s.attachIdle(ctx, listeners[0], groups); err != nil {
		return refuse(err, "Production listener")
	}
	return nil
}

// attachIdle makes every production route that forwards to one group of the pair a weighted forward to both, so
// that the idle group's targets are health-checked before traffic comes.
func (s *Service) attachIdle(ctx context.Context, listener string, groups []string) error {
	routes, err := s.routes(ctx, listener)
	if err != nil {
		return err
	}
	for _, r := range routes {
		has := func(g string) bool { _, ok := r.weights()[g]; return ok }
		serving, idle := groups[0], groups[1]
		if has(idle) {
			serving, idle = idle, serving
		}
		if !has(serving) || has(idle) {
			continue
		}
		if err := s.write(ctx, r, r.forwarding([]share{{serving, 100}, {idle, 0}}, s.assumes.StickinessKept)); err != nil {
			return err
		}
	}
	return nil
}
