package sandbox

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecr"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"

	"github.com/cutover-ecs/cutover/pkg/sandbox/elb"
	"github.com/cutover-ecs/cutover/pkg/sandbox/wire"
)

// Listener is one listener of a load balancer and where a person opens it.
type Listener struct {
	ARN, LoadBalancer string
	Port              int    // as declared
	URL               string // on this machine, where low ports need root
}

// Listeners of all load balancers.
func (s *Sandbox) Listeners() []Listener {
	ctx := context.Background()
	balancers, err := wire.Call[elasticloadbalancingv2.DescribeLoadBalancersOutput](ctx, s.services.wire, &elasticloadbalancingv2.DescribeLoadBalancersInput{})
	if err != nil {
		return nil
	}
	var all []Listener
	for _, b := range balancers.LoadBalancers {
		out, err := wire.Call[elasticloadbalancingv2.DescribeListenersOutput](ctx, s.services.wire, &elasticloadbalancingv2.DescribeListenersInput{LoadBalancerArn: b.LoadBalancerArn})
		if err != nil {
			continue
		}
		for _, l := range out.Listeners {
			arn := aws.ToString(l.ListenerArn)
			all = append(all, Listener{
				ARN: arn, LoadBalancer: aws.ToString(b.LoadBalancerName), Port: int(aws.ToInt32(l.Port)), URL: s.URL(arn),
			})
		}
	}
	return all
}

// Seen is what each listener has answered so far out of each target group.
func (s *Sandbox) Seen() []elb.Seen { return s.services.elb.Seen() }

// Repositories are where images are pushed: host, port and repository.
func (s *Sandbox) Repositories() []string {
	out, err := wire.Call[ecr.DescribeRepositoriesOutput](context.Background(), s.services.wire, &ecr.DescribeRepositoriesInput{})
	if err != nil {
		return nil
	}
	var all []string
	for _, r := range out.Repositories {
		all = append(all, fmt.Sprintf("%s/%s", s.Host(), aws.ToString(r.RepositoryName)))
	}
	return all
}

// Changed returns a channel that the next change closes: of a service, a task set, a task, a target's health, a
// listener, an alarm, a deployment or a stack.
func (s *Sandbox) Changed() <-chan struct{} { return s.services.all.Changed() }
