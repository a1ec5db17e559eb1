package bluegreen

import (
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/constructs-go/constructs/v10"
)

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
			Resources: repositories(props.Service.Repositories()),
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
