package bluegreen

import (
	"fmt"
	"net/netip"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsec2"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
)

// NetworkProps describe a new VPC.
type NetworkProps struct {
	// Name prefixes the exports by which the service stacks find it.
	Name string
	// CIDR is cut into four equal parts: two public subnets, then two private ones.
	CIDR string
}

// zones is how many availability zones a new VPC has: as few as a load balancer takes.
const zones = 2

// NewNetwork is a VPC of two zones whose private subnets leave by one NAT gateway. It is made of plain
// resources because CDK's own VPC asks AWS for the zones as soon as account and region are fixed.
//
// What the service stacks use is exported by name, always: CDK's automatic exports vanish with their last
// reader, and CloudFormation refuses to take away an export that a stack not yet updated still reads.
func NewNetwork(scope constructs.Construct, id string, props NetworkProps) {
	scope = constructs.NewConstruct(scope, jsii.String(id))
	vpc := awsec2.NewCfnVPC(scope, jsii.String("Vpc"), &awsec2.CfnVPCProps{
		CidrBlock: jsii.String(props.CIDR), EnableDnsHostnames: jsii.Bool(true), EnableDnsSupport: jsii.Bool(true),
		Tags: named(props.Name),
	})
	gateway := awsec2.NewCfnInternetGateway(scope, jsii.String("InternetGateway"), &awsec2.CfnInternetGatewayProps{Tags: named(props.Name)})
	attachment := awsec2.NewCfnVPCGatewayAttachment(scope, jsii.String("GatewayAttachment"), &awsec2.CfnVPCGatewayAttachmentProps{
		VpcId: vpc.Ref(), InternetGatewayId: gateway.Ref(),
	})
	address := awsec2.NewCfnEIP(scope, jsii.String("NatAddress"), &awsec2.CfnEIPProps{Domain: jsii.String("vpc"), Tags: named(props.Name + "-nat")})
	address.AddResourceDependency(attachment, nil)

	blocks := quarters(props.CIDR)
	public := newSubnets(scope, subnetsProps{Name: props.Name, Kind: "Public", VPC: vpc.Ref(), Blocks: blocks[:zones]})
	nat := awsec2.NewCfnNatGateway(scope, jsii.String("NatGateway"), &awsec2.CfnNatGatewayProps{
		SubnetId: public.ids[0], AllocationId: address.AttrAllocationId(), Tags: named(props.Name),
	})
	private := newSubnets(scope, subnetsProps{Name: props.Name, Kind: "Private", VPC: vpc.Ref(), Blocks: blocks[zones:]})
	out := awsec2.NewCfnRoute(scope, jsii.String("PublicRoute"), &awsec2.CfnRouteProps{
		RouteTableId: public.table, DestinationCidrBlock: jsii.String("0.0.0.0/0"), GatewayId: gateway.Ref(),
	})
	out.AddResourceDependency(attachment, nil)
	nat.AddResourceDependency(out, nil)
	awsec2.NewCfnRoute(scope, jsii.String("PrivateRoute"), &awsec2.CfnRouteProps{
		RouteTableId: private.table, DestinationCidrBlock: jsii.String("0.0.0.0/0"), NatGatewayId: nat.Ref(),
	})

	export(scope, "VpcId", vpcExport(props.Name), vpc.Ref())
	export(scope, "NatIp", natExport(props.Name), address.AttrPublicIp())
	for i := range zones {
		export(scope, fmt.Sprintf("PublicSubnetId%d", i+1), subnetExport(props.Name, "public", i), public.ids[i])
		export(scope, fmt.Sprintf("PrivateSubnetId%d", i+1), subnetExport(props.Name, "private", i), private.ids[i])
	}
}

type subnetsProps struct {
	Name, Kind string
	VPC        *string
	Blocks     []string
}

type subnets struct {
	table *string
	ids   []*string
}

func newSubnets(scope constructs.Construct, props subnetsProps) subnets {
	name := props.Name + "-" + props.Kind
	table := awsec2.NewCfnRouteTable(scope, jsii.String(props.Kind+"Routes"), &awsec2.CfnRouteTableProps{VpcId: props.VPC, Tags: named(name)})
	s := subnets{table: table.Ref()}
	for i, block := range props.Blocks {
		subnet := awsec2.NewCfnSubnet(scope, jsii.String(fmt.Sprintf("%sSubnet%d", props.Kind, i+1)), &awsec2.CfnSubnetProps{
			VpcId: props.VPC, CidrBlock: jsii.String(block),
			AvailabilityZone:    awscdk.Fn_Select(jsii.Number(i), awscdk.Fn_GetAzs(nil)),
			MapPublicIpOnLaunch: jsii.Bool(false),
			Tags:                named(fmt.Sprintf("%s-%d", name, i+1)),
		})
		awsec2.NewCfnSubnetRouteTableAssociation(scope, jsii.String(fmt.Sprintf("%sAssociation%d", props.Kind, i+1)),
			&awsec2.CfnSubnetRouteTableAssociationProps{RouteTableId: table.Ref(), SubnetId: subnet.Ref()})
		s.ids = append(s.ids, subnet.Ref())
	}
	return s
}

func export(scope constructs.Construct, id, name string, value *string) {
	awscdk.NewCfnOutput(scope, jsii.String(id), &awscdk.CfnOutputProps{Value: value, ExportName: jsii.String(name)})
}

func named(name string) *[]*awscdk.CfnTag {
	return &[]*awscdk.CfnTag{{Key: jsii.String("Name"), Value: jsii.String(name)}}
}

// quarters cuts an IPv4 block, which config.Parse has checked, into four.
func quarters(cidr string) []string {
	block := netip.MustParsePrefix(cidr).Masked()
	base := block.Addr().As4()
	bits := block.Bits() + 2
	var out []string
	for i := range 4 {
		a := base
		n := uint32(a[0])<<24 | uint32(a[1])<<16 | uint32(a[2])<<8 | uint32(a[3])
		n |= uint32(i) << (32 - bits)
		a = [4]byte{byte(n >> 24), byte(n >> 16), byte(n >> 8), byte(n)}
		out = append(out, netip.PrefixFrom(netip.AddrFrom4(a), bits).String())
	}
	return out
}
