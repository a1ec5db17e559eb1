package elb

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	elbv2 "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
)

type rule struct {
	arn        string
	priority   int
	conditions []types.RuleCondition
	match      []matcher
	actions    []types.Action
	tags       map[string]string
}

func (s *Service) createRule(in *elbv2.CreateRuleInput) (*elbv2.CreateRuleOutput, error) {
	if in.Priority == nil || *in.Priority < 1 || *in.Priority > 50000 {
		return nil, invalid("A rule's priority must be between 1 and 50000")
	}
	if len(in.Transforms) > 0 {
		return nil, invalid("rule transforms are not part of the sandbox")
	}
	tags, err := tagMap(in.Tags)
	if err != nil {
		return nil, err
	}
	conditions, match, err := conditions(in.Conditions)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	l, err := s.listener(str(in.ListenerArn))
	if err != nil {
		return nil, err
	}
	for _, r := range l.rules {
		if r.priority == int(*in.Priority) {
			return nil, &types.PriorityInUseException{Message: text("Priority '%d' is currently in use", r.priority)}
		}
	}
	actions, err := s.normalise(l.balancer, in.Actions)
	if err != nil {
		return nil, err
	}
	r := &rule{
		arn:      strings.Replace(l.arn, ":listener/", ":listener-rule/", 1) + "/" + newID(),
		priority: int(*in.Priority), conditions: conditions, match: match, actions: actions, tags: tags,
	}
	l.rules = append(l.rules, r)
	slices.SortFunc(l.rules, func(a, b *rule) int { return cmp.Compare(a.priority, b.priority) })
	s.rerouted(l)
	return &elbv2.CreateRuleOutput{Rules: []types.Rule{r.describe()}}, nil
}

func (s *Service) describeRules(in *elbv2.DescribeRulesInput) (*elbv2.DescribeRulesOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := []types.Rule{}
	switch arn := str(in.ListenerArn); {
	case arn != "" && len(in.RuleArns) > 0 || arn == "" && len(in.RuleArns) == 0:
		return nil, invalid("You must specify either listener rule ARNs or a listener ARN")
	case arn != "":
		l, err := s.listener(arn)
		if err != nil {
			return nil, err
		}
		for _, r := range l.rules {
			all = append(all, r.describe())
		}
		all = append(all, l.defaultRule())
	}
	for _, arn := range in.RuleArns {
		l, r, err := s.rule(arn)
		switch {
		case err == nil:
			all = append(all, r.describe())
		case l != nil:
			all = append(all, l.defaultRule())
		default:
			return nil, err
		}
	}
	all, next, err := page(all, in.Marker, in.PageSize)
	if err != nil {
		return nil, err
	}
	return &elbv2.DescribeRulesOutput{Rules: all, NextMarker: next}, nil
}

func (s *Service) modifyRule(in *elbv2.ModifyRuleInput) (*elbv2.ModifyRuleOutput, error) {
	if len(in.Transforms) > 0 {
		return nil, invalid("rule transforms are not part of the sandbox")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	l, r, err := s.rule(str(in.RuleArn))
	if err != nil {
		if l != nil {
			return nil, &types.OperationNotPermittedException{Message: text("Default rule '%s' cannot be modified", str(in.RuleArn))}
		}
		return nil, err
	}
	next := *r
	if in.Conditions != nil {
		if next.conditions, next.match, err = conditions(in.Conditions); err != nil {
			return nil, err
		}
	}
	if in.Actions != nil {
		if next.actions, err = s.normalise(l.balancer, in.Actions); err != nil {
			return nil, err
		}
	}
	*r = next
	s.rerouted(l)
	return &elbv2.ModifyRuleOutput{Rules: []types.Rule{r.describe()}}, nil
}

func (s *Service) deleteRule(in *elbv2.DeleteRuleInput) (*elbv2.DeleteRuleOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	l, r, err := s.rule(str(in.RuleArn))
	if err != nil {
		if l != nil {
			return nil, &types.OperationNotPermittedException{Message: text("Default rule '%s' cannot be deleted", str(in.RuleArn))}
		}
		return nil, err
	}
	l.rules = slices.DeleteFunc(l.rules, func(x *rule) bool { return x == r })
	s.rerouted(l)
	return &elbv2.DeleteRuleOutput{}, nil
}

// rerouted puts a listener's changed rules in force. The caller holds s.mu.
func (s *Service) rerouted(l *listener) {
	s.publish(l)
	s.refresh()
	s.changed.Raise()
}

// rule finds by ARN. A default rule's listener comes with an error, because such a rule is not an object of its
// own. The caller holds s.mu.
func (s *Service) rule(arn string) (*listener, *rule, error) {
	for _, l := range s.listeners {
		if l.fallback == arn {
			return l, nil, noRule(arn)
		}
		for _, r := range l.rules {
			if r.arn == arn {
				return l, r, nil
			}
		}
	}
	return nil, nil, noRule(arn)
}

func (r *rule) describe() types.Rule {
	return types.Rule{
		RuleArn: text("%s", r.arn), Priority: text("%s", fmt.Sprint(r.priority)), IsDefault: new(bool),
		Conditions: slices.Clone(r.conditions), Actions: slices.Clone(r.actions),
	}
}

func (l *listener) defaultRule() types.Rule {
	yes := true
	return types.Rule{
		RuleArn: text("%s", l.fallback), Priority: text("default"), IsDefault: &yes,
		Conditions: []types.RuleCondition{}, Actions: slices.Clone(l.actions),
	}
}
