package autoscaling_test

import (
	"context"
	"errors"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/applicationautoscaling"
	"github.com/aws/aws-sdk-go-v2/service/applicationautoscaling/types"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/cutover-ecs/cutover/pkg/sandbox/autoscaling"
	"github.com/cutover-ecs/cutover/pkg/sandbox/clock"
	"github.com/cutover-ecs/cutover/pkg/sandbox/cloudwatch"
	"github.com/cutover-ecs/cutover/pkg/sandbox/wire"
)

const id = "service/web/Shop"

// bed is a service that runs what it is told, and metrics that are put.
type bed struct {
	srv     *wire.Server
	metrics *cloudwatch.Service

	mu      sync.Mutex
	desired int32
	sets    int32 // task sets that run as many each
	refuses error
}

func newBed(t *testing.T, count int32) *bed {
	c := clock.New(1)
	b := &bed{desired: count, sets: 1, metrics: cloudwatch.New(cloudwatch.Options{Clock: c})}
	s := autoscaling.New(autoscaling.Options{Clock: c, Account: "111122223333", Region: "us-east-1", Metric: b.metrics.Statistic})
	b.srv = wire.New(wire.Options{Account: "111122223333", Region: "us-east-1"})
	s.Register(b.srv)
	wire.On(b.srv, "ecs", func(_ context.Context, in *ecs.DescribeServicesInput) (*ecs.DescribeServicesOutput, error) {
		b.mu.Lock()
		defer b.mu.Unlock()
		if *in.Cluster != "web" || in.Services[0] != "Shop" {
			return &ecs.DescribeServicesOutput{}, nil
		}
		return &ecs.DescribeServicesOutput{Services: []ecstypes.Service{{
			Status: aws.String("ACTIVE"), DesiredCount: b.desired, RunningCount: b.sets * b.desired}}}, nil
	})
	wire.On(b.srv, "ecs", func(_ context.Context, in *ecs.UpdateServiceInput) (*ecs.UpdateServiceOutput, error) {
		b.mu.Lock()
		defer b.mu.Unlock()
		if b.refuses == nil {
			b.desired = *in.DesiredCount
		}
		return &ecs.UpdateServiceOutput{}, b.refuses
	})
	t.Cleanup(s.Close)
	t.Cleanup(b.metrics.Close)
	return b
}

