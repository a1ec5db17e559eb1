package applicationautoscaling_test

import (
	"context"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	sdk "github.com/aws/aws-sdk-go-v2/service/applicationautoscaling"
	"github.com/aws/aws-sdk-go-v2/service/applicationautoscaling/types"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/cutover-ecs/cutover/pkg/call"
	aas "github.com/cutover-ecs/cutover/pkg/call/applicationautoscaling"
	"github.com/cutover-ecs/cutover/pkg/sandbox/wire"
)

// both are our client and the SDK's of one server.
func both(t *testing.T, srv *wire.Server) (*aas.Client, *sdk.Client) {
	t.Helper()
	server := httptest.NewServer(srv)
	t.Cleanup(server.Close)
	cfg := aws.Config{Region: "us-east-1", BaseEndpoint: &server.URL, Credentials: credentials.NewStaticCredentialsProvider("AKIDEXAMPLE", "secret", "")}
	return aas.NewFromConfig(cfg), sdk.NewFromConfig(cfg)
}

const (
	ecs   = types.ServiceNamespaceEcs
	count = types.ScalableDimensionECSServiceDesiredCount
)

func TestTargetsAreWhatTheSDKReads(t *testing.T) {
	srv := wire.New(wire.Options{Account: "111122223333", Region: "us-east-1"})
	var asked []*sdk.DescribeScalableTargetsInput
	wire.On(srv, "application-autoscaling", func(_ context.Context, in *sdk.DescribeScalableTargetsInput) (*sdk.DescribeScalableTargetsOutput, error) {
		asked = append(asked, in)
		target := types.ScalableTarget{ResourceId: aws.String("service/a/b"), ServiceNamespace: ecs, ScalableDimension: count, MinCapacity: aws.Int32(1), MaxCapacity: aws.Int32(8),
			RoleARN: aws.String("r"), CreationTime: aws.Time(time.Unix(1, 500e6))}
		part := target
		part.SuspendedState = &types.SuspendedState{DynamicScalingInSuspended: aws.Bool(true), ScheduledScalingSuspended: aws.Bool(false)}
		return &sdk.DescribeScalableTargetsOutput{ScalableTargets: []types.ScalableTarget{target, part}}, nil
	})
	ours, theirs := both(t, srv)
	got, err := ours.DescribeScalableTargets(t.Context(), &aas.DescribeScalableTargetsInput{ServiceNamespace: ecs, ScalableDimension: count, ResourceIds: []string{"service/a/b"}})
	if err != nil {
		t.Fatal(err)
	}
	is, err := theirs.DescribeScalableTargets(t.Context(), &sdk.DescribeScalableTargetsInput{ServiceNamespace: ecs, ScalableDimension: count, ResourceIds: []string{"service/a/b"}})
	if err != nil {
		t.Fatal(err)
	}
	var want []aas.ScalableTarget
	for _, s := range is.ScalableTargets {
		one := aas.ScalableTarget{ResourceId: *s.ResourceId}
		if s.SuspendedState != nil {
			one.SuspendedState = &aas.SuspendedState{DynamicScalingInSuspended: s.SuspendedState.DynamicScalingInSuspended,
				DynamicScalingOutSuspended: s.SuspendedState.DynamicScalingOutSuspended, ScheduledScalingSuspended: s.SuspendedState.ScheduledScalingSuspended}
		}
		want = append(want, one)
	}
	if d := cmp.Diff(want, got.ScalableTargets); d != "" || len(want) != 2 {
		t.Errorf("(-the SDK's +ours)\n%s", d)
	}
	if d := cmp.Diff(asked[1], asked[0], cmpopts.IgnoreUnexported(sdk.DescribeScalableTargetsInput{})); d != "" {
		t.Errorf("asked (-by the SDK +by ours)\n%s", d)
	}
}

func TestWhatIsSuspendedIsSentAsTheSDKSendsIt(t *testing.T) {
	srv := wire.New(wire.Options{Account: "111122223333", Region: "us-east-1"})
	var asked []*sdk.RegisterScalableTargetInput
	var refuses error
	wire.On(srv, "application-autoscaling", func(_ context.Context, in *sdk.RegisterScalableTargetInput) (*sdk.RegisterScalableTargetOutput, error) {
		asked = append(asked, in)
		return &sdk.RegisterScalableTargetOutput{ScalableTargetARN: aws.String("arn")}, refuses
	})
	ours, theirs := both(t, srv)
	for _, state := range []*types.SuspendedState{nil, {DynamicScalingInSuspended: aws.Bool(true), DynamicScalingOutSuspended: aws.Bool(false), ScheduledScalingSuspended: aws.Bool(true)}} {
		asked = nil
		in := &aas.RegisterScalableTargetInput{ServiceNamespace: ecs, ScalableDimension: count, ResourceId: "service/a/b"}
		if state != nil {
			in.SuspendedState = &aas.SuspendedState{DynamicScalingInSuspended: state.DynamicScalingInSuspended,
				DynamicScalingOutSuspended: state.DynamicScalingOutSuspended, ScheduledScalingSuspended: state.ScheduledScalingSuspended}
		}
		if _, err := ours.RegisterScalableTarget(t.Context(), in); err != nil {
			t.Fatal(err)
		}
		if _, err := theirs.RegisterScalableTarget(t.Context(), &sdk.RegisterScalableTargetInput{
			ServiceNamespace: ecs, ScalableDimension: count, ResourceId: aws.String("service/a/b"), SuspendedState: state}); err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(asked[1], asked[0], cmpopts.IgnoreUnexported(sdk.RegisterScalableTargetInput{}, types.SuspendedState{})); d != "" {
			t.Errorf("sent (-by the SDK +by ours)\n%s", d)
		}
	}
	refuses = &types.ObjectNotFoundException{Message: aws.String("no target")}
	if _, err := ours.RegisterScalableTarget(t.Context(), &aas.RegisterScalableTargetInput{ServiceNamespace: ecs, ScalableDimension: count, ResourceId: "x"}); !call.Refused(err, "ObjectNotFoundException") {
		t.Error(err)
	}
}
