//go:build !race

package main

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
)

// hook walks from the verify function to the test listener and to the APIs, and says where the way ends. Nothing is
// assumed: subnets by the exports, routes by the associations, the NAT gateway's address by its allocation.
func hook(t *testing.T, all stacks) error {
	t.Helper()
	s, platform := all["sample-website"], all["cutover"]
	_, function := s.with(t, "AWS::Lambda::Function", "FunctionName", "CodeDeployHook_sample-website")
	_, listener := s.with(t, "AWS::ElasticLoadBalancingV2::Listener", "Port", 8080)
	balancer := referred(s, listener.Properties["LoadBalancerArn"])
	internal := balancer.Properties["Scheme"] == "internal"

	addresses := map[string]bool{}
	for _, subnet := range at(t, function.Properties, "VpcConfig", "SubnetIds").([]any) {
		out, err := defaultRoute(platform, subnet)
		if err != nil {
			return err
		}
		address, err := natAddress(platform, out)
		if err != nil {
			return err
		}
		addresses[address] = true
	}
	for _, subnet := range at(t, balancer.Properties, "Subnets").([]any) {
		out, err := defaultRoute(platform, subnet)
		if err != nil {
			return err
		}
		if public := out.Properties["GatewayId"] != nil; public == internal {
			return fmt.Errorf("the load balancer's subnet %v does not suit its scheme %v", subnet, balancer.Properties["Scheme"])
		}
	}

	groupID := account(at(t, function.Properties, "VpcConfig", "SecurityGroupIds", 0)).(string)
	egress, _ := referred(s, at(t, function.Properties, "VpcConfig", "SecurityGroupIds", 0)).Properties["SecurityGroupEgress"].([]any)
	for _, port := range []float64{443, 8080} {
		if !admits(egress, port, func(rule map[string]any) bool { return rule["CidrIp"] == "0.0.0.0/0" }) {
			return fmt.Errorf("the hook's security group does not let port %v out", port)
		}
	}
	ingress, _ := referred(s, at(t, balancer.Properties, "SecurityGroups", 0)).Properties["SecurityGroupIngress"].([]any)
	if internal {
		if !admits(ingress, 8080, func(rule map[string]any) bool { return rule["SourceSecurityGroupId"] == groupID }) {
			return fmt.Errorf("the internal test listener does not admit the hook's security group")
		}
		return nil
	}
	for address := range addresses {
		if !admits(ingress, 8080, func(rule map[string]any) bool { return rule["CidrIp"] == address+"/32" }) {
			return fmt.Errorf("the test listener does not admit %s, by which the hook leaves", address)
		}
	}
	return nil
}

// referred is the resource of a Ref or Fn::GetAtt.
func referred(s template, v any) resource {
	id, _, _ := strings.Cut(strings.Trim(fmt.Sprint(account(v)), "<>"), ".")
	return s.Resources[id]
}

// imports finds the platform's value behind an Fn::ImportValue.
func imports(platform template, v any) any {
	name := strings.Trim(fmt.Sprint(account(v)), "<>")
	for _, o := range platform.Outputs {
		if o.Export.Name == name {
			return o.Value
		}
	}
	return nil
}

func defaultRoute(platform template, subnet any) (resource, error) {
	id := account(imports(platform, subnet))
	for _, a := range platform.ids("AWS::EC2::SubnetRouteTableAssociation") {
		association := platform.Resources[a].Properties
		if account(association["SubnetId"]) != id {
			continue
		}
		for _, r := range platform.ids("AWS::EC2::Route") {
			route := platform.Resources[r]
			if account(route.Properties["RouteTableId"]) == account(association["RouteTableId"]) && route.Properties["DestinationCidrBlock"] == "0.0.0.0/0" {
				return route, nil
			}
		}
	}
	return resource{}, fmt.Errorf("the subnet %v has no way out", subnet)
}

