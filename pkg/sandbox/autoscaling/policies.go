package autoscaling

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	aas "github.com/aws/aws-sdk-go-v2/service/applicationautoscaling"
	"github.com/aws/aws-sdk-go-v2/service/applicationautoscaling/types"
	"github.com/google/uuid"
)

// policy is a target tracking policy and how its metric is read.
type policy struct {
	types.ScalingPolicy
	metric metric
}

// putScalingPolicy makes a policy or changes it whole.
func (s *Service) putScalingPolicy(_ context.Context, in *aas.PutScalingPolicyInput) (*aas.PutScalingPolicyOutput, error) {
	if err := check(in.ServiceNamespace, in.ResourceId, in.ScalableDimension); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	t := s.targets[*in.ResourceId]
	if t == nil {
		return nil, missing("scalable target", *in.ResourceId)
	}
	old := t.policies[aws.ToString(in.PolicyName)]
	kind, tracking := in.PolicyType, in.TargetTrackingScalingPolicyConfiguration
	if old != nil && kind == "" {
		kind = old.PolicyType
	}
	if kind != types.PolicyTypeTargetTrackingScaling || tracking == nil || in.StepScalingPolicyConfiguration != nil || in.PredictiveScalingPolicyConfiguration != nil {
		return nil, invalid("The sandbox scales by target tracking: PolicyType must be TargetTrackingScaling, with its configuration.")
	}
	m, err := metricOf(tracking, *in.ResourceId)
	if err != nil {
		return nil, err
	}
	if aws.ToFloat64(tracking.TargetValue) <= 0 {
		return nil, invalid("TargetValue must be greater than 0.")
	}
	p := &policy{metric: m, ScalingPolicy: types.ScalingPolicy{
		PolicyName: in.PolicyName, PolicyType: kind, ServiceNamespace: in.ServiceNamespace, ResourceId: in.ResourceId,
		ScalableDimension: in.ScalableDimension, TargetTrackingScalingPolicyConfiguration: tracking, CreationTime: aws.Time(s.opts.Clock.Now()),
		PolicyARN: aws.String(fmt.Sprintf("arn:aws:autoscaling:%s:%s:scalingPolicy:%s:resource/ecs/%s:policyName/%s",
			s.opts.Region, s.opts.Account, uuid.NewString(), *in.ResourceId, aws.ToString(in.PolicyName))),
	}}
	if old != nil {
		p.PolicyARN, p.CreationTime = old.PolicyARN, old.CreationTime
	}
	t.policies[*in.PolicyName] = p
	s.start(t)
	return &aas.PutScalingPolicyOutput{PolicyARN: p.PolicyARN, Alarms: []types.Alarm{}}, nil
}

func (s *Service) describeScalingPolicies(_ context.Context, in *aas.DescribeScalingPoliciesInput) (*aas.DescribeScalingPoliciesOutput, error) {
	out := &aas.DescribeScalingPoliciesOutput{ScalingPolicies: []types.ScalingPolicy{}}
	if in.ServiceNamespace != types.ServiceNamespaceEcs {
		return out, nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, id := range slices.Sorted(maps.Keys(s.targets)) {
		if in.ResourceId != nil && *in.ResourceId != id {
			continue
		}
		for _, name := range slices.Sorted(maps.Keys(s.targets[id].policies)) {
			p := s.targets[id].policies[name]
			if (len(in.PolicyNames) == 0 || slices.Contains(in.PolicyNames, name)) && (in.ScalableDimension == "" || in.ScalableDimension == p.ScalableDimension) {
				out.ScalingPolicies = append(out.ScalingPolicies, p.ScalingPolicy)
			}
		}
	}
	return out, nil
}

func (s *Service) deleteScalingPolicy(_ context.Context, in *aas.DeleteScalingPolicyInput) (*aas.DeleteScalingPolicyOutput, error) {
	if err := check(in.ServiceNamespace, in.ResourceId, in.ScalableDimension); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	t := s.targets[*in.ResourceId]
	if t == nil || t.policies[aws.ToString(in.PolicyName)] == nil {
		return nil, missing("scaling policy named "+aws.ToString(in.PolicyName), *in.ResourceId)
	}
	delete(t.policies, *in.PolicyName)
	if len(t.policies) == 0 {
		t.halt()
	}
	return &aas.DeleteScalingPolicyOutput{}, nil
}

// describeScalingActivities tells what was scaled, the newest first. What was not is not told.
func (s *Service) describeScalingActivities(_ context.Context, in *aas.DescribeScalingActivitiesInput) (*aas.DescribeScalingActivitiesOutput, error) {
	out := &aas.DescribeScalingActivitiesOutput{ScalingActivities: []types.ScalingActivity{}}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, a := range slices.Backward(s.activities) {
		if in.ServiceNamespace == a.ServiceNamespace && (in.ResourceId == nil || *in.ResourceId == *a.ResourceId) &&
			(in.ScalableDimension == "" || in.ScalableDimension == a.ScalableDimension) {
			out.ScalingActivities = append(out.ScalingActivities, a)
		}
	}
	return out, nil
}
