package doctor

import (
	"context"
	"fmt"
	"strings"

	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"github.com/cutover-ecs/cutover/pkg/doctor/groups"
)

// doors are who may come to the load balancer that the test listener is on.
func (c *Clients) doors(ctx context.Context, f *facts) error {
	_, test := f.routes()
	if test == "" {
		return nil
	}
	balancer := strings.Replace(test[:strings.LastIndexByte(test, '/')], ":listener/", ":loadbalancer/", 1)
	out, err := c.Balancers.DescribeLoadBalancers(ctx, &elb.DescribeLoadBalancersInput{LoadBalancerArns: []string{balancer}})
	if missing[*elbtypes.LoadBalancerNotFoundException](err) {
		return nil
	}
	if err != nil || len(out.LoadBalancers) == 0 || len(out.LoadBalancers[0].SecurityGroups) == 0 {
		return err
	}
	f.balancer = &out.LoadBalancers[0]
	f.doors, err = c.SecurityGroups.DescribeSecurityGroupRules(ctx, f.balancer.SecurityGroups)
	return err
}

// everybody are the addresses of all.
var everybody = map[string]bool{"0.0.0.0/0": true, "::/0": true}

// openDoors finds rules that let everybody come to the test listener, where an unjudged version answers during a
// deployment, and the last rejected one where nothing rolls back.
func openDoors(f *facts) []Finding {
	if f.test == nil || f.balancer == nil {
		return nil
	}
	port, who := int(f.test.Port), "anybody"
	if f.balancer.Scheme == elbtypes.LoadBalancerSchemeEnumInternal {
		who = "anybody in the networks that reach the internal load balancer"
	}
	var all []Finding
	for _, r := range f.doors {
		from := r.CIDRv4 + r.CIDRv6
		if r.Egress || !everybody[from] || !admits(r, port) {
			continue
		}
		all = append(all, Finding{
			Evidence: fmt.Sprintf("the rule %s of the security group %s admits %s to the test listener's port %d: %s sees a version before it is judged", r.ID, r.Group, from, port, who),
			Fix: fmt.Sprintf("run aws ec2 revoke-security-group-ingress --group-id %s --security-group-rule-ids %s once whoever else needs the rule has one of its own; "+
				"the verify function needs the port alone", r.Group, r.ID),
		})
	}
	return all
}

// admits tells whether a rule is about a TCP port.
func admits(r groups.Rule, port int) bool {
	switch r.Protocol {
	case "-1":
		return true
	case "tcp", "6":
		return r.From <= port && port <= r.To
	}
	return false
}
