package iam

import (
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
)

const elbService = "elasticloadbalancing"

// balancers adds load balancers, target groups, listeners and rules. Every Describe knows no resource.
// https://docs.aws.amazon.com/service-authorization/latest/reference/list_awselasticloadbalancingv2.html
func (t table) balancers() {
	onAny[elb.DescribeLoadBalancersInput](t, elbService)
	onAny[elb.DescribeLoadBalancerAttributesInput](t, elbService)
	onAny[elb.DescribeTargetGroupsInput](t, elbService)
	onAny[elb.DescribeTargetGroupAttributesInput](t, elbService)
	onAny[elb.DescribeListenersInput](t, elbService)
	onAny[elb.DescribeListenerCertificatesInput](t, elbService)
	onAny[elb.DescribeRulesInput](t, elbService)
	onAny[elb.DescribeTargetHealthInput](t, elbService)
	onAny[elb.DescribeTagsInput](t, elbService)

	on(t, elbService, func(a asking, in *elb.CreateLoadBalancerInput) []need {
		return a.elbCreated(a.arn(elbService, "loadbalancer/app/"+aws.ToString(in.Name)+"/*"), in.Tags)
	})
	on(t, elbService, func(a asking, in *elb.CreateTargetGroupInput) []need {
		return a.elbCreated(a.arn(elbService, "targetgroup/"+aws.ToString(in.Name)+"/*"), in.Tags)
	})
	// A listener is created on its load balancer and a rule on its listener, but tagged themselves.
	on(t, elbService, func(a asking, in *elb.CreateListenerInput) []need {
		return a.elbCreatedOn(aws.ToString(in.LoadBalancerArn), ":loadbalancer/", ":listener/", in.Tags)
	})
	on(t, elbService, func(a asking, in *elb.CreateRuleInput) []need {
		return a.elbCreatedOn(aws.ToString(in.ListenerArn), ":listener/", ":listener-rule/", in.Tags)
	})
	elbOn(t, func(in *elb.ModifyLoadBalancerAttributesInput) *string { return in.LoadBalancerArn })
	elbOn(t, func(in *elb.DeleteLoadBalancerInput) *string { return in.LoadBalancerArn })
	elbOn(t, func(in *elb.ModifyTargetGroupInput) *string { return in.TargetGroupArn })
	elbOn(t, func(in *elb.ModifyTargetGroupAttributesInput) *string { return in.TargetGroupArn })
	elbOn(t, func(in *elb.DeleteTargetGroupInput) *string { return in.TargetGroupArn })
	elbOn(t, func(in *elb.RegisterTargetsInput) *string { return in.TargetGroupArn })
	elbOn(t, func(in *elb.DeregisterTargetsInput) *string { return in.TargetGroupArn })
	elbOn(t, func(in *elb.ModifyListenerInput) *string { return in.ListenerArn })
	elbOn(t, func(in *elb.DeleteListenerInput) *string { return in.ListenerArn })
	elbOn(t, func(in *elb.AddListenerCertificatesInput) *string { return in.ListenerArn })
	elbOn(t, func(in *elb.RemoveListenerCertificatesInput) *string { return in.ListenerArn })
	elbOn(t, func(in *elb.ModifyRuleInput) *string { return in.RuleArn })
	elbOn(t, func(in *elb.DeleteRuleInput) *string { return in.RuleArn })
	on(t, elbService, func(a asking, in *elb.AddTagsInput) []need {
		out := a.needs(elbService, in.ResourceArns)
		for i := range out {
			out[i] = out[i].tagged(elbTags(in.Tags))
		}
		return out
	})
	on(t, elbService, func(a asking, in *elb.RemoveTagsInput) []need {
		out := a.needs(elbService, in.ResourceArns)
		for i := range out {
			out[i] = out[i].with("aws:TagKeys", in.TagKeys...)
		}
		return out
	})
}

func elbOn[In any](t table, arn func(in *In) *string) {
	onEach(t, elbService, func(in *In) []string { return part("", arn(in)) })
}

func (a asking) elbCreated(resource string, tags []types.Tag) []need {
	return a.elbTagging(a.need(resource), resource, tags)
}

func (a asking) elbCreatedOn(parent, kind, created string, tags []types.Tag) []need {
	return a.elbTagging(a.need(parent), strings.Replace(parent, kind, created, 1)+"/*", tags)
}

// elbTagging asks in addition to tag what is created, where tags are given.
func (a asking) elbTagging(n need, created string, tags []types.Tag) []need {
	if len(tags) == 0 {
		return []need{n}
	}
	n = n.tagged(elbTags(tags))
	_, operation, _ := strings.Cut(a.action, ":")
	add := n.as("elasticloadbalancing:AddTags").with("elasticloadbalancing:CreateAction", operation)
	add.resource = created
	return []need{n, add}
}

func elbTags(tags []types.Tag) map[string]string {
	return tagsOf(tags, func(t types.Tag) (key, value *string) { return t.Key, t.Value })
}
