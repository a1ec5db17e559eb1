package bluegreen

import (
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
		p.Policies = []*awsiam.CfnRole_PolicyProperty{{PolicyName: jsii.String("own"), PolicyDocument: permissions(props.Statements)}}
	}
	role := awsiam.NewCfnRole(scope, jsii.String(id), p)
	if len(props.Statements) > 0 {
		explain(role, explanation{"IAM5", "a star stands where AWS knows no narrower resource, or for the revisions, tasks, task sets, rules and log " +
			"streams below a name of this service's own; grants.go has each with its reason, and a test holds them"})
	}
	return role
}

// from holds a service to work for this account's own resources: the confused deputy's cure
// (https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html).
func from(source string) Condition {
	return Condition{
		"StringEquals": {"aws:SourceAccount": "${AWS::AccountId}"},
		"ArnLike":      {"aws:SourceArn": source},
	}
}

// permissions are a policy document of statements.
func permissions(statements []Statement) map[string]any {
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
	return map[string]any{"Version": "2012-10-17", "Statement": filledIn(statements)}
}

// bound puts a permissions boundary on every role of a scope; none when it is empty.
func bound(scope constructs.Construct, policy string) {
	if policy != "" {
		awsiam.PermissionsBoundary_Of(scope).Apply(awsiam.ManagedPolicy_FromManagedPolicyArn(scope, jsii.String("Boundary"), jsii.String(policy)))
	}
}
