package elasticloadbalancingv2_test

import (
	"context"
	"net/http/httptest"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	sdk "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
	"github.com/google/go-cmp/cmp"

	"github.com/cutover-ecs/cutover/pkg/call"
	elb "github.com/cutover-ecs/cutover/pkg/call/elasticloadbalancingv2"
	"github.com/cutover-ecs/cutover/pkg/sandbox/wire"
)

// both are our client and the SDK's of one server.
func both(t *testing.T, srv *wire.Server) (*elb.Client, *sdk.Client) {
	t.Helper()
	server := httptest.NewServer(srv)
	t.Cleanup(server.Close)
	cfg := aws.Config{Region: "us-east-1", BaseEndpoint: &server.URL, Credentials: credentials.NewStaticCredentialsProvider("AKIDEXAMPLE", "secret", "")}
	return elb.NewFromConfig(cfg), sdk.NewFromConfig(cfg)
}

func server() *wire.Server {
	return wire.New(wire.Options{Account: "111122223333", Region: "us-east-1"})
}

// listener is what is read of the SDK's.
func listener(l types.Listener) elb.Listener {
	out := elb.Listener{ListenerArn: aws.ToString(l.ListenerArn), LoadBalancerArn: aws.ToString(l.LoadBalancerArn), Port: aws.ToInt32(l.Port), Protocol: l.Protocol}
	for _, a := range l.DefaultActions {
		one := elb.Action{Type: a.Type, TargetGroupArn: aws.ToString(a.TargetGroupArn)}
		if a.ForwardConfig != nil {
			for _, g := range a.ForwardConfig.TargetGroups {
				one.ForwardConfig.TargetGroups = append(one.ForwardConfig.TargetGroups, elb.TargetGroup{TargetGroupArn: aws.ToString(g.TargetGroupArn), Weight: g.Weight})
			}
		}
		out.DefaultActions = append(out.DefaultActions, one)
	}
	return out
}

func TestListenersAreWhatTheSDKReads(t *testing.T) {
	blue, green := aws.String("arn:aws:elasticloadbalancing:us-east-1:111122223333:targetgroup/blue/1"), aws.String("arn:…/green/2")
	forward := func(alone *string, groups ...types.TargetGroupTuple) types.Action {
		return types.Action{Type: types.ActionTypeEnumForward, Order: aws.Int32(1), TargetGroupArn: alone, ForwardConfig: &types.ForwardActionConfig{TargetGroups: groups,
			TargetGroupStickinessConfig: &types.TargetGroupStickinessConfig{Enabled: aws.Bool(false)}}}
	}
	told := []types.Listener{
		{ListenerArn: aws.String("one group"), LoadBalancerArn: aws.String("a <b> & c"), Port: aws.Int32(443), Protocol: types.ProtocolEnumHttps, SslPolicy: aws.String("p"),
			Certificates: []types.Certificate{{CertificateArn: aws.String("c")}}, DefaultActions: []types.Action{forward(blue, types.TargetGroupTuple{TargetGroupArn: blue, Weight: aws.Int32(1)})}},
		{ListenerArn: aws.String("two with weights"), Port: aws.Int32(80), Protocol: types.ProtocolEnumHttp,
			DefaultActions: []types.Action{forward(nil, types.TargetGroupTuple{TargetGroupArn: blue, Weight: aws.Int32(90)}, types.TargetGroupTuple{TargetGroupArn: green, Weight: aws.Int32(10)})}},
		{ListenerArn: aws.String("one at zero"), DefaultActions: []types.Action{forward(nil, types.TargetGroupTuple{TargetGroupArn: blue, Weight: aws.Int32(0)}, types.TargetGroupTuple{TargetGroupArn: green, Weight: aws.Int32(100)})}},
		{ListenerArn: aws.String("without a weight"), DefaultActions: []types.Action{forward(blue, types.TargetGroupTuple{TargetGroupArn: blue})}},
		{ListenerArn: aws.String("in the old form alone"), DefaultActions: []types.Action{{Type: types.ActionTypeEnumForward, TargetGroupArn: green}}},
		{ListenerArn: aws.String("signs people in first"), DefaultActions: []types.Action{{Type: types.ActionTypeEnumAuthenticateOidc, Order: aws.Int32(1),
			AuthenticateOidcConfig: &types.AuthenticateOidcActionConfig{ClientId: aws.String("i")}}, forward(blue)}},
		{ListenerArn: aws.String("elsewhere"), DefaultActions: []types.Action{{Type: types.ActionTypeEnumRedirect, RedirectConfig: &types.RedirectActionConfig{Port: aws.String("443")}}}},
		{ListenerArn: aws.String("nothing")},
	}
	srv := server()
	wire.On(srv, "elasticloadbalancing", func(_ context.Context, in *sdk.DescribeListenersInput) (*sdk.DescribeListenersOutput, error) {
		if len(in.ListenerArns) != 2 || in.ListenerArns[1] != "b c&d" {
			t.Errorf("asked for %q", in.ListenerArns)
		}
		return &sdk.DescribeListenersOutput{Listeners: told}, nil
	})
	ours, theirs := both(t, srv)
	got, err := ours.DescribeListeners(t.Context(), &elb.DescribeListenersInput{ListenerArns: []string{"a", "b c&d"}})
	if err != nil {
		t.Fatal(err)
	}
	is, err := theirs.DescribeListeners(t.Context(), &sdk.DescribeListenersInput{ListenerArns: []string{"a", "b c&d"}})
	if err != nil {
		t.Fatal(err)
	}
	var want []elb.Listener
	for _, l := range is.Listeners {
		want = append(want, listener(l))
	}
	if d := cmp.Diff(want, got.Listeners); d != "" || len(want) != len(told) {
		t.Errorf("(-the SDK's +ours)\n%s", d)
	}
}

