// Package elasticloadbalancingv2 reads load balancers, their listeners and the health behind them, with the members that
// are read of them. Names are those of the SDK's client; package call says why that is not linked.
package elasticloadbalancingv2

import (
	"context"
	"net/url"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"github.com/cutover-ecs/cutover/pkg/call"
)

// Client asks Elastic Load Balancing. Use NewFromConfig.
type Client struct{ to *call.Client }

// NewFromConfig is a client for the region of a configuration, or for the endpoint that it names.
func NewFromConfig(cfg aws.Config) *Client {
	return &Client{call.New(cfg, call.Service{ID: "Elastic Load Balancing v2", Endpoint: "elasticloadbalancing", Version: "2015-12-01"})}
}

// DescribeListenersInput asks for listeners by their ARNs.
type DescribeListenersInput struct{ ListenerArns []string }

// DescribeListenersOutput are the listeners.
type DescribeListenersOutput struct {
	Listeners []Listener `xml:"DescribeListenersResult>Listeners>member"`
}

// Listener of a load balancer (https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_Listener.html).
type Listener struct {
	ListenerArn     string
	LoadBalancerArn string
	Port            int32
	Protocol        types.ProtocolEnum
	DefaultActions  []Action `xml:"DefaultActions>member"`
}

// Action of a listener. One target group is told in both forms, two in ForwardConfig alone.
type Action struct {
	Type           types.ActionTypeEnum
	TargetGroupArn string
	ForwardConfig  ForwardConfig // without target groups where there is none
}

// ForwardConfig is how an action divides what it forwards.
type ForwardConfig struct {
	TargetGroups []TargetGroup `xml:"TargetGroups>member"`
}

// TargetGroup is one that an action forwards to. Its weight is nil where none is told, as it may be of one alone.
type TargetGroup struct {
	TargetGroupArn string
	Weight         *int32
}

// Actions are those that the SDK's client told, of a listener or of a rule.
func Actions(told []types.Action) (all []Action) {
	for _, a := range told {
		one := Action{Type: a.Type, TargetGroupArn: aws.ToString(a.TargetGroupArn)}
		if a.ForwardConfig != nil {
			for _, g := range a.ForwardConfig.TargetGroups {
				one.ForwardConfig.TargetGroups = append(one.ForwardConfig.TargetGroups, TargetGroup{TargetGroupArn: aws.ToString(g.TargetGroupArn), Weight: g.Weight})
			}
		}
		all = append(all, one)
	}
	return all
}

// ListenerNotFound is the code of the error about a listener that does not exist.
const ListenerNotFound = "ListenerNotFound"

// DescribeListeners reads listeners.
func (c *Client) DescribeListeners(ctx context.Context, in *DescribeListenersInput) (*DescribeListenersOutput, error) {
	return call.Query[DescribeListenersOutput](ctx, c.to, "DescribeListeners", members("ListenerArns", in.ListenerArns))
}

// DescribeLoadBalancersInput asks for load balancers by their ARNs.
type DescribeLoadBalancersInput struct{ LoadBalancerArns []string }

// DescribeLoadBalancersOutput are the load balancers.
type DescribeLoadBalancersOutput struct {
	LoadBalancers []LoadBalancer `xml:"DescribeLoadBalancersResult>LoadBalancers>member"`
}

// LoadBalancer is known by its name in the DNS.
type LoadBalancer struct {
	LoadBalancerArn string
	DNSName         string
}

// DescribeLoadBalancers reads load balancers.
func (c *Client) DescribeLoadBalancers(ctx context.Context, in *DescribeLoadBalancersInput) (*DescribeLoadBalancersOutput, error) {
	return call.Query[DescribeLoadBalancersOutput](ctx, c.to, "DescribeLoadBalancers", members("LoadBalancerArns", in.LoadBalancerArns))
}

// DescribeTargetHealthInput asks for a target group by its ARN.
type DescribeTargetHealthInput struct{ TargetGroupArn string }

// DescribeTargetHealthOutput are the group's targets.
type DescribeTargetHealthOutput struct {
	TargetHealthDescriptions []TargetHealthDescription `xml:"DescribeTargetHealthResult>TargetHealthDescriptions>member"`
}

// TargetHealthDescription is a target and how it is.
type TargetHealthDescription struct {
	Target       Target
	TargetHealth TargetHealth
}

// Target is known by its address.
type Target struct{ Id string }

// TargetHealth of a target, with why it is so.
type TargetHealth struct {
	State  types.TargetHealthStateEnum
	Reason types.TargetHealthReasonEnum
}

// DescribeTargetHealth reads how a group's targets are.
func (c *Client) DescribeTargetHealth(ctx context.Context, in *DescribeTargetHealthInput) (*DescribeTargetHealthOutput, error) {
	return call.Query[DescribeTargetHealthOutput](ctx, c.to, "DescribeTargetHealth", url.Values{"TargetGroupArn": {in.TargetGroupArn}})
}

// members are a list as the query protocol writes it.
func members(name string, values []string) url.Values {
	ask := url.Values{}
	for i, v := range values {
		ask.Set(name+".member."+strconv.Itoa(i+1), v)
	}
	return ask
}
