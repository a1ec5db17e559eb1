package bluegreen

import (
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
