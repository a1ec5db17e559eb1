package main

import (
	"cmp"
	"context"
	"fmt"
	"net"
	"net/netip"
	"os"
	"runtime/debug"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	elbv2 "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"github.com/cutover-ecs/cutover/pkg/sandbox/clock"
	"github.com/cutover-ecs/cutover/pkg/sandbox/cloudwatch"
	"github.com/cutover-ecs/cutover/pkg/sandbox/elb"
	"github.com/cutover-ecs/cutover/pkg/sandbox/wire"
)

// help does what this program does for itself in a process of its own, so that each side of a race has one.
func help(ctx context.Context, args []string) (helped bool, code int) {
	if len(args) == 0 {
		return false, 0
	}
	var err error
	switch args[0] {
	case "target":
		err = target()
	case "listener":
		err = balance(ctx, args[1:])
	case "profile":
		err = profiles(ctx, cmp.Or(strings.Join(args[1:], ""), "bin/profiles"), os.Stdout)
	case "profiled-release":
		err = profiledRelease(ctx, args[1])
	case "profiled-verify":
		err = profiledVerify(ctx, args[1])
	case "profiled-sandbox":
		err = profiledSandbox(ctx, args[1])
	default:
		return false, 0
	}
	if err != nil && ctx.Err() == nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		return true, 1
	}
	return true, 0
}

// balance serves targets by the sandbox's load balancer, its metrics counted as the whole sandbox counts them.
func balance(ctx context.Context, targets []string) error {
	debug.SetGCPercent(400) // as cutover sandbox does
	s := newStage(func(string, int) (net.Listener, error) { return net.Listen("tcp", "127.0.0.1:0") })
	defer s.elb.Close()
	group, err := s.group(ctx, "targets")
	if err != nil {
		return err
	}
	listener, err := s.listener(ctx, forward(group, ""))
	if err != nil {
		return err
	}
	for _, t := range targets {
		if err := s.register(group, t); err != nil {
			return err
		}
	}
	fmt.Printf("listens on %s \n", hostOf(s.elb.URL(listener)))
	<-ctx.Done()
	return nil
}

// stage is a load balancer of the sandbox.
type stage struct {
	elb  *elb.Service
	wire *wire.Server
}

func newStage(listen func(string, int) (net.Listener, error)) *stage {
	c := clock.New(60)
	metrics := cloudwatch.New(cloudwatch.Options{Clock: c, Account: "111122223333", Region: "us-east-1"})
	s := &stage{wire: wire.New(wire.Options{Account: "111122223333", Region: "us-east-1"})}
	s.elb = elb.New(elb.Options{
		Clock: c, Account: "111122223333", Region: "us-east-1", Dial: new(net.Dialer).DialContext, Listen: listen,
		Observe: metrics.Balancer(),
		Disturb: func(string, string, bool) elb.Disturbance { return elb.Disturbance{} },
	})
	s.elb.Register(s.wire)
	return s
}

func (s *stage) group(ctx context.Context, name string) (arn string, err error) {
	out, err := wire.Call[elbv2.CreateTargetGroupOutput](ctx, s.wire, &elbv2.CreateTargetGroupInput{Name: &name, Port: aws.Int32(80),
		Protocol: types.ProtocolEnumHttp, TargetType: types.TargetTypeEnumIp, VpcId: aws.String("vpc-1"), HealthCheckPath: aws.String("/")})
	if err != nil {
		return "", err
	}
	return *out.TargetGroups[0].TargetGroupArn, nil
}

func (s *stage) listener(ctx context.Context, actions []types.Action) (arn string, err error) {
	balancer, err := wire.Call[elbv2.CreateLoadBalancerOutput](ctx, s.wire, &elbv2.CreateLoadBalancerInput{Name: aws.String("bench")})
	if err != nil {
		return "", err
	}
	out, err := wire.Call[elbv2.CreateListenerOutput](ctx, s.wire, &elbv2.CreateListenerInput{
		LoadBalancerArn: balancer.LoadBalancers[0].LoadBalancerArn, Port: aws.Int32(80), Protocol: types.ProtocolEnumHttp, DefaultActions: actions})
	if err != nil {
		return "", err
	}
	return *out.Listeners[0].ListenerArn, nil
}

func (s *stage) register(group, address string) error {
	at, err := netip.ParseAddrPort(address)
	if err != nil {
		return err
	}
	return s.elb.RegisterTarget(group, at.Addr().String(), int(at.Port()))
}

// forward sends everything to one group; other stands beside it with no weight.
func forward(group, other string) []types.Action {
	f := &types.ForwardActionConfig{TargetGroups: []types.TargetGroupTuple{{TargetGroupArn: &group, Weight: aws.Int32(100)}}}
	if other != "" {
		f.TargetGroups = append(f.TargetGroups, types.TargetGroupTuple{TargetGroupArn: &other, Weight: aws.Int32(0)})
	}
	return []types.Action{{Type: types.ActionTypeEnumForward, ForwardConfig: f}}
}
