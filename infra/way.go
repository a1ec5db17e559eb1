package main

import (
	"net/netip"

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

// targetPort is what a target group registers a target with when it is not told a port. ECS always tells one: that
// of the revision, by the AppSpec. So it may stand still, like everything else about a target group.
const targetPort = 80

// NewTargetGroup is one of the two groups of addresses that a deployment moves traffic between.
func NewTargetGroup(scope constructs.Construct, id string, props WayProps, i int) elb.CfnTargetGroup {
	h := props.LoadBalancer.HealthCheck
	return elb.NewCfnTargetGroup(scope, jsii.String(id), &elb.CfnTargetGroupProps{
		Name: jsii.String(props.Names.TargetGroups[i]), TargetType: jsii.String("ip"), VpcId: jsii.String(props.Network.VPC),
		Protocol: jsii.String("HTTP"), Port: jsii.Number(targetPort),
		HealthCheckEnabled: jsii.Bool(true), HealthCheckProtocol: jsii.String("HTTP"), HealthCheckPort: jsii.String("traffic-port"),
		HealthCheckPath:            jsii.String(h.Path),
		HealthCheckIntervalSeconds: jsii.Number(h.Interval.Std().Seconds()),
		HealthCheckTimeoutSeconds:  jsii.Number(h.Timeout.Std().Seconds()),
		HealthyThresholdCount:      jsii.Number(h.HealthyThreshold),
		UnhealthyThresholdCount:    jsii.Number(h.UnhealthyThreshold),
		Matcher:                    &elb.CfnTargetGroup_MatcherProperty{HttpCode: jsii.String(h.Codes)},
		TargetGroupAttributes: []*elb.CfnTargetGroup_TargetGroupAttributeProperty{{
			Key:   jsii.String("deregistration_delay.timeout_seconds"),
			Value: jsii.String(seconds(props.LoadBalancer.DeregistrationDelay)),
		}},
	})
}

func newListener(scope constructs.Construct, id string, w Way, port int) elb.CfnListener {
	return elb.NewCfnListener(scope, jsii.String(id), &elb.CfnListenerProps{
		LoadBalancerArn: w.LoadBalancer.AttrLoadBalancerArn(), Protocol: jsii.String("HTTP"), Port: jsii.Number(port),
		DefaultActions: []*elb.CfnListener_ActionProperty{{
			Type: jsii.String("forward"), TargetGroupArn: w.TargetGroups[0].AttrTargetGroupArn(),
		}},
	})
}

// NewHookGroup is the verify function's security group: out to the APIs and to the test listener, nothing in.
func NewHookGroup(scope constructs.Construct, id string, props WayProps) awsec2.CfnSecurityGroup {
	out := func(port int, why string) *awsec2.CfnSecurityGroup_EgressProperty {
		return &awsec2.CfnSecurityGroup_EgressProperty{
			IpProtocol: jsii.String("tcp"), CidrIp: jsii.String("0.0.0.0/0"),
			FromPort: jsii.Number(port), ToPort: jsii.Number(port), Description: jsii.String(why),
		}
	}
	egress := []*awsec2.CfnSecurityGroup_EgressProperty{out(443, "AWS APIs"), out(props.LoadBalancer.TestPort, "test listener")}
	if props.LoadBalancer.TestPort == 443 {
		egress = egress[:1]
	}
	return awsec2.NewCfnSecurityGroup(scope, jsii.String(id), &awsec2.CfnSecurityGroupProps{
		GroupName:           jsii.String(props.Names.Stack + "-verify-sg"),
		GroupDescription:    jsii.String("Verify function of " + props.Names.Title),
		VpcId:               jsii.String(props.Network.VPC),
		SecurityGroupEgress: egress,
	})
}

// NewServiceGroup is the security group of load balancer and tasks: users on the production port, the hook on the
// test port, and among each other any port, so that a revision may listen elsewhere than the one it replaces.
//
// The hook reaches an internal load balancer from its own security group. An internet-facing one resolves to public
// addresses even inside the VPC, so there the hook arrives from the NAT gateway's address, and a rule that names a
// security group would never match.
func NewServiceGroup(scope constructs.Construct, id string, props WayProps, hook awsec2.CfnSecurityGroup) awsec2.CfnSecurityGroup {
	l := props.LoadBalancer
	in := func(port int, why string) *awsec2.CfnSecurityGroup_IngressProperty {
		return &awsec2.CfnSecurityGroup_IngressProperty{
			IpProtocol: jsii.String("tcp"), FromPort: jsii.Number(port), ToPort: jsii.Number(port), Description: jsii.String(why),
		}
	}
	users := in(l.ProductionPort, "users")
	users.CidrIp = jsii.String("0.0.0.0/0")
	ingress := []*awsec2.CfnSecurityGroup_IngressProperty{users}
	if l.Internal {
		r := in(l.TestPort, "verify function")
		r.SourceSecurityGroupId = hook.AttrGroupId()
		ingress = append(ingress, r)
	} else {
		for _, address := range props.Network.NATAddresses {
			r := in(l.TestPort, "verify function, by way of the NAT gateway")
			r.CidrIp = jsii.String(address + "/32")
			if a, err := netip.ParseAddr(address); err == nil && a.Is6() {
				r.CidrIp, r.CidrIpv6 = nil, jsii.String(address+"/128")
			}
			ingress = append(ingress, r)
		}
	}
	group := awsec2.NewCfnSecurityGroup(scope, jsii.String(id), &awsec2.CfnSecurityGroupProps{
		GroupName:            jsii.String(props.Names.SecurityGroup),
		GroupDescription:     jsii.String("Load balancer and tasks of " + props.Names.Title),
		VpcId:                jsii.String(props.Network.VPC),
		SecurityGroupIngress: ingress,
		SecurityGroupEgress: []*awsec2.CfnSecurityGroup_EgressProperty{{
			IpProtocol: jsii.String("-1"), CidrIp: jsii.String("0.0.0.0/0"), Description: jsii.String("anywhere"),
		}},
	})
	awsec2.NewCfnSecurityGroupIngress(scope, jsii.String(id+"Itself"), &awsec2.CfnSecurityGroupIngressProps{
		GroupId: group.AttrGroupId(), SourceSecurityGroupId: group.AttrGroupId(), IpProtocol: jsii.String("tcp"),
		FromPort: jsii.Number(1), ToPort: jsii.Number(65535), Description: jsii.String("load balancer to tasks"),
	})
	return group
}
