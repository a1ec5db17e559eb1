package stackupdate

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// unnoticed are the types whose replacement nobody notices: the new one is there before the old one goes, and nothing
// else holds on to it.
var unnoticed = []string{
	"AWS::CDK::Metadata", "AWS::Lambda::Permission", "AWS::Lambda::EventInvokeConfig", "AWS::CodeDeploy::DeploymentConfig",
	"AWS::ElasticLoadBalancingV2::ListenerCertificate", "AWS::EC2::SecurityGroupIngress", "AWS::EC2::SecurityGroupEgress",
	"AWS::ApplicationAutoScaling::ScalingPolicy", "AWS::S3::BucketPolicy",
}

// missed are the types whose deletion users or operators would notice.
var missed = []string{
	"AWS::ECS::Service", "AWS::ECS::Cluster", "AWS::ECR::Repository", "AWS::S3::Bucket", "AWS::CodeDeploy::Application", "AWS::CodeDeploy::DeploymentGroup",
	"AWS::ElasticLoadBalancingV2::LoadBalancer", "AWS::ElasticLoadBalancingV2::Listener", "AWS::ElasticLoadBalancingV2::TargetGroup",
	"AWS::EC2::VPC", "AWS::EC2::Subnet", "AWS::EC2::NatGateway", "AWS::EC2::SecurityGroup",
}

// effects are what an update does to one deployed resource and should not.
func (c *comparison) effects(id string) []Change {
	was := c.was[id]
	is, stays := c.is[id]
	if !stays {
		return removed(id, was)
	}
	if was.Type != is.Type {
		return []Change{{Resource: id, Type: was.Type, Effect: Replaced, Fix: "give the new resource a name of its own in the template",
			Evidence: fmt.Sprintf("the name now stands for a %s, and what stands is deleted", is.Type)}}
	}
	changed := c.changed(id)
	if len(changed) == 0 || slices.Contains(unnoticed, is.Type) || is.Type == "AWS::ECS::TaskDefinition" && !c.runs(id) {
		return nil
	}
	semantics, known := Of(is.Type)
	var all []Change
	for _, property := range changed {
		change := Change{Resource: id, Type: is.Type, Path: c.path(id, property)}
		switch {
		case !known:
			change.Effect, change.Evidence = Unknown, "whether this is changed in place is not known here"
			change.Fix = "read which update its page in CloudFormation's template reference says it requires"
		case slices.Contains(semantics.Fixed, property):
			change.Effect, change.Evidence, change.Fix = c.replacement(id, semantics)
		case Frozen(is.Type, is.Properties):
			change.Effect, change.Evidence, change.Fix = touched(is.Type)
		default:
			continue
		}
		if from := c.source(is.Properties[property]); from != "" {
			change.Evidence += fmt.Sprintf("; its value comes from %s, which is replaced", from)
		}
		all = append(all, change)
	}
	return all
}

// runs tells whether a service of the template starts from the task definition. One that none does is a base: a
// replacement of it is how settings change.
func (c *comparison) runs(id string) bool {
	for _, r := range c.is {
		if r.Type == "AWS::ECS::Service" && slices.Contains(References(r.Properties), id) {
			return true
		}
	}
	return false
}

func removed(id string, was resource) []Change {
	if !slices.Contains(missed, was.Type) || strings.HasPrefix(was.DeletionPolicy, "Retain") {
		return nil
	}
	return []Change{{Resource: id, Type: was.Type, Effect: Removed, Evidence: "it is not in the new template and would be deleted",
		Fix: "put back what made it; to give a service up, delete its stack"}}
}

func (c *comparison) replacement(id string, s Semantics) (Effect, string, string) {
	was, is := c.was[id], c.is[id]
	if s.Name != "" && is.Properties[s.Name] != nil && written(was.Properties[s.Name]) == written(is.Properties[s.Name]) {
		return Refused, fmt.Sprintf("a change of it replaces the resource, which CloudFormation refuses under its name %s", written(is.Properties[s.Name])),
			instead(is.Type)
	}
	return Replaced, "a change of it makes another resource and deletes the one that stands", instead(is.Type)
}

// instead is how to come to another value of what cannot change.
func instead(kind string) string {
	if kind == "AWS::ECR::Repository" {
		return "put it back; for another value make a repository of another name, and push there"
	}
	return "put it back; for another value make a service of another name beside, and move users there"
}

func touched(kind string) (Effect, string, string) {
	if kind == "AWS::ECS::Service" {
		return Touched, "CloudFormation would send all properties, which ECS refuses for a service that CodeDeploy deploys: the update fails",
			"put it back; what of a service may change, the release loop changes"
	}
	return Touched, "CloudFormation would write the actions again, and send users to where the template says and not to where they are",
		"put it back; certificates are added in loadBalancer.https.certificates, and for another port make a service of another name beside"
}

// path leads to what differs in a property, as deep as only one thing does.
func (c *comparison) path(id, property string) string {
	at := "Resources." + id + ".Properties." + property
	was, is := c.was[id].Properties[property], c.is[id].Properties[property]
	for {
		a, ok := was.(map[string]any)
		b, both := is.(map[string]any)
		if !ok || !both {
			return at
		}
		keys := maps.Clone(a)
		maps.Copy(keys, b)
		var differ []string
		for key := range keys {
			if written(a[key]) != written(b[key]) {
				differ = append(differ, key)
			}
		}
		if len(differ) != 1 || strings.HasPrefix(differ[0], "Fn::") || differ[0] == "Ref" {
			return at
		}
		at, was, is = at+"."+differ[0], a[differ[0]], b[differ[0]]
	}
}
