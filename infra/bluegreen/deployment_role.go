package bluegreen

import (
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/constructs-go/constructs/v10"
)

// NewDeploymentRole is what CodeDeploy works as. CodeDeploy does not document a source that its calls would carry, so
// its trust has no condition; nobody can pass the role across accounts anyway.
func NewDeploymentRole(scope constructs.Construct, id string, props DeploymentGroupProps) awsiam.CfnRole {
	s := scopeOf(props.Names, props.Hooked, nil, props.Deployment.Config, props.TaskRoles)
	listeners := []string{*props.Way.Production.AttrListenerArn(), *props.Way.Test.AttrListenerArn()}
	rules := arn("elasticloadbalancing", "listener-rule/app/"+props.Names.LoadBalancer+"/*")
	return NewRole(scope, id, RoleProps{
		Description: "CodeDeploy deploying " + props.Names.Title,
		Service:     "codedeploy.amazonaws.com",
		Statements:  deploymentGrants(s, listeners, rules),
	})
}
