package cfn

// network are the types that have an identifier and no behaviour in the sandbox, where every task has an address
// and nothing is between it and the load balancer.
func network() map[string]creator {
	return map[string]creator{
		"AWS::EC2::VPC":                         identified("vpc-", "VpcId"),
		"AWS::EC2::Subnet":                      identified("subnet-", "SubnetId"),
		"AWS::EC2::RouteTable":                  identified("rtb-", "RouteTableId"),
		"AWS::EC2::Route":                       identified("r-", ""),
		"AWS::EC2::SubnetRouteTableAssociation": identified("rtbassoc-", "Id"),
		"AWS::EC2::InternetGateway":             identified("igw-", "InternetGatewayId"),
		"AWS::EC2::VPCGatewayAttachment":        identified("igw-attach-", ""),
		"AWS::EC2::NatGateway":                  identified("nat-", "NatGatewayId"),
		"AWS::EC2::SecurityGroup":               identified("sg-", "GroupId"),
		"AWS::EC2::SecurityGroupIngress":        identified("sgr-", "Id"),
		"AWS::EC2::SecurityGroupEgress":         identified("sgr-", "Id"),
		"AWS::EC2::VPCEndpoint":                 identified("vpce-", "Id"),
		"AWS::EC2::EIP":                         elasticIP,
	}
}

func identified(prefix, attribute string) creator {
	return func(c *creation) (resource, error) {
		r := resource{id: prefix + identifier(9)[:17], attributes: map[string]any{}}
		for name, value := range c.properties {
			r.attributes[name] = value // AvailabilityZone, VpcId, CidrBlock: attributes under the property's name
		}
		if attribute != "" {
			r.attributes[attribute] = r.id
		}
		return r, nil
	}
}

// elasticIP has an address that is documentation's own (RFC 5737), so that nobody is reached by it.
func elasticIP(c *creation) (resource, error) {
	c.service.addresses++
	ip := "203.0.113." + itoa(c.service.addresses%254+1)
	return resource{id: ip, attributes: map[string]any{"AllocationId": "eipalloc-" + identifier(9)[:17], "PublicIp": ip}}, nil
}
