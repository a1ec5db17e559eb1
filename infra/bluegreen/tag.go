package bluegreen

import (
	"maps"
	"slices"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/cutover-ecs/cutover/pkg/config"
)

// tag puts the operator's tags on all resources but the frozen ones; tasks carry them by the base's revision. A dashboard
// has none: its tags are newer than the resource's schema that cfn-lint 1.51 checks by.
func tag(scope constructs.Construct, task Task, tags map[string]string) {
	for _, key := range slices.Sorted(maps.Keys(tags)) {
		awscdk.Tags_Of(scope).Add(jsii.String(key), jsii.String(tags[key]), &awscdk.TagProps{
			ExcludeResourceTypes: jsii.Strings("aws:cdk:stack", "AWS::ECS::Service", "AWS::ECS::TaskDefinition",
				"AWS::ElasticLoadBalancingV2::Listener", "AWS::ElasticLoadBalancingV2::TargetGroup", "AWS::CloudWatch::Dashboard"),
		})
		if task.Base == nil {
			continue
		}
		awscdk.Tags_Of(task.Base).Add(jsii.String(key), jsii.String(tags[key]), nil)
	}
}

// tagsOf are the platform's tags and the service's over them.
func tagsOf(p config.Platform, s config.Service) map[string]string {
	all := map[string]string{}
	maps.Copy(all, p.Tags)
	maps.Copy(all, s.Tags)
	return all
}
