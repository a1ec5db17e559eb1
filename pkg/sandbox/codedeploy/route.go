package codedeploy

import (
	"slices"

	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
)

// route is a listener's default action or one of its rules.
type route struct {
	listener, rule string // rule is empty for the default action
	actions        []elbtypes.Action
}

// name is the ARN by which AWS's messages call a route.
func (r route) name() string {
	if r.rule != "" {
		return r.rule
	}
	return r.listener
}

// weights of the target groups that the route forwards to; nil when it forwards to none.
func (r route) weights() map[string]int32 {
	var all map[string]int32
	for _, a := range r.actions {
		if a.Type != elbtypes.ActionTypeEnumForward {
			continue
		}
		all = map[string]int32{}
		if a.ForwardConfig == nil || len(a.ForwardConfig.TargetGroups) == 0 {
			all[of(a.TargetGroupArn)] = 1
			continue
		}
		for _, g := range a.ForwardConfig.TargetGroups {
			weight := int32(1)
			if g.Weight != nil {
				weight = *g.Weight
			}
			all[of(g.TargetGroupArn)] = weight
		}
	}
	return all
}

// concerns says whether the route forwards to one of the groups, at any weight.
func (r route) concerns(groups ...string) bool {
	w := r.weights()
	return slices.ContainsFunc(groups, func(g string) bool { _, ok := w[g]; return ok })
}

// share is a target group's part of 100.
type share struct {
	group  string
	weight int32
}

// forwarding is the route's actions with the forward action replaced; what stands before it (authentication) stays.
func (r route) forwarding(shares []share, keepStickiness bool) []elbtypes.Action {
	forward := elbtypes.Action{Type: elbtypes.ActionTypeEnumForward, ForwardConfig: &elbtypes.ForwardActionConfig{
		TargetGroupStickinessConfig: &elbtypes.TargetGroupStickinessConfig{Enabled: new(false)}}}
	for _, s := range shares {
		forward.ForwardConfig.TargetGroups = append(forward.ForwardConfig.TargetGroups,
			elbtypes.TargetGroupTuple{TargetGroupArn: new(s.group), Weight: new(s.weight)})
	}
	var all []elbtypes.Action
	for _, a := range r.actions {
		switch a.Type {
		case elbtypes.ActionTypeEnumForward:
			forward.Order = a.Order
			if keepStickiness && a.ForwardConfig != nil && a.ForwardConfig.TargetGroupStickinessConfig != nil {
				forward.ForwardConfig.TargetGroupStickinessConfig = a.ForwardConfig.TargetGroupStickinessConfig
			}
		case elbtypes.ActionTypeEnumFixedResponse, elbtypes.ActionTypeEnumRedirect: // would end the request themselves
		default:
			all = append(all, a)
		}
	}
	return append(all, forward)
}
