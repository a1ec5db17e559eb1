package bluegreen

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
)

// NewDeploymentRole is what CodeDeploy works as. CodeDeploy does not document a source that its calls would carry, so
// its trust has no condition; nobody can pass the role across accounts anyway.
func NewDeploymentRole(scope constructs.Construct, id string, props DeploymentGroupProps) awsiam.CfnRole {
	s := scopeOf(props.Names, props.Hooked, nil, props.Deployment.ConfigName(props.Names.Stack), props.TaskRoles)
	for _, event := range sortedKeys(props.Deployment.Hooks) {
		s.Hooks = append(s.Hooks, arn("lambda", "function:"+props.Deployment.Hooks[event]))
	}
	return NewRole(scope, id, RoleProps{
		Description: "CodeDeploy deploying " + props.Names.Title,
		Service:     "codedeploy.amazonaws.com",
		Statements:  deploymentGrants(s, []string{props.Way.Production, props.Way.Test}, rulesOf(props)),
	})
}

// rulesOf are the ARNs of the listeners' rules: of a load balancer that others use too, this service's listeners' alone.
func rulesOf(props DeploymentGroupProps) []string {
	if props.Way.Balancer.Name == props.Names.LoadBalancer {
		return []string{arn("elasticloadbalancing", "listener-rule/app/"+props.Names.LoadBalancer+"/*")}
	}
	var rules []string
	for _, listener := range []string{props.Way.Production, props.Way.Test} {
		path := awscdk.Fn_Select(jsii.Number(1), awscdk.Fn_Split(jsii.String(":listener/"), jsii.String(listener), nil))
		rules = append(rules, *awscdk.Fn_Join(jsii.String(""), jsii.Strings(Sub(arn("elasticloadbalancing", "listener-rule/")), *path, "/*")))
	}
	return rules
}