func TestBalancersAndTargetsAreWhatTheSDKReads(t *testing.T) {
	srv := server()
	wire.On(srv, "elasticloadbalancing", func(_ context.Context, in *sdk.DescribeLoadBalancersInput) (*sdk.DescribeLoadBalancersOutput, error) {
		if len(in.LoadBalancerArns) != 1 || in.LoadBalancerArns[0] != "arn:a" {
			t.Errorf("asked for %q", in.LoadBalancerArns)
		}
		return &sdk.DescribeLoadBalancersOutput{LoadBalancers: []types.LoadBalancer{{LoadBalancerArn: aws.String("arn:a"), DNSName: aws.String("a.elb.example"),
			State: &types.LoadBalancerState{Code: types.LoadBalancerStateEnumActive}, SecurityGroups: []string{"sg-1"}}}}, nil
	})
	wire.On(srv, "elasticloadbalancing", func(_ context.Context, in *sdk.DescribeTargetHealthInput) (*sdk.DescribeTargetHealthOutput, error) {
		if aws.ToString(in.TargetGroupArn) != "arn:g" {
			t.Errorf("asked for %q", aws.ToString(in.TargetGroupArn))
		}
		return &sdk.DescribeTargetHealthOutput{TargetHealthDescriptions: []types.TargetHealthDescription{
			{Target: &types.TargetDescription{Id: aws.String("10.0.0.1"), Port: aws.Int32(80)}, HealthCheckPort: aws.String("80"), TargetHealth: &types.TargetHealth{State: types.TargetHealthStateEnumHealthy}},
			{Target: &types.TargetDescription{Id: aws.String("10.0.0.2")}, TargetHealth: &types.TargetHealth{State: types.TargetHealthStateEnumUnhealthy,
				Reason: types.TargetHealthReasonEnumResponseCodeMismatch, Description: aws.String("codes: [500]")}},
		}}, nil
	})
	ours, theirs := both(t, srv)
	balancers, err := ours.DescribeLoadBalancers(t.Context(), &elb.DescribeLoadBalancersInput{LoadBalancerArns: []string{"arn:a"}})
	if err != nil || len(balancers.LoadBalancers) != 1 || balancers.LoadBalancers[0] != (elb.LoadBalancer{LoadBalancerArn: "arn:a", DNSName: "a.elb.example"}) {
		t.Errorf("%+v, %v", balancers, err)
	}
	got, err := ours.DescribeTargetHealth(t.Context(), &elb.DescribeTargetHealthInput{TargetGroupArn: "arn:g"})
	if err != nil {
		t.Fatal(err)
	}
	is, err := theirs.DescribeTargetHealth(t.Context(), &sdk.DescribeTargetHealthInput{TargetGroupArn: aws.String("arn:g")})
	if err != nil {
		t.Fatal(err)
	}
	var want []elb.TargetHealthDescription
	for _, d := range is.TargetHealthDescriptions {
		want = append(want, elb.TargetHealthDescription{Target: elb.Target{Id: *d.Target.Id}, TargetHealth: elb.TargetHealth{State: d.TargetHealth.State, Reason: d.TargetHealth.Reason}})
	}
	if d := cmp.Diff(want, got.TargetHealthDescriptions); d != "" || len(want) != 2 {
		t.Errorf("(-the SDK's +ours)\n%s", d)
	}
}

func TestAListenerThatIsNotThereIsToldByItsCode(t *testing.T) {
	srv := server()
	wire.On(srv, "elasticloadbalancing", func(context.Context, *sdk.DescribeListenersInput) (*sdk.DescribeListenersOutput, error) {
		return nil, &types.ListenerNotFoundException{Message: aws.String("no <such> listener")}
	})
	ours, _ := both(t, srv)
	if _, err := ours.DescribeListeners(t.Context(), &elb.DescribeListenersInput{ListenerArns: []string{"a"}}); !call.Refused(err, elb.ListenerNotFound) {
		t.Error(err)
	}
}
