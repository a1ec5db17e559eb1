package iam

import (
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	aas "github.com/aws/aws-sdk-go-v2/service/applicationautoscaling"
	aastypes "github.com/aws/aws-sdk-go-v2/service/applicationautoscaling/types"
)

// scaling adds Application Auto Scaling. What is registered has an id that nobody knows beforehand, so that a call asks
// for scalable-target/* and a policy narrows it by the two condition keys; and the caller needs what Application Auto
// Scaling then does with the service.
//
// https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsapplicationautoscaling.html
// https://docs.aws.amazon.com/autoscaling/application/userguide/security_iam_permission_validation.html
func (t table) scaling() {
	const service = "application-autoscaling"
	onAny[aas.DescribeScalableTargetsInput](t, service)
	onAny[aas.DescribeScalingPoliciesInput](t, service)
	onAny[aas.DescribeScalingActivitiesInput](t, service)
	on(t, service, func(a asking, in *aas.RegisterScalableTargetInput) []need {
		return a.scales(in.ServiceNamespace, in.ScalableDimension, in.ResourceId, "ecs:DescribeServices", "ecs:UpdateService")
	})
	on(t, service, func(a asking, in *aas.DeregisterScalableTargetInput) []need {
		return a.scales(in.ServiceNamespace, in.ScalableDimension, in.ResourceId)
	})
	on(t, service, func(a asking, in *aas.PutScalingPolicyInput) []need {
		return a.scales(in.ServiceNamespace, in.ScalableDimension, in.ResourceId)
	})
	on(t, service, func(a asking, in *aas.DeleteScalingPolicyInput) []need {
		return a.scales(in.ServiceNamespace, in.ScalableDimension, in.ResourceId)
	})
}

// scales are the needs of a call about a scalable target, with what the caller must be allowed on the service itself.
func (a asking) scales(namespace aastypes.ServiceNamespace, dimension aastypes.ScalableDimension, id *string, too ...string) []need {
	n := a.need(a.arn("application-autoscaling", "scalable-target/*"))
	if namespace != "" {
		n = n.with("application-autoscaling:service-namespace", string(namespace))
	}
	if dimension != "" {
		n = n.with("application-autoscaling:scalable-dimension", string(dimension))
	}
	all := []need{n}
	if path, ok := strings.CutPrefix(aws.ToString(id), "service/"); ok && namespace == aastypes.ServiceNamespaceEcs {
		for _, action := range too {
			all = append(all, need{action: action, resource: a.arn("ecs", "service/"+path)})
		}
	}
	return all
}
