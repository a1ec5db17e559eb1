package doctor

import (
	"context"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	cdtypes "github.com/aws/aws-sdk-go-v2/service/codedeploy/types"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
	"github.com/aws/aws-sdk-go-v2/service/iam"

	"github.com/cutover-ecs/cutover/pkg/call"
	elbcall "github.com/cutover-ecs/cutover/pkg/call/elasticloadbalancingv2"
)

// routes are the deployment group's ways to its listeners.
func (f *facts) routes() (production, test string) {
	lb := f.group.LoadBalancerInfo
	if lb == nil || len(lb.TargetGroupPairInfoList) == 0 {
		return "", ""
	}
	first := func(r *cdtypes.TrafficRoute) string {
		if r == nil || len(r.ListenerArns) == 0 {
			return ""
		}
		return r.ListenerArns[0]
	}
	pair := lb.TargetGroupPairInfoList[0]
	return first(pair.ProdTrafficRoute), first(pair.TestTrafficRoute)
}

func (c *Clients) listeners(ctx context.Context, f *facts) (err error) {
	production, test := f.routes()
	if f.production, err = c.listener(ctx, production); err != nil {
		return err
	}
	f.test, err = c.listener(ctx, test)
	return err
}

func (c *Clients) listener(ctx context.Context, arn string) (*elbcall.Listener, error) {
	if arn == "" {
		return nil, nil
	}
	out, err := c.Listeners.DescribeListeners(ctx, &elbcall.DescribeListenersInput{ListenerArns: []string{arn}})
	if call.Refused(err, elbcall.ListenerNotFound) || err == nil && len(out.Listeners) == 0 {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return &out.Listeners[0], nil
}

func (c *Clients) rules(ctx context.Context, f *facts) error {
	production, _ := f.routes()
	if production == "" {
		return nil
	}
	pages := elb.NewDescribeRulesPaginator(c.Balancers, &elb.DescribeRulesInput{ListenerArn: &production})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if missing[*elbtypes.ListenerNotFoundException](err) {
			return nil
		}
		if err != nil {
			return err
		}
		for _, r := range page.Rules {
			if !aws.ToBool(r.IsDefault) {
				f.rules = append(f.rules, r)
			}
		}
	}
	return nil
}

func (c *Clients) targets(ctx context.Context, f *facts) error {
	if len(f.pair()) == 0 {
		return nil
	}
	out, err := c.Balancers.DescribeTargetGroups(ctx, &elb.DescribeTargetGroupsInput{Names: f.pair()})
	if missing[*elbtypes.TargetGroupNotFoundException](err) {
		return nil
	}
	if err != nil {
		return err
	}
	f.targets = out.TargetGroups
	for _, g := range f.targets {
		all, err := c.Balancers.DescribeTargetGroupAttributes(ctx, &elb.DescribeTargetGroupAttributesInput{TargetGroupArn: g.TargetGroupArn})
		if err != nil {
			return err
		}
		values := map[string]string{}
		for _, a := range all.Attributes {
			values[aws.ToString(a.Key)] = aws.ToString(a.Value)
		}
		f.attributes[aws.ToString(g.TargetGroupArn)] = values
	}
	return nil
}

// role reads the names of the policies of the role that CodeDeploy works as.
func (c *Clients) role(ctx context.Context, f *facts) error {
	name := roleName(aws.ToString(f.group.ServiceRoleArn))
	attached, err := c.Roles.ListAttachedRolePolicies(ctx, &iam.ListAttachedRolePoliciesInput{RoleName: &name})
	if err != nil {
		return err
	}
	for _, p := range attached.AttachedPolicies {
		f.attached = append(f.attached, aws.ToString(p.PolicyName))
	}
	inline, err := c.Roles.ListRolePolicies(ctx, &iam.ListRolePoliciesInput{RoleName: &name})
	if err != nil {
		return err
	}
	f.inline = inline.PolicyNames
	return nil
}

// roleName is the last part of a role's ARN, after its path.
func roleName(arn string) string { return arn[strings.LastIndexByte(arn, '/')+1:] }
