package bluegreen

import (
	"fmt"
	"net/netip"

	"github.com/aws/aws-cdk-go/awscdk/v2/awsec2"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
)

// NewHookGroup is the verify function's security group: out to the APIs and to the listeners that it asks, nothing in.
func NewHookGroup(scope constructs.Construct, id string, props WayProps) awsec2.CfnSecurityGroup {
	out := func(port int, why string) *awsec2.CfnSecurityGroup_EgressProperty {
		return &awsec2.CfnSecurityGroup_EgressProperty{
			IpProtocol: jsii.String("tcp"), CidrIp: jsii.String("0.0.0.0/0"),
			FromPort: jsii.Number(port), ToPort: jsii.Number(port), Description: jsii.String(why),
		}
	}
	egress := []*awsec2.CfnSecurityGroup_EgressProperty{out(443, "AWS APIs")}
	if port := props.LoadBalancer.TestPort; port != 443 {
		egress = append(egress, out(port, "test listener"))
	}
	if l := props.LoadBalancer; props.OnProduction && l.ProductionPort != 443 {
		egress = append(egress, out(l.ProductionPort, "production listener"))
	}
	return awsec2.NewCfnSecurityGroup(scope, jsii.String(id), &awsec2.CfnSecurityGroupProps{
		GroupName:           jsii.String(props.Names.Stack + "-verify-sg"),
		GroupDescription:    jsii.String("Verify function of " + props.Names.Title),
		VpcId:               jsii.String(props.Network.VPC),
		SecurityGroupEgress: egress,
	})
}

// NewServiceGroup is the security group of a service's own load balancer and of its tasks: users on the production
// port, the hook on the test port, and among each other any port, so that a revision may listen elsewhere than the one
// it replaces.
func NewServiceGroup(scope constructs.Construct, id string, props WayProps, hook awsec2.CfnSecurityGroup) awsec2.CfnSecurityGroup {
	var ingress []*awsec2.CfnSecurityGroup_IngressProperty
	for _, s := range sources(props, props.LoadBalancer.Internal, hook) {
		ingress = append(ingress, &awsec2.CfnSecurityGroup_IngressProperty{
			IpProtocol: jsii.String("tcp"), FromPort: jsii.Number(s.port), ToPort: jsii.Number(s.port), Description: jsii.String(s.why),
			CidrIp: s.ip, CidrIpv6: s.ip6, SourceSecurityGroupId: s.group,
		})
	}
	group := awsec2.NewCfnSecurityGroup(scope, jsii.String(id), &awsec2.CfnSecurityGroupProps{
		GroupName:            jsii.String(props.Names.SecurityGroup),
		GroupDescription:     jsii.String("Load balancer and tasks of " + props.Names.Title),
		VpcId:                jsii.String(props.Network.VPC),
		SecurityGroupIngress: ingress,
		SecurityGroupEgress:  anywhere(),
	})
	explain(group, users)
	fromBalancer(scope, id+"Itself", group, group.AttrGroupId())
	return group
}

// NewTasksGroup is the security group of tasks alone, behind a load balancer that others use too.
func NewTasksGroup(scope constructs.Construct, id string, props WayProps) awsec2.CfnSecurityGroup {
	group := awsec2.NewCfnSecurityGroup(scope, jsii.String(id), &awsec2.CfnSecurityGroupProps{
		GroupName:           jsii.String(props.Names.SecurityGroup),
		GroupDescription:    jsii.String("Tasks of " + props.Names.Title),
		VpcId:               jsii.String(props.Network.VPC),
		SecurityGroupEgress: anywhere(),
	})
	fromBalancer(scope, id+"Balancer", group, jsii.String(props.Shared.Group))
	return group
}

func fromBalancer(scope constructs.Construct, id string, group awsec2.CfnSecurityGroup, balancer *string) {
	awsec2.NewCfnSecurityGroupIngress(scope, jsii.String(id), &awsec2.CfnSecurityGroupIngressProps{
		GroupId: group.AttrGroupId(), SourceSecurityGroupId: balancer, IpProtocol: jsii.String("tcp"),
		FromPort: jsii.Number(1), ToPort: jsii.Number(65535), Description: jsii.String("load balancer to tasks"),
	})
}

// admit opens the shared load balancer's security group to this service's users and to its hook.
func admit(scope constructs.Construct, id string, props WayProps, hook awsec2.CfnSecurityGroup) {
	letIn(scope, id, props.Shared.Group, props.Names.Stack, sources(props, props.Shared.Internal, hook))
}

// letIn adds rules to a security group, each telling whose it is.
func letIn(scope constructs.Construct, id, group, stack string, all []source) {
	for i, s := range all {
		rule := awsec2.NewCfnSecurityGroupIngress(scope, jsii.String(fmt.Sprintf("%s%d", id, i+1)), &awsec2.CfnSecurityGroupIngressProps{
			GroupId: jsii.String(group), IpProtocol: jsii.String("tcp"), FromPort: jsii.Number(s.port), ToPort: jsii.Number(s.port),
			Description: jsii.String(stack + ": " + s.why), CidrIp: s.ip, CidrIpv6: s.ip6, SourceSecurityGroupId: s.group,
		})
		explain(rule, users)
	}
}

// users are whom a production listener is for.
var users = explanation{"EC23", "the production listener is for everybody who can reach the load balancer; its test listener is for the verify function alone"}

// source is who may come to a port of the load balancer: one of the three is set.
type source struct {
	port           int
	why            string
	ip, ip6, group *string
}

// sources are the users and the hook.
func sources(props WayProps, internal bool, hook awsec2.CfnSecurityGroup) []source {
	all := []source{{port: props.LoadBalancer.ProductionPort, why: "users", ip: jsii.String("0.0.0.0/0")}}
	if port := redirectPort(props.LoadBalancer); port != 0 {
		all = append(all, source{port: port, why: "users on their way to HTTPS", ip: jsii.String("0.0.0.0/0")})
	}
	return append(all, testers(props, internal, hook)...)
}

// testers are who may come to the test listener: the hook.
//
// It reaches an internal load balancer from its own security group. An internet-facing one resolves to public
// addresses even inside the VPC, so there the hook arrives from the NAT gateway's address, and a rule that names a
// security group would never match.
func testers(props WayProps, internal bool, hook awsec2.CfnSecurityGroup) (all []source) {
	l := props.LoadBalancer
	if internal {
		return []source{{port: l.TestPort, why: "verify function", group: hook.AttrGroupId()}}
	}
	for _, address := range props.Network.NATAddresses {
		s := source{port: l.TestPort, why: "verify function, by way of the NAT gateway", ip: jsii.String(address + "/32")}
		if a, err := netip.ParseAddr(address); err == nil && a.Is6() {
			s.ip, s.ip6 = nil, jsii.String(address+"/128")
		}
		all = append(all, s)
	}
	return all
}

func anywhere() []*awsec2.CfnSecurityGroup_EgressProperty {
	return []*awsec2.CfnSecurityGroup_EgressProperty{{
		IpProtocol: jsii.String("-1"), CidrIp: jsii.String("0.0.0.0/0"), Description: jsii.String("anywhere"),
	}}
}
