package cfn

// network are the types that have an identifier and no behaviour in the sandbox, where every task has an address
// and nothing is between it and the load balancer.
func network() map[string]kind {
	return map[string]kind{
		"AWS::EC2::VPC":                         plain("vpc-", "VpcId"),
		"AWS::EC2::Subnet":                      plain("subnet-", "SubnetId"),
		"AWS::EC2::RouteTable":                  plain("rtb-", "RouteTableId"),
		"AWS::EC2::Route":                       plain("r-", ""),
		"AWS::EC2::SubnetRouteTableAssociation": plain("rtbassoc-", "Id"),
		"AWS::EC2::InternetGateway":             plain("igw-", "InternetGatewayId"),
		"AWS::EC2::VPCGatewayAttachment":        plain("igw-attach-", ""),
		"AWS::EC2::NatGateway":                  plain("nat-", "NatGatewayId"),
		"AWS::EC2::SecurityGroup":               {create: securityGroup, update: securityGroup, remove: removeSecurityGroup},
		"AWS::EC2::SecurityGroupIngress":        {create: securityGroupRule, update: securityGroupRule, remove: removeSecurityGroupRule},
		"AWS::EC2::SecurityGroupEgress":         {create: securityGroupRule, update: securityGroupRule, remove: removeSecurityGroupRule},
		"AWS::EC2::VPCEndpoint":                 plain("vpce-", "Id"),
		"AWS::EC2::EIP":                         {create: elasticIP, update: same, remove: leave},
	}
}

func plain(prefix, attribute string) kind {
	return kind{create: identified(prefix, attribute), update: identified(prefix, attribute), remove: leave}
}

// identified is a resource with an identifier, which an update keeps.
func identified(prefix, attribute string) creator {
	return func(c *change) (resource, error) {
		r := resource{id: c.standing.id, attributes: map[string]any{}}
		if r.id == "" {
			r.id = prefix + identifier(9)[:17]
		}
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
func elasticIP(c *change) (resource, error) {
	ip := "203.0.113." + itoa(c.service.address()%254+1)
	return resource{id: ip, attributes: map[string]any{"AllocationId": "eipalloc-" + identifier(9)[:17], "PublicIp": ip}}, nil
}
