package cfn_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	aas "github.com/aws/aws-sdk-go-v2/service/applicationautoscaling"
	"github.com/aws/aws-sdk-go-v2/service/applicationautoscaling/types"
	"github.com/google/go-cmp/cmp"
)

const scaling = `, "Scaled": {"Type": "AWS::ApplicationAutoScaling::ScalableTarget", "DependsOn": ["Service"], "Properties": {"ServiceNamespace": "ecs",
	"ResourceId": "service/hub/web", "ScalableDimension": "ecs:service:DesiredCount", "MinCapacity": 0, "MaxCapacity": 4}},
	"ByCPU": {"Type": "AWS::ApplicationAutoScaling::ScalingPolicy", "Properties": {"PolicyName": "cpu", "PolicyType": "TargetTrackingScaling", "ScalingTargetId": {"Ref": "Scaled"},
	"TargetTrackingScalingPolicyConfiguration": {"TargetValue": 60, "PredefinedMetricSpecification": {"PredefinedMetricType": "ECSServiceAverageCPUUtilization"}}}}`

func TestAScalableTargetComesChangesWithoutItsSuspensionAndGoes(t *testing.T) {
	w := inWorld(t, "demo", resources(base+service+scaling))
	client := aas.NewFromConfig(w.config())
	if _, err := client.RegisterScalableTarget(t.Context(), &aas.RegisterScalableTargetInput{ServiceNamespace: types.ServiceNamespaceEcs,
		ResourceId: aws.String("service/hub/web"), ScalableDimension: types.ScalableDimensionECSServiceDesiredCount,
		SuspendedState: &types.SuspendedState{DynamicScalingInSuspended: aws.Bool(true)}}); err != nil {
		t.Fatal(err)
	}
	calls, err := w.update("demo", resources(base+service+replace(t, scaling, `"MaxCapacity": 4`, `"MaxCapacity": 6`, `"TargetValue": 60`, `"TargetValue": 70`)))
	if err != nil || !cmp.Equal(calls, []string{"RegisterScalableTarget", "PutScalingPolicy"}) {
		t.Errorf("%v %v", calls, err)
	}
	targets, err := client.DescribeScalableTargets(t.Context(), &aas.DescribeScalableTargetsInput{ServiceNamespace: types.ServiceNamespaceEcs})
	if err != nil || len(targets.ScalableTargets) != 1 || *targets.ScalableTargets[0].MaxCapacity != 6 || !*targets.ScalableTargets[0].SuspendedState.DynamicScalingInSuspended {
		t.Errorf("%+v %v", targets, err)
	}
	policies, err := client.DescribeScalingPolicies(t.Context(), &aas.DescribeScalingPoliciesInput{ServiceNamespace: types.ServiceNamespaceEcs})
	if err != nil || len(policies.ScalingPolicies) != 1 || *policies.ScalingPolicies[0].TargetTrackingScalingPolicyConfiguration.TargetValue != 70 {
		t.Errorf("%+v %v", policies, err)
	}
	calls, err = w.update("demo", resources(base+service))
	if err != nil || !cmp.Equal(calls, []string{"DeleteScalingPolicy", "DeregisterScalableTarget"}) {
		t.Errorf("%v %v", calls, err)
	}
}