// natAddress is the address under which a private route's traffic arrives, as the service stack writes it.
func natAddress(platform template, route resource) (string, error) {
	nat := referred(platform, route.Properties["NatGatewayId"])
	if nat.Type != "AWS::EC2::NatGateway" {
		return "", fmt.Errorf("the hook's subnet has no NAT gateway; a function in it has no public address")
	}
	public := false
	for _, o := range platform.Outputs {
		if nat.Properties["SubnetId"] != nil && account(nat.Properties["SubnetId"]) == account(o.Value) {
			out, err := defaultRoute(platform, map[string]any{"Fn::ImportValue": o.Export.Name})
			public = err == nil && out.Properties["GatewayId"] != nil
		}
	}
	if !public {
		return "", fmt.Errorf("the NAT gateway does not stand in a public subnet")
	}
	allocation := strings.TrimSuffix(fmt.Sprint(account(nat.Properties["AllocationId"])), ".AllocationId>")
	for _, o := range platform.Outputs {
		if account(o.Value) == allocation+".PublicIp>" {
			return "<" + o.Export.Name + ">", nil
		}
	}
	return "", fmt.Errorf("the NAT gateway's address is not exported")
}

func admits(rules []any, port float64, from func(map[string]any) bool) bool {
	for _, r := range rules {
		rule := account(r).(map[string]any)
		if rule["IpProtocol"] == "tcp" && rule["FromPort"].(float64) <= port && port <= rule["ToPort"].(float64) && from(rule) {
			return true
		}
	}
	return false
}

