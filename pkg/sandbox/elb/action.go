package elb

import (
	"slices"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
)

// normalise checks the actions of a listener or a rule, and gives them the form in which AWS describes them: a
// forward to one group has both TargetGroupArn and ForwardConfig, one to several has ForwardConfig only. The caller
// holds s.mu.
func (s *Service) normalise(b *balancer, actions []types.Action) ([]types.Action, error) {
	if len(actions) != 1 {
		return nil, badAction("exactly one action must be specified; the actions that could precede it are not part of the sandbox")
	}
	a := actions[0]
	if a.Order != nil && (*a.Order < 1 || *a.Order > 50000) {
		return nil, invalid("Action order '%d' must be between 1 and 50000", *a.Order)
	}
	out := types.Action{Type: a.Type, Order: a.Order}
	var err error
	switch a.Type {
	case types.ActionTypeEnumForward:
		err = s.normaliseForward(b, a, &out)
	case types.ActionTypeEnumFixedResponse:
		out.FixedResponseConfig, err = normaliseFixed(a.FixedResponseConfig)
	case types.ActionTypeEnumRedirect:
		out.RedirectConfig, err = normaliseRedirect(a.RedirectConfig)
	default:
		err = badAction("actions of type '%s' are not part of the sandbox; forward, fixed-response and redirect are", a.Type)
	}
	if err != nil {
		return nil, err
	}
	return []types.Action{out}, nil
}

func (s *Service) normaliseForward(b *balancer, a types.Action, out *types.Action) error {
	cfg := a.ForwardConfig
	if cfg == nil || len(cfg.TargetGroups) == 0 {
		if str(a.TargetGroupArn) == "" {
			return badAction("A forward action must specify a target group")
		}
		cfg = &types.ForwardActionConfig{TargetGroups: []types.TargetGroupTuple{{TargetGroupArn: a.TargetGroupArn}}}
	} else if arn := str(a.TargetGroupArn); arn != "" && (len(cfg.TargetGroups) > 1 || str(cfg.TargetGroups[0].TargetGroupArn) != arn) {
		return badAction("You can specify both TargetGroupArn and ForwardConfig only if ForwardConfig has the same, single target group")
	}
	if len(cfg.TargetGroups) > 5 {
		return &types.TooManyUniqueTargetGroupsPerLoadBalancerException{Message: text("A forward action takes at most 5 target groups")}
	}
	norm := &types.ForwardActionConfig{TargetGroupStickinessConfig: &types.TargetGroupStickinessConfig{Enabled: new(bool)}}
	if st := cfg.TargetGroupStickinessConfig; st != nil && st.Enabled != nil && *st.Enabled {
		if st.DurationSeconds == nil || *st.DurationSeconds < 1 || *st.DurationSeconds > 604800 {
			return invalid("The duration of the target group stickiness must be between 1 and 604800 seconds")
		}
		norm.TargetGroupStickinessConfig = st
	}
	for _, t := range cfg.TargetGroups {
		g, err := s.group(str(t.TargetGroupArn))
		if err != nil {
			return err
		}
		if other := g.balancer.Load(); other != nil && other != b {
			return &types.TargetGroupAssociationLimitException{
				Message: text("The following target groups cannot be associated with more than one load balancer: %s", g.arn)}
		}
		if slices.ContainsFunc(norm.TargetGroups, func(o types.TargetGroupTuple) bool { return *o.TargetGroupArn == g.arn }) {
			return badAction("Target group '%s' is specified more than once", g.arn)
		}
		weight := int32(1)
		if t.Weight != nil {
			weight = *t.Weight
		}
		if weight < 0 || weight > 999 {
			return invalid("Weight '%d' must be between 0 and 999, inclusive", weight)
		}
		norm.TargetGroups = append(norm.TargetGroups, types.TargetGroupTuple{TargetGroupArn: text("%s", g.arn), Weight: &weight})
	}
	out.ForwardConfig = norm
	if len(norm.TargetGroups) == 1 {
		out.TargetGroupArn = text("%s", *norm.TargetGroups[0].TargetGroupArn)
	}
	return nil
}

func normaliseFixed(c *types.FixedResponseActionConfig) (*types.FixedResponseActionConfig, error) {
	if c == nil {
		return nil, badAction("A fixed-response action must have FixedResponseConfig")
	}
	if n, err := strconv.Atoi(str(c.StatusCode)); err != nil || n < 200 || n > 599 || n >= 300 && n < 400 {
		return nil, invalid("StatusCode '%s' must be a 2XX, 4XX or 5XX code", str(c.StatusCode))
	}
	if len(str(c.MessageBody)) > 1024 {
		return nil, invalid("MessageBody must have at most 1024 characters")
	}
	return c, nil
}

func normaliseRedirect(c *types.RedirectActionConfig) (*types.RedirectActionConfig, error) {
	if c == nil {
		return nil, badAction("A redirect action must have RedirectConfig")
	}
	if c.StatusCode != types.RedirectActionStatusCodeEnumHttp301 && c.StatusCode != types.RedirectActionStatusCodeEnumHttp302 {
		return nil, invalid("StatusCode '%s' must be HTTP_301 or HTTP_302", c.StatusCode)
	}
	out := *c
	for _, d := range []struct {
		field **string
		value string
	}{
		{&out.Protocol, "#{protocol}"}, {&out.Host, "#{host}"}, {&out.Port, "#{port}"}, {&out.Path, "/#{path}"}, {&out.Query, "#{query}"},
	} {
		if *d.field == nil {
			*d.field = &d.value
		}
	}
	return &out, nil
}

// groupsOf are the target groups that actions forward to, whatever their weight.
func groupsOf(actions []types.Action) []string {
	var arns []string
	for _, a := range actions {
		if a.ForwardConfig != nil {
			for _, t := range a.ForwardConfig.TargetGroups {
				arns = append(arns, *t.TargetGroupArn)
			}
		}
	}
	return arns
}
