package bluegreen

import (
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2/awsec2"
	elb "github.com/aws/aws-cdk-go/awscdk/v2/awselasticloadbalancingv2"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/cutover-ecs/cutover/pkg/config"
)

// Balancer is an application load balancer, as the services that stand on it see it: values, or imports of them.
type Balancer struct {
	Name, ARN string
	// FullName is what CloudWatch calls it: app/<name>/<id>.
	FullName string
	DNSName  string
	// Group is the id of its security group.
	Group    string
	Internal bool
}

func newBalancer(scope constructs.Construct, id, name string, internal bool, network Network, group string) Balancer {
	scheme, subnets := "internet-facing", network.Public
	if internal {
		scheme, subnets = "internal", network.Private
	}
	b := elb.NewCfnLoadBalancer(scope, jsii.String(id), &elb.CfnLoadBalancerProps{
		Name: jsii.String(name), Type: jsii.String("application"), Scheme: jsii.String(scheme),
		Subnets: listed(subnets), SecurityGroups: listed([]string{group}),
		LoadBalancerAttributes: []*elb.CfnLoadBalancer_LoadBalancerAttributeProperty{
			{Key: jsii.String("routing.http.drop_invalid_header_fields.enabled"), Value: jsii.String("true")},
		},
	})
	explain(b, explanation{"ELB2", "access logs cost and need a bucket whose owner decides how long visitors' addresses are kept"})
	return Balancer{
		Name: name, ARN: *b.AttrLoadBalancerArn(), FullName: *b.AttrLoadBalancerFullName(), DNSName: *b.AttrDnsName(),
		Group: group, Internal: internal,
	}
}

// SharedBalancerProps describe a load balancer for several services.
type SharedBalancerProps struct {
	// Platform prefixes its name and the exports by which the service stacks find it.
	Platform string
	Internal bool
	Network  Network
}

// NewSharedBalancer is a load balancer without listeners. Its security group lets nothing in: each service admits its
// own users and its own verify function.
func NewSharedBalancer(scope constructs.Construct, id string, props SharedBalancerProps) Balancer {
	scope = constructs.NewConstruct(scope, jsii.String(id))
	group := awsec2.NewCfnSecurityGroup(scope, jsii.String("Group"), &awsec2.CfnSecurityGroupProps{
		GroupName: jsii.String(props.Platform + "-alb-sg"), GroupDescription: jsii.String("Load balancer that services share"),
		VpcId:               jsii.String(props.Network.VPC),
		SecurityGroupEgress: anywhere(),
	})
	b := newBalancer(scope, "LoadBalancer", SharedBalancerName(props.Platform), props.Internal, props.Network, *group.AttrGroupId())
	values := map[string]string{"arn": b.ARN, "name": b.FullName, "dns": b.DNSName, "group": b.Group}
	for _, kind := range sortedKeys(values) {
		export(scope, "Shared-"+kind, balancerExport(props.Platform, kind), jsii.String(values[kind]))
	}
	return b
}

// SharedBalancerName is the name of the load balancer that a platform's services share.
func SharedBalancerName(platform string) string { return platform + "-alb" }

// SharedBalancerOf is the platform's shared load balancer as seen from a service's stack.
func SharedBalancerOf(p config.Platform) Balancer {
	if l := p.LoadBalancer; l.ARN != "" {
		_, full, _ := strings.Cut(l.ARN, ":loadbalancer/")
		return Balancer{
			Name: strings.Split(full, "/")[1], ARN: l.ARN, FullName: full, DNSName: l.DNSName, Group: l.SecurityGroup, Internal: l.Internal,
		}
	}
	value := func(kind string) string { return imported(balancerExport(p.Name, kind)) }
	return Balancer{
		Name: SharedBalancerName(p.Name), ARN: value("arn"), FullName: value("name"), DNSName: value("dns"), Group: value("group"),
		Internal: p.LoadBalancer.Internal,
	}
}

func balancerExport(platform, kind string) string { return platform + "-alb-" + kind }