func TestTheHookReachesTheTestListenerAndTheAPIs(t *testing.T) {
	for name, document := range map[string]string{
		"internet-facing": shipped,
		"internal":        `{"services": [{"name": "sample-website", "loadBalancer": {"internal": true}}]}`,
	} {
		t.Run(name, func(t *testing.T) {
			if err := hook(t, synth(t, document)); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestTheHookReachesProductionOnlyToCompare(t *testing.T) {
	for document, want := range map[string]bool{
		shipped: false,
		`{"services": [{"name": "sample-website", "verify": {"compare": {}}}]}`:                                     true,
		`{"services": [{"name": "sample-website", "loadBalancer": {"internal": true}, "verify": {"compare": {}}}]}`: true,
	} {
		s := synth(t, document)["sample-website"]
		_, function := s.with(t, "AWS::Lambda::Function", "FunctionName", "CodeDeployHook_sample-website")
		group := referred(s, at(t, function.Properties, "VpcConfig", "SecurityGroupIds", 0))
		egress, _ := group.Properties["SecurityGroupEgress"].([]any)
		if got := admits(egress, 80, func(rule map[string]any) bool { return rule["CidrIp"] == "0.0.0.0/0" }); got != want {
			t.Errorf("the hook of %s gets to production: %t", document, got)
		}
		_, balancer := s.with(t, "AWS::ElasticLoadBalancingV2::LoadBalancer", "Name", "sample-website-alb")
		ingress, _ := referred(s, at(t, balancer.Properties, "SecurityGroups", 0)).Properties["SecurityGroupIngress"].([]any)
		if !admits(ingress, 80, func(rule map[string]any) bool { return rule["CidrIp"] == "0.0.0.0/0" }) {
			t.Errorf("production of %s does not admit everybody", document)
		}
	}
}

func TestAWayThatIsCutIsFound(t *testing.T) {
	all := synth(t, shipped)
	internal := synth(t, `{"services": [{"name": "sample-website", "loadBalancer": {"internal": true}}]}`)
	for name, cut := range map[string]struct {
		of  stacks
		cut func(service, platform template)
	}{
		"no private route": {all, func(_, p template) {
			delete(p.Resources, "NetworkPrivateRoute5D8E8B75")
			drop(p, "AWS::EC2::Route", "NatGatewayId")
		}},
		"no association":         {all, func(_, p template) { drop(p, "AWS::EC2::SubnetRouteTableAssociation", "SubnetId") }},
		"NAT gateway nowhere":    {all, func(_, p template) { drop(p, "AWS::EC2::NatGateway", "SubnetId") }},
		"NAT in private subnet":  {all, func(_, p template) { drop(p, "AWS::EC2::Route", "GatewayId") }},
		"no egress":              {all, func(s, _ template) { drop(s, "AWS::EC2::SecurityGroup", "SecurityGroupEgress") }},
		"no ingress":             {all, func(s, _ template) { drop(s, "AWS::EC2::SecurityGroup", "SecurityGroupIngress") }},
		"no ingress if internal": {internal, func(s, _ template) { drop(s, "AWS::EC2::SecurityGroup", "SecurityGroupIngress") }},
	} {
		t.Run(name, func(t *testing.T) {
			var copied stacks
			if err := json.Unmarshal([]byte(text(cut.of)), &copied); err != nil {
				t.Fatal(err)
			}
			cut.cut(copied["sample-website"], copied["cutover"])
			if err := hook(t, copied); err == nil {
				t.Error("nobody noticed")
			} else {
				t.Log(err)
			}
		})
	}
}

// drop takes a property away from all resources of a type.
func drop(s template, kind, property string) {
	for _, id := range s.ids(kind) {
		delete(s.Resources[id].Properties, property)
	}
}

func TestTheTestListenerIsClosedToTheWorld(t *testing.T) {
	s := synth(t, shipped)["sample-website"]
	for _, id := range s.ids("AWS::EC2::SecurityGroup") {
		rules, _ := s.Resources[id].Properties["SecurityGroupIngress"].([]any)
		if admits(rules, 8080, func(rule map[string]any) bool { return rule["CidrIp"] == "0.0.0.0/0" }) {
			t.Errorf("%s admits everybody to the test listener", id)
		}
	}
}

func TestAnExistingNetworkIsTakenByItsIds(t *testing.T) {
	all := synth(t, `{"platform": {"vpc": {"id": "vpc-0a", "availabilityZones": ["a", "b"], "publicSubnets": ["subnet-0a", "subnet-0b"],
		"privateSubnets": ["subnet-0c", "subnet-0d"], "natAddresses": ["192.0.2.1", "192.0.2.2"]}}, "services": [{"name": "sample-website"}]}`)
	if n := len(all["cutover"].ids("AWS::EC2::VPC")); n != 0 {
		t.Errorf("%d networks are made beside the one given", n)
	}
	s := all["sample-website"]
	if strings.Contains(text(s), "Fn::ImportValue") {
		t.Error("something is imported that the configuration gives")
	}
	lb := s.only(t, "AWS::ElasticLoadBalancingV2::LoadBalancer")
	if got := text(lb.Properties["Subnets"]); got != `["subnet-0a","subnet-0b"]` {
		t.Errorf("the load balancer stands in %s", got)
	}
	_, group := s.with(t, "AWS::EC2::SecurityGroup", "GroupName", "sample-website-sg")
	for _, address := range []string{"192.0.2.1/32", "192.0.2.2/32"} {
		if !admits(group.Properties["SecurityGroupIngress"].([]any), 8080, func(rule map[string]any) bool { return rule["CidrIp"] == address }) {
			t.Errorf("the test listener does not admit %s", address)
		}
	}
}

func TestNothingIsLookedUpWhenAccountAndRegionAreFixed(t *testing.T) {
	// Every synth of these tests fails if the app asks for something; this one is the most tempted to.
	s := synth(t, `{"platform": {"account": "111122223333", "region": "eu-west-1"}, "services": [{"name": "sample-website"}]}`)
	for _, id := range s["cutover"].ids("AWS::EC2::Subnet") {
		if zone := text(s["cutover"].Resources[id].Properties["AvailabilityZone"]); !strings.Contains(zone, "Fn::GetAZs") {
			t.Errorf("%s stands in %s", id, zone)
		}
	}
}
