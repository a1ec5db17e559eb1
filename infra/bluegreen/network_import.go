package bluegreen

import (
	"fmt"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/jsii-runtime-go"

	"github.com/cutover-ecs/cutover/pkg/config"
)

// Network is what a service stack knows of the network: ids, or imports that become ids.
type Network struct {
	VPC          string
	Public       []string
	Private      []string
	NATAddresses []string
}

// NetworkOf is the platform's network as seen from another stack.
func NetworkOf(p config.Platform) Network {
	if v := p.VPC; v.ID != "" {
		return Network{VPC: v.ID, Public: v.PublicSubnets, Private: v.PrivateSubnets, NATAddresses: v.NATAddresses}
	}
	n := Network{VPC: imported(vpcExport(p.Name))}
	for i := range zones {
		n.Private = append(n.Private, imported(subnetExport(p.Name, "private", i)))
		if p.VPC.Egress == config.Endpoints {
			continue
		}
		n.Public = append(n.Public, imported(subnetExport(p.Name, "public", i)))
		if i == 0 || p.VPC.Egress == config.NATPerZone {
			n.NATAddresses = append(n.NATAddresses, imported(natExport(p.Name)+nth(i)))
		}
	}
	return n
}

func vpcExport(platform string) string { return platform + "-vpc" }
func natExport(platform string) string { return platform + "-nat-address" }
func subnetExport(platform, kind string, i int) string {
	return fmt.Sprintf("%s-%s-subnet-%d", platform, kind, i+1)
}

func imported(name string) string { return *awscdk.Fn_ImportValue(jsii.String(name)) }