func do[Out, In any](t *testing.T, b *bed, in *In) *Out {
	t.Helper()
	out, err := wire.Call[Out](t.Context(), b.srv, in)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func (b *bed) limits(t *testing.T, least, most int32) {
	t.Helper()
	do[sdk.RegisterScalableTargetOutput](t, b, &sdk.RegisterScalableTargetInput{ServiceNamespace: types.ServiceNamespaceEcs, ResourceId: aws.String(id),
		ScalableDimension: types.ScalableDimensionECSServiceDesiredCount, MinCapacity: &least, MaxCapacity: &most})
}

func (b *bed) suspend(t *testing.T, state types.SuspendedState) {
	t.Helper()
	do[sdk.RegisterScalableTargetOutput](t, b, &sdk.RegisterScalableTargetInput{ServiceNamespace: types.ServiceNamespaceEcs, ResourceId: aws.String(id),
		ScalableDimension: types.ScalableDimensionECSServiceDesiredCount, SuspendedState: &state})
}

func tracking(name string, target float64, metric types.MetricType) *sdk.PutScalingPolicyInput {
	return &sdk.PutScalingPolicyInput{ServiceNamespace: types.ServiceNamespaceEcs, ResourceId: aws.String(id), PolicyName: &name,
		ScalableDimension: types.ScalableDimensionECSServiceDesiredCount, PolicyType: types.PolicyTypeTargetTrackingScaling,
		TargetTrackingScalingPolicyConfiguration: &types.TargetTrackingScalingPolicyConfiguration{TargetValue: &target,
			PredefinedMetricSpecification: &types.PredefinedMetricSpecification{PredefinedMetricType: metric}}}
}

const cpu, memory = types.MetricTypeECSServiceAverageCPUUtilization, types.MetricTypeECSServiceAverageMemoryUtilization

// uses lets minutes pass in which the service uses that much.
func (b *bed) uses(metric string, percent float64, minutes int) {
	for range minutes {
		b.metrics.Put("AWS/ECS", metric, map[string]string{"ClusterName": "web", "ServiceName": "Shop"}, percent)
		time.Sleep(time.Minute)
		synctest.Wait()
	}
}

func (b *bed) has(t *testing.T, want int32) {
	t.Helper()
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.desired != want {
		t.Errorf("the desired count is %d, not %d", b.desired, want)
	}
}

func inBubble(t *testing.T, count int32, test func(t *testing.T, b *bed)) {
	synctest.Test(t, func(t *testing.T) { test(t, newBed(t, count)) })
}

func TestTasksAreAddedAfterThreeMinutesAboveAndTakenAfterFifteenBelow(t *testing.T) {
	inBubble(t, 4, func(t *testing.T, b *bed) {
		b.limits(t, 2, 10)
		do[sdk.PutScalingPolicyOutput](t, b, tracking("cpu", 50, cpu))
		b.uses("CPUUtilization", 75, 2)
		b.has(t, 4)
		b.uses("CPUUtilization", 75, 1)
		b.has(t, 6) // 4 tasks at 75 are 6 at 50
		b.uses("CPUUtilization", 25, 14)
		b.has(t, 6)
		b.uses("CPUUtilization", 25, 3)
		b.has(t, 3)
		b.uses("CPUUtilization", 47, 20) // under the target, but not by a tenth
		b.has(t, 3)
		out := do[sdk.DescribeScalingActivitiesOutput](t, b, &sdk.DescribeScalingActivitiesInput{ServiceNamespace: types.ServiceNamespaceEcs})
		if n := len(out.ScalingActivities); n != 2 || !strings.Contains(*out.ScalingActivities[1].Cause, "is above its target") ||
			out.ScalingActivities[0].StatusCode != types.ScalingActivityStatusCodeSuccessful {
			t.Errorf("%d activities: %+v", n, out.ScalingActivities)
		}
	})
}

func TestTheCountStaysWithinItsLimitsAndIsBroughtThere(t *testing.T) {
	inBubble(t, 1, func(t *testing.T, b *bed) {
		b.limits(t, 3, 5)
		b.has(t, 3)
		do[sdk.PutScalingPolicyOutput](t, b, tracking("cpu", 10, cpu))
		b.uses("CPUUtilization", 100, 4)
		b.has(t, 5)
		b.uses("CPUUtilization", 0, 40)
		b.has(t, 3)
	})
}

func TestASuspensionHoldsWhatItNamesAndTheRestStays(t *testing.T) {
	inBubble(t, 4, func(t *testing.T, b *bed) {
		b.limits(t, 1, 10)
		do[sdk.PutScalingPolicyOutput](t, b, tracking("cpu", 50, cpu))
		b.suspend(t, types.SuspendedState{DynamicScalingOutSuspended: aws.Bool(true)})
		b.uses("CPUUtilization", 100, 5)
		b.has(t, 4)
		b.suspend(t, types.SuspendedState{DynamicScalingInSuspended: aws.Bool(true)})
		b.uses("CPUUtilization", 10, 20)
		b.has(t, 4)
		out := do[sdk.DescribeScalableTargetsOutput](t, b, &sdk.DescribeScalableTargetsInput{ServiceNamespace: types.ServiceNamespaceEcs})
		s := out.ScalableTargets[0].SuspendedState
		if !*s.DynamicScalingInSuspended || !*s.DynamicScalingOutSuspended || *s.ScheduledScalingSuspended || *out.ScalableTargets[0].MaxCapacity != 10 {
			t.Errorf("%+v", out.ScalableTargets[0])
		}
		b.suspend(t, types.SuspendedState{DynamicScalingInSuspended: aws.Bool(false)})
		b.uses("CPUUtilization", 10, 1)
		b.has(t, 1)
	})
}

func TestOfTwoPoliciesOneIsEnoughToAddTasksAndBothAreNeededToTakeThem(t *testing.T) {
	inBubble(t, 4, func(t *testing.T, b *bed) {
		b.limits(t, 1, 10)
		do[sdk.PutScalingPolicyOutput](t, b, tracking("cpu", 50, cpu))
		do[sdk.PutScalingPolicyOutput](t, b, tracking("memory", 50, memory))
		both := func(c, m float64, minutes int) {
			for range minutes {
				b.metrics.Put("AWS/ECS", "MemoryUtilization", map[string]string{"ClusterName": "web", "ServiceName": "Shop"}, m)
				b.uses("CPUUtilization", c, 1)
			}
		}
		both(10, 60, 3)
		b.has(t, 5)
		both(10, 48, 20)
		b.has(t, 5)
		both(10, 20, 17)
		b.has(t, 2)
	})
}

func TestACooldownBlocksASecondChangeButNotALargerOne(t *testing.T) {
	inBubble(t, 4, func(t *testing.T, b *bed) {
		b.limits(t, 1, 20)
		in := tracking("cpu", 50, cpu)
		in.TargetTrackingScalingPolicyConfiguration.ScaleInCooldown = aws.Int32(3600)
		do[sdk.PutScalingPolicyOutput](t, b, in)
		b.uses("CPUUtilization", 75, 3)
		b.has(t, 6)
		b.uses("CPUUtilization", 75, 1)
		b.has(t, 9) // more than the last time is added at once
		b.uses("CPUUtilization", 1, 40)
		b.has(t, 9)
		b.uses("CPUUtilization", 1, 30)
		b.has(t, 1)
	})
}

func TestTasksOfBothTaskSetsAreCounted(t *testing.T) {
	inBubble(t, 4, func(t *testing.T, b *bed) {
		b.limits(t, 1, 20)
		b.sets = 2
		do[sdk.PutScalingPolicyOutput](t, b, tracking("cpu", 50, cpu))
		b.uses("CPUUtilization", 60, 3)
		b.has(t, 10)
	})
}

func TestRequestsAreSummedOverBothTargetGroupsThoughOneIsSilent(t *testing.T) {
	inBubble(t, 2, func(t *testing.T, b *bed) {
		b.limits(t, 1, 20)
		group := func(name string) *types.TargetTrackingMetricStat {
			return &types.TargetTrackingMetricStat{Stat: aws.String("Sum"), Metric: &types.TargetTrackingMetric{
				Namespace: aws.String("AWS/ApplicationELB"), MetricName: aws.String("RequestCountPerTarget"),
				Dimensions: []types.TargetTrackingMetricDimension{{Name: aws.String("TargetGroup"), Value: &name}}}}
		}
		in := tracking("requests", 100, "")
		in.TargetTrackingScalingPolicyConfiguration.PredefinedMetricSpecification = nil
		in.TargetTrackingScalingPolicyConfiguration.CustomizedMetricSpecification = &types.CustomizedMetricSpecification{Metrics: []types.TargetTrackingMetricDataQuery{
			{Id: aws.String("m1"), MetricStat: group("blue"), ReturnData: aws.Bool(false)},
			{Id: aws.String("m2"), MetricStat: group("green"), ReturnData: aws.Bool(false)},
			{Id: aws.String("e1"), Expression: aws.String("SUM([m1, m2])")},
		}}
		do[sdk.PutScalingPolicyOutput](t, b, in)
		for range 3 {
			b.metrics.Put("AWS/ApplicationELB", "RequestCountPerTarget", map[string]string{"TargetGroup": "green"}, 250)
			time.Sleep(time.Minute)
			synctest.Wait()
		}
		b.has(t, 5)
	})
}

func TestWithoutDataNothingScalesAndWhatECSRefusesIsTold(t *testing.T) {
	inBubble(t, 4, func(t *testing.T, b *bed) {
		b.limits(t, 1, 20)
		do[sdk.PutScalingPolicyOutput](t, b, tracking("cpu", 50, cpu))
		time.Sleep(time.Hour)
		b.has(t, 4)
		b.mu.Lock()
		b.refuses = errors.New("not now")
		b.mu.Unlock()
		b.uses("CPUUtilization", 90, 4)
		b.has(t, 4)
		out := do[sdk.DescribeScalingActivitiesOutput](t, b, &sdk.DescribeScalingActivitiesInput{ServiceNamespace: types.ServiceNamespaceEcs})
		if len(out.ScalingActivities) == 0 || out.ScalingActivities[0].StatusCode != types.ScalingActivityStatusCodeFailed {
			t.Errorf("%+v", out.ScalingActivities)
		}
	})
}

func TestPoliciesGoWithTheirTarget(t *testing.T) {
	inBubble(t, 4, func(t *testing.T, b *bed) {
		b.limits(t, 1, 20)
		do[sdk.PutScalingPolicyOutput](t, b, tracking("cpu", 50, cpu))
		if n := len(do[sdk.DescribeScalingPoliciesOutput](t, b, &sdk.DescribeScalingPoliciesInput{ServiceNamespace: types.ServiceNamespaceEcs}).ScalingPolicies); n != 1 {
			t.Errorf("%d policies", n)
		}
		do[sdk.DeregisterScalableTargetOutput](t, b, &sdk.DeregisterScalableTargetInput{ServiceNamespace: types.ServiceNamespaceEcs, ResourceId: aws.String(id),
			ScalableDimension: types.ScalableDimensionECSServiceDesiredCount})
		b.uses("CPUUtilization", 100, 5)
		b.has(t, 4)
	})
}

func TestWhatCannotBeScaledIsRefused(t *testing.T) {
	b := newBed(t, 1)
	register := func(change func(*sdk.RegisterScalableTargetInput)) error {
		in := &sdk.RegisterScalableTargetInput{ServiceNamespace: types.ServiceNamespaceEcs, ResourceId: aws.String(id),
			ScalableDimension: types.ScalableDimensionECSServiceDesiredCount, MinCapacity: aws.Int32(1), MaxCapacity: aws.Int32(2)}
		change(in)
		_, err := wire.Call[sdk.RegisterScalableTargetOutput](t.Context(), b.srv, in)
		return err
	}
	for want, change := range map[string]func(*sdk.RegisterScalableTargetInput){
		"not dynamodb":               func(in *sdk.RegisterScalableTargetInput) { in.ServiceNamespace = types.ServiceNamespaceDynamodb },
		"is not service/<cluster>":   func(in *sdk.RegisterScalableTargetInput) { in.ResourceId = aws.String("Shop") },
		"ECS service doesn't exist":  func(in *sdk.RegisterScalableTargetInput) { in.ResourceId = aws.String("service/web/Other") },
		"required to register":       func(in *sdk.RegisterScalableTargetInput) { in.MinCapacity = nil },
		"less than minimum capacity": func(in *sdk.RegisterScalableTargetInput) { in.MaxCapacity = aws.Int32(0) },
		"keeps no tags":              func(in *sdk.RegisterScalableTargetInput) { in.Tags = map[string]string{"a": "b"} },
		"resource type or scalable dimen": func(in *sdk.RegisterScalableTargetInput) {
			in.ScalableDimension = types.ScalableDimensionEC2SpotFleetRequestTargetCapacity
		},
	} {
		if err := register(change); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v", want, err)
		}
	}
	var none *types.ObjectNotFoundException
	if _, err := wire.Call[sdk.PutScalingPolicyOutput](t.Context(), b.srv, tracking("cpu", 50, cpu)); !errors.As(err, &none) {
		t.Errorf("a policy of nothing: %v", err)
	}
	b.limits(t, 1, 2)
	for want, change := range map[string]func(*sdk.PutScalingPolicyInput){
		"scales by target tracking": func(in *sdk.PutScalingPolicyInput) { in.PolicyType = types.PolicyTypeStepScaling },
		"greater than 0": func(in *sdk.PutScalingPolicyInput) {
			in.TargetTrackingScalingPolicyConfiguration.TargetValue = aws.Float64(0)
		},
		"Invalid resource label": func(in *sdk.PutScalingPolicyInput) {
			in.TargetTrackingScalingPolicyConfiguration.PredefinedMetricSpecification.PredefinedMetricType = types.MetricTypeALBRequestCountPerTarget
		},
		"computes sums of metrics": func(in *sdk.PutScalingPolicyInput) {
			c := in.TargetTrackingScalingPolicyConfiguration
			c.PredefinedMetricSpecification = nil
			c.CustomizedMetricSpecification = &types.CustomizedMetricSpecification{Metrics: []types.TargetTrackingMetricDataQuery{
				{Id: aws.String("e1"), Expression: aws.String("m1 / m2")}}}
		},
	} {
		in := tracking("cpu", 50, cpu)
		change(in)
		if _, err := wire.Call[sdk.PutScalingPolicyOutput](t.Context(), b.srv, in); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v", want, err)
		}
	}
}

