package fault

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"github.com/cutover-ecs/cutover/pkg/sandbox/wire"
)

// Listener changes a listener behind CodeDeploy's back: its default action forwards all to one target group.
type Listener struct {
	Listener string `arg:"" help:"The listener's port, or its ARN; * matches."`
	Group    string `arg:"" optional:"" help:"The name of the target group that gets everything; * matches. Default: one that has not everything."`
	On       string `help:"Just before this call, as service:Action; * matches. Default: at once."`
	Skip     int    `help:"Let the first ones pass."`
	Times    int    `help:"How often; 0 is always."`
}

// Kind implements Fault.
func (Listener) Kind() string { return "listener" }

func (f Listener) when() when { return when{skip: f.Skip, times: f.Times} }

func (f Listener) check() error {
	if f.Listener == "" {
		return errors.New("a listener is needed")
	}
	return errors.Join(checkPattern(f.Listener, f.Group), checkCall(f.On))
}

func (f Listener) atOnce(p *Plan) error {
	if f.On != "" {
		return nil
	}
	for range strike(p, func(other Listener) bool { return other == f }) {
		return f.change(context.Background(), p)
	}
	return nil
}

// behindTheBack changes listeners just before a call.
func (p *Plan) behindTheBack(ctx context.Context, service, action string) {
	for _, f := range strike(p, func(f Listener) bool { return f.On != "" && likeCall(f.On, service, action) }) {
		if err := f.change(context.WithoutCancel(ctx), p); err != nil {
			p.tell("elasticloadbalancing", "ModifyListener", "", "listener not changed: %v", err)
		}
	}
}

// change finds the listener and moves it, as the account's root.
func (f Listener) change(ctx context.Context, p *Plan) error {
	if p.opts.Server == nil {
		return errors.New("there is no load balancer")
	}
	srv := p.opts.Server()
	ctx = context.WithValue(ctx, silent{}, "to change a listener behind CodeDeploy's back")
	ctx = wire.WithCaller(ctx, wire.Caller{ARN: "arn:aws:iam::" + srv.Account() + ":root"})
	balancers, err := wire.Call[elb.DescribeLoadBalancersOutput](ctx, srv, &elb.DescribeLoadBalancersInput{})
	if err != nil {
		return err
	}
	for _, b := range balancers.LoadBalancers {
		listeners, err := wire.Call[elb.DescribeListenersOutput](ctx, srv, &elb.DescribeListenersInput{LoadBalancerArn: b.LoadBalancerArn})
		if err != nil {
			return err
		}
		for _, l := range listeners.Listeners {
			if like(f.Listener, aws.ToString(l.ListenerArn)) || f.Listener == strconv.Itoa(int(aws.ToInt32(l.Port))) {
				return f.move(ctx, srv, l)
			}
		}
	}
	return fmt.Errorf("no listener is like %q", f.Listener)
}

// move gives everything to one group; the others that the listener named keep their place with nothing.
func (f Listener) move(ctx context.Context, srv *wire.Server, l types.Listener) error {
	groups, err := wire.Call[elb.DescribeTargetGroupsOutput](ctx, srv, &elb.DescribeTargetGroupsInput{})
	if err != nil {
		return err
	}
	var tuples []types.TargetGroupTuple
	if len(l.DefaultActions) > 0 && l.DefaultActions[0].ForwardConfig != nil {
		tuples = l.DefaultActions[0].ForwardConfig.TargetGroups
	}
	weights, sum := map[string]int32{}, int32(0)
	for _, t := range tuples {
		weights[aws.ToString(t.TargetGroupArn)] = aws.ToInt32(t.Weight)
		sum += aws.ToInt32(t.Weight)
	}
	for _, g := range groups.TargetGroups {
		arn, name := aws.ToString(g.TargetGroupArn), aws.ToString(g.TargetGroupName)
		if !like(f.Group, name) || sum > 0 && weights[arn] == sum {
			continue
		}
		to := []types.TargetGroupTuple{{TargetGroupArn: &arn, Weight: aws.Int32(100)}}
		for other := range weights {
			if other != arn {
				to = append(to, types.TargetGroupTuple{TargetGroupArn: &other, Weight: aws.Int32(0)})
			}
		}
		_, err := wire.Call[elb.ModifyListenerOutput](ctx, srv, &elb.ModifyListenerInput{ListenerArn: l.ListenerArn,
			DefaultActions: []types.Action{{Type: types.ActionTypeEnumForward, ForwardConfig: &types.ForwardActionConfig{TargetGroups: to}}}})
		return err
	}
	return fmt.Errorf("no other target group is like %q: %s", f.Group, strings.Join(names(groups.TargetGroups), ", "))
}

func names(groups []types.TargetGroup) (all []string) {
	for _, g := range groups {
		all = append(all, aws.ToString(g.TargetGroupName))
	}
	return all
}
