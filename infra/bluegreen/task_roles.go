package bluegreen

import (
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/constructs-go/constructs/v10"

	"github.com/cutover-ecs/cutover/pkg/config"
)

// NewTaskRole is what the service's containers may do in AWS: nothing, until the operator names a role, but for what ECS
// Exec and the task's file systems ask of it.
func NewTaskRole(scope constructs.Construct, id string, t config.Task) awsiam.CfnRole {
	var statements []Statement
	if t.Exec {
		// Session Manager's channels know no resource
		// (https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-iam-roles.html#ecs-exec-required-iam-permissions).
		statements = append(statements, Statement{Resources: []string{"*"}, Actions: []string{
			"ssmmessages:CreateControlChannel", "ssmmessages:CreateDataChannel", "ssmmessages:OpenControlChannel", "ssmmessages:OpenDataChannel",
		}})
	}
	for _, v := range t.Volumes {
		if v.AccessPoint == "" {
			continue
		}
		actions := []string{"elasticfilesystem:ClientMount"}
		if !v.ReadOnly {
			actions = append(actions, "elasticfilesystem:ClientWrite")
		}
		statements = append(statements, Statement{
			Actions: actions, Resources: []string{arn("elasticfilesystem", "file-system/"+v.FileSystem)},
			Condition: Condition{"StringEquals": {"elasticfilesystem:AccessPointArn": arn("elasticfilesystem", "access-point/"+v.AccessPoint)}},
		})
	}
	return NewRole(scope, id, RoleProps{
		Statements:  merged(statements),
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
	statements = append(statements, readable(props.Service.Task)...)
	return NewRole(scope, id, RoleProps{
		Description: "ECS starting tasks of " + props.Names.Title,
		Service:     "ecs-tasks.amazonaws.com",
		Statements:  merged(statements),
	})
}

// readable are the secrets and environment files that a task names.
func readable(t config.Task) []Statement {
	var statements []Statement
	all := []map[string]string{t.Secrets}
	for _, s := range t.Sidecars {
		all = append(all, s.Secrets)
	}
	for _, secrets := range all {
		for _, name := range sortedKeys(secrets) {
			action := "ssm:GetParameters"
			if strings.Contains(secrets[name], ":secretsmanager:") {
				action = "secretsmanager:GetSecretValue"
			}
			statements = append(statements, Statement{Actions: []string{action}, Resources: []string{wholeSecret(secrets[name])}})
		}
	}
	for _, file := range t.EnvironmentFiles {
		bucket, _, _ := strings.Cut(file, "/")
		statements = append(statements, Statement{Actions: []string{"s3:GetObject"}, Resources: []string{file}},
			Statement{Actions: []string{"s3:GetBucketLocation"}, Resources: []string{bucket}})
	}
	return statements
}

// newPlaceholderRole lets ECS pull the placeholder. It belongs to the service's creation and never changes.
func newPlaceholderRole(scope constructs.Construct, id string, props FargateProps) awsiam.CfnRole {
	repository := strings.FieldsFunc(props.Placeholder, func(r rune) bool { return r == ':' || r == '@' })[0]
	return NewRole(scope, id, RoleProps{
		Description: "ECS starting the placeholder of " + props.Names.Title,
		Service:     "ecs-tasks.amazonaws.com",
		Statements: []Statement{
			{Actions: []string{"ecr:GetAuthorizationToken"}, Resources: []string{"*"}},
			{
				Actions:   []string{"ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"},
				Resources: repositories([]config.Repository{{Name: repository}}),
			},
		},
	})
}

// wholeSecret drops what ECS allows behind a secret's own ARN: JSON key, stage and version.
func wholeSecret(arn string) string {
	const parts = 7 // arn:aws:secretsmanager:region:account:secret:name
	split := strings.Split(arn, ":")
	return strings.Join(split[:min(parts, len(split))], ":")
}
