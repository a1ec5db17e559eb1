package bluegreen

import (
	"fmt"
	"net/netip"
	"strconv"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsec2"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/cutover-ecs/cutover/pkg/config"
)

// NetworkProps describe a new VPC.
type NetworkProps struct {
	// Name prefixes the exports by which the service stacks find it.
	Name string
	// CIDR is cut into four equal parts: two public subnets, then two private ones.
	CIDR string
	// Egress is config.NAT, config.NATPerZone or config.Endpoints.
	Egress string
}

// zones is how many availability zones a new VPC has: as few as a load balancer takes.
const zones = 2

// NewNetwork is a VPC of two zones whose private subnets leave by NAT gateways, or reach AWS by endpoints alone. It is
// made of plain resources because CDK's own VPC asks AWS for the zones as soon as account and region are fixed.
//
// What the service stacks use is exported by name, always: CDK's automatic exports vanish with their last
// reader, and CloudFormation refuses to take away an export that a stack not yet updated still reads.
func NewNetwork(scope constructs.Construct, id string, props NetworkProps) Network {
	scope = constructs.NewConstruct(scope, jsii.String(id))
	vpc := awsec2.NewCfnVPC(scope, jsii.String("Vpc"), &awsec2.CfnVPCProps{
		CidrBlock: jsii.String(props.CIDR), EnableDnsHostnames: jsii.Bool(true), EnableDnsSupport: jsii.Bool(true),
		Tags: named(props.Name),
	})
	vpcID, blocks := vpc.Ref(), quarters(props.CIDR)
	subnets := subnetsProps{Name: props.Name, Kind: "Private", VPC: vpcID, Zones: firstZones(), Blocks: blocks[zones:], Own: props.Egress == config.NATPerZone}
	explain(vpc, explanation{"VPC7", "flow logs cost by the gigabyte and are the network's owner to want; they can be added to the VPC from outside"})
	export(scope, "VpcId", vpcExport(props.Name), vpcID)
	n := Network{VPC: *vpcID}
	if props.Egress == config.Endpoints {
		private := newSubnets(scope, subnets)
		newEndpoints(scope, props, vpcID, private)
		n.Private = private.export(scope, props, subnets.Kind)
		return n
	}
	newWayOut(scope, props, blocks[:zones], subnets, &n)
	return n
}

// newWayOut are public subnets on an internet gateway, and private ones that leave by NAT gateways there.
func newWayOut(scope constructs.Construct, props NetworkProps, blocks []string, within subnetsProps, n *Network) {
	gateway := awsec2.NewCfnInternetGateway(scope, jsii.String("InternetGateway"), &awsec2.CfnInternetGatewayProps{Tags: named(props.Name)})
	internet := gateway.Ref()
	attachment := awsec2.NewCfnVPCGatewayAttachment(scope, jsii.String("GatewayAttachment"), &awsec2.CfnVPCGatewayAttachmentProps{
		VpcId: within.VPC, InternetGatewayId: internet,
	})
	public := newSubnets(scope, subnetsProps{Name: props.Name, Kind: "Public", VPC: within.VPC, Zones: within.Zones, Blocks: blocks})
	private := newSubnets(scope, within)
	out := awsec2.NewCfnRoute(scope, jsii.String("PublicRoute"), &awsec2.CfnRouteProps{
		RouteTableId: public.tables[0], DestinationCidrBlock: jsii.String("0.0.0.0/0"), GatewayId: internet,
	})
	out.AddResourceDependency(attachment, nil)
	for i, table := range private.tables {
		address := awsec2.NewCfnEIP(scope, jsii.String("NatAddress"+nth(i)), &awsec2.CfnEIPProps{Domain: jsii.String("vpc"), Tags: named(props.Name + "-nat" + nth(i))})
		address.AddResourceDependency(attachment, nil)
		nat := awsec2.NewCfnNatGateway(scope, jsii.String("NatGateway"+nth(i)), &awsec2.CfnNatGatewayProps{
			SubnetId: public.ids[i], AllocationId: address.AttrAllocationId(), Tags: named(props.Name + nth(i)),
		})
		nat.AddResourceDependency(out, nil)
		awsec2.NewCfnRoute(scope, jsii.String("PrivateRoute"+nth(i)), &awsec2.CfnRouteProps{
			RouteTableId: table, DestinationCidrBlock: jsii.String("0.0.0.0/0"), NatGatewayId: nat.Ref(),
		})
		ip := address.AttrPublicIp()
		export(scope, "NatIp"+nth(i), natExport(props.Name)+nth(i), ip)
		n.NATAddresses = append(n.NATAddresses, *ip)
	}
	n.Public, n.Private = public.export(scope, props, "Public"), private.export(scope, props, within.Kind)
}

// nth numbers the second and all after it.
func nth(i int) string {
	if i == 0 {
		return ""
	}
	return strconv.Itoa(i + 1)
}

// firstZones are as many of the region's as the network has.
func firstZones() (all []*string) {
	listed := awscdk.Fn_GetAzs(nil)
	for i := range zones {
		all = append(all, awscdk.Fn_Select(jsii.Number(i), listed))
	}
	return all
}

type subnetsProps struct {
	Name, Kind string
	VPC        *string
	// Zones and Blocks are each subnet's zone and addresses.
	Zones  []*string
	Blocks []string
	// Own gives each subnet a route table of its own.
	Own bool
}

type subnets struct{ tables, ids []*string }

func newSubnets(scope constructs.Construct, props subnetsProps) subnets {
	name := props.Name + "-" + props.Kind
	var s subnets
	for i, block := range props.Blocks {
		if i == 0 || props.Own {
			table := awsec2.NewCfnRouteTable(scope, jsii.String(props.Kind+"Routes"+nth(i)), &awsec2.CfnRouteTableProps{VpcId: props.VPC, Tags: named(name + nth(i))})
			s.tables = append(s.tables, table.Ref())
		}
		subnet := awsec2.NewCfnSubnet(scope, jsii.String(fmt.Sprintf("%sSubnet%d", props.Kind, i+1)), &awsec2.CfnSubnetProps{
			VpcId: props.VPC, CidrBlock: jsii.String(block),
			AvailabilityZone:    props.Zones[i],
			MapPublicIpOnLaunch: jsii.Bool(false),
			Tags:                named(fmt.Sprintf("%s-%d", name, i+1)),
		})
		id := subnet.Ref()
		awsec2.NewCfnSubnetRouteTableAssociation(scope, jsii.String(fmt.Sprintf("%sAssociation%d", props.Kind, i+1)),
			&awsec2.CfnSubnetRouteTableAssociationProps{RouteTableId: s.tables[len(s.tables)-1], SubnetId: id})
		s.ids = append(s.ids, id)
	}
	return s
}

// export tells the service stacks of the subnets, and returns their ids.
func (s subnets) export(scope constructs.Construct, props NetworkProps, kind string) []string {
	var ids []string
	for i, id := range s.ids {
		export(scope, fmt.Sprintf("%sSubnetId%d", kind, i+1), subnetExport(props.Name, strings.ToLower(kind), i), id)
		ids = append(ids, *id)
	}
	return ids
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