func TestTheSDKsOwnClientIsUnderstood(t *testing.T) {
	b := newBed(t, 1)
	endpoint := httptest.NewServer(b.srv)
	t.Cleanup(endpoint.Close)
	client := sdk.New(sdk.Options{Region: "us-east-1", BaseEndpoint: &endpoint.URL,
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: "AKIDEXAMPLE", SecretAccessKey: "secret"}, nil
		})})
	b.limits(t, 1, 2)
	out, err := client.DescribeScalableTargets(t.Context(), &sdk.DescribeScalableTargetsInput{ServiceNamespace: types.ServiceNamespaceEcs})
	if err != nil || len(out.ScalableTargets) != 1 || !strings.HasPrefix(*out.ScalableTargets[0].ScalableTargetARN, "arn:aws:application-autoscaling:us-east-1:111122223333:scalable-target/") {
		t.Errorf("%+v, %v", out, err)
	}
	var none *types.ObjectNotFoundException
	_, err = client.DeleteScalingPolicy(t.Context(), &sdk.DeleteScalingPolicyInput{ServiceNamespace: types.ServiceNamespaceEcs, ResourceId: aws.String(id),
		ScalableDimension: types.ScalableDimensionECSServiceDesiredCount, PolicyName: aws.String("cpu")})
	if !errors.As(err, &none) {
		t.Error(err)
	}
}
