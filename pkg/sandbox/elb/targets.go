package elb

import (
	elbv2 "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
)

func (s *Service) registerTargets(in *elbv2.RegisterTargetsInput) (*elbv2.RegisterTargetsOutput, error) {
	for _, t := range in.Targets {
		if err := s.RegisterTarget(str(in.TargetGroupArn), str(t.Id), portOf(t)); err != nil {
			return nil, err
		}
	}
	return &elbv2.RegisterTargetsOutput{}, nil
}

func (s *Service) deregisterTargets(in *elbv2.DeregisterTargetsInput) (*elbv2.DeregisterTargetsOutput, error) {
	for _, t := range in.Targets {
		if _, err := s.DeregisterTarget(str(in.TargetGroupArn), str(t.Id), portOf(t)); err != nil {
			return nil, err
		}
	}
	return &elbv2.DeregisterTargetsOutput{}, nil
}

func (s *Service) describeTargetHealth(in *elbv2.DescribeTargetHealthInput) (*elbv2.DescribeTargetHealthOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	g, err := s.group(str(in.TargetGroupArn))
	if err != nil {
		return nil, err
	}
	out := &elbv2.DescribeTargetHealthOutput{TargetHealthDescriptions: []types.TargetHealthDescription{}}
	if len(in.Targets) == 0 {
		for _, t := range g.targets {
			out.TargetHealthDescriptions = append(out.TargetHealthDescriptions, t.describe())
		}
		return out, nil
	}
	for _, want := range in.Targets {
		port := portOf(want)
		if port == 0 {
			port = g.port
		}
		if t := g.find(str(want.Id), port); t != nil {
			out.TargetHealthDescriptions = append(out.TargetHealthDescriptions, t.describe())
			continue
		}
		out.TargetHealthDescriptions = append(out.TargetHealthDescriptions, types.TargetHealthDescription{
			Target: &types.TargetDescription{Id: want.Id, Port: number(port)},
			TargetHealth: &types.TargetHealth{
				State: types.TargetHealthStateEnumUnused, Reason: types.TargetHealthReasonEnumNotRegistered,
				Description: text("Target is not registered to the target group")},
		})
	}
	return out, nil
}

func portOf(t types.TargetDescription) int {
	if t.Port == nil {
		return 0
	}
	return int(*t.Port)
}
