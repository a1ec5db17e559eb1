package bluegreen

import (
	"github.com/aws/aws-cdk-go/awscdk/v2/awsec2"
	elb "github.com/aws/aws-cdk-go/awscdk/v2/awselasticloadbalancingv2"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/cutover-ecs/cutover/pkg/config"
)

// WayProps describe the way in to a service.
type WayProps struct {
	Names        config.Names
	LoadBalancer config.LoadBalancer
	Network      Network
	// OnProduction is whether a hook asks the production listener too.
	OnProduction bool
}

// Way is the way in: load balancer, both target groups, both listeners, and the two security groups.
type Way struct {
	LoadBalancer     elb.CfnLoadBalancer
	DNSName          string
	TargetGroups     [2]elb.CfnTargetGroup
	Production, Test elb.CfnListener
	// Group is the security group of load balancer and tasks, Hook that of the verify function.
	Group, Hook awsec2.CfnSecurityGroup
}

// NewWay is the load balancer with a production listener for users and a test listener for the hook alone. Both
// start on the first target group: CodeDeploy refuses a production listener that is not on the group that serves.
func NewWay(scope constructs.Construct, id string, props WayProps) Way {
	scope = constructs.NewConstruct(scope, jsii.String(id))
	l := props.LoadBalancer
	w := Way{Hook: NewHookGroup(scope, "HookGroup", props)}
	w.Group = NewServiceGroup(scope, "ServiceGroup", props, w.Hook)
	scheme, subnets := "internet-facing", props.Network.Public
	if l.Internal {
		scheme, subnets = "internal", props.Network.Private
	}
	w.LoadBalancer = elb.NewCfnLoadBalancer(scope, jsii.String("LoadBalancer"), &elb.CfnLoadBalancerProps{
		Name: jsii.String(props.Names.LoadBalancer), Type: jsii.String("application"), Scheme: jsii.String(scheme),
		Subnets: listed(subnets), SecurityGroups: listed([]*string{w.Group.AttrGroupId()}),
	})
	w.DNSName = *w.LoadBalancer.AttrDnsName()
	for i, id := range []string{"TargetGroup1", "TargetGroup2"} {
		w.TargetGroups[i] = NewTargetGroup(scope, id, props, i)
	}
	w.Production = newListener(scope, "Production", w, l.ProductionPort)
	w.Test = newListener(scope, "Test", w, l.TestPort)
	return w
}

func newListener(scope constructs.Construct, id string, w Way, port int) elb.CfnListener {
	return elb.NewCfnListener(scope, jsii.String(id), &elb.CfnListenerProps{
		LoadBalancerArn: w.LoadBalancer.AttrLoadBalancerArn(), Protocol: jsii.String("HTTP"), Port: jsii.Number(port),
		DefaultActions: []*elb.CfnListener_ActionProperty{{
			Type: jsii.String("forward"), TargetGroupArn: w.TargetGroups[0].AttrTargetGroupArn(),
		}},
	})
}
