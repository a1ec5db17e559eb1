package main

import (
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
)

// RoleProps describe a role.
type RoleProps struct {
	Description string
	// Service may assume it, such as lambda.amazonaws.com, under Condition.
	Service   string
	Condition Condition
	// Statements are its one policy, inline: whoever refers to the role waits for its policy too.
	Statements []Statement
}

// NewRole is a role with an inline policy, or none when there are no statements.
func NewRole(scope constructs.Construct, id string, props RoleProps) awsiam.CfnRole {
	trust := map[string]any{"Effect": "Allow", "Principal": map[string]any{"Service": props.Service}, "Action": "sts:AssumeRole"}
	if props.Condition != nil {
		trust["Condition"] = props.Condition
	}
	p := &awsiam.CfnRoleProps{Description: jsii.String(props.Description), AssumeRolePolicyDocument: document(trust)}
	if len(props.Statements) > 0 {
		p.Policies = []*awsiam.CfnRole_PolicyProperty{{PolicyName: jsii.String("own"), PolicyDocument: policy(props.Statements)}}
	}
	return awsiam.NewCfnRole(scope, jsii.String(id), p)
}

// from holds a service to work for this account's own resources: the confused deputy's cure
// (https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html).
func from(source string) Condition {
	return Condition{
		"StringEquals": {"aws:SourceAccount": sub("${AWS::AccountId}")},
		"ArnLike":      {"aws:SourceArn": source},
	}
}

// NewDeploymentRole is what CodeDeploy works as. CodeDeploy does not document a source that its calls would carry, so
// its trust has no condition; nobody can pass the role across accounts anyway.
func NewDeploymentRole(scope constructs.Construct, id string, props DeploymentGroupProps) awsiam.CfnRole {
	s := scopeOf(props.Names, props.Deployment.Config, props.TaskRoles)
	listeners := []string{*props.Way.Production.AttrListenerArn(), *props.Way.Test.AttrListenerArn()}
	rules := arn("elasticloadbalancing", "listener-rule/app/"+props.Names.LoadBalancer+"/*")
	return NewRole(scope, id, RoleProps{
		Description: "CodeDeploy deploying " + props.Names.Title,
		Service:     "codedeploy.amazonaws.com",
		Statements:  deploymentGrants(s, listeners, rules),
	})
}

// NewTaskRole is what the service's containers may do in AWS: nothing, until the operator names a role.
func NewTaskRole(scope constructs.Construct, id string) awsiam.CfnRole {
	return NewRole(scope, id, RoleProps{
		Description: "What the containers themselves may do",
		Service:     "ecs-tasks.amazonaws.com",
		Condition:   from(arn("ecs", "*")),
	})
}

// NewExecutionRole is what ECS does to start a task: pull the image, write the log, read the secrets named.
func NewExecutionRole(scope constructs.Construct, id string, props TaskProps) awsiam.CfnRole {
	statements := []Statement{
		{Actions: []string{"ecr:GetAuthorizationToken"}, Resources: []string{"*"}},
		{
			Actions:   []string{"ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"},
			Resources: []string{arn("ecr", "repository/"+props.Names.Repository)},
		},
		{
			Actions:   []string{"logs:CreateLogStream", "logs:PutLogEvents"},
			Resources: []string{arn("logs", "log-group:/ecs/"+props.Names.Family+":*")},
		},
	}
	for _, secret := range props.Service.Task.Secrets {
		action := "ssm:GetParameters"
		if strings.Contains(secret, ":secretsmanager:") {
			action = "secretsmanager:GetSecretValue"
		}
		statements = append(statements, Statement{Actions: []string{action}, Resources: []string{wholeSecret(secret)}})
	}
	return NewRole(scope, id, RoleProps{
		Description: "ECS starting tasks of " + props.Names.Title,
		Service:     "ecs-tasks.amazonaws.com",
		Statements:  merged(statements),
	})
}

// wholeSecret drops what ECS allows behind a secret's own ARN: JSON key, stage and version.
func wholeSecret(arn string) string {
	const parts = 7 // arn:aws:secretsmanager:region:account:secret:name
	split := strings.Split(arn, ":")
	return strings.Join(split[:min(parts, len(split))], ":")
}

// policy is a policy document of statements.
func policy(statements []Statement) map[string]any {
	var out []any
	for _, s := range statements {
		one := map[string]any{"Effect": "Allow", "Action": s.Actions, "Resource": s.Resources}
		if s.Condition != nil {
			one["Condition"] = s.Condition
		}
		out = append(out, one)
	}
	return document(out...)
}

func document(statements ...any) map[string]any {
	return map[string]any{"Version": "2012-10-17", "Statement": statements}
}
