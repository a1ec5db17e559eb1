package bluegreen

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/jsii-runtime-go"
)

// explanation is why a resource is as a rule of cdk-nag's would not have it.
type explanation struct{ rule, reason string }

// explain writes explanations where cdk-nag reads them, into the resource's metadata: who looks at the template reads
// them too. They are constants, because the text of some resources must never change.
func explain(resource awscdk.CfnResource, all ...explanation) {
	var rules []any
	for _, e := range all {
		rules = append(rules, map[string]any{"id": "AwsSolutions-" + e.rule, "reason": e.reason})
	}
	resource.AddMetadata(jsii.String("cdk_nag"), map[string]any{"rules_to_suppress": rules})
}

// Explain writes why a resource is as a rule of cdk-nag's AwsSolutions pack, such as "ECS4", would not have it.
func Explain(resource awscdk.CfnResource, rule, reason string) {
	explain(resource, explanation{rule, reason})
}
