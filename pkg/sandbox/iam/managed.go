package iam

import (
	"encoding/json"
	"strings"
)

const awsPolicy = "arn:aws:iam::aws:policy/"

// awsActions are AWS's own policies, by what follows awsPolicy, as the actions that they allow on every resource.
// From https://docs.aws.amazon.com/aws-managed-policy/latest/reference/policy-list.html
var awsActions = map[string][]string{
	"AWSCodeDeployRoleForECS": {
		"ecs:DescribeServices", "ecs:CreateTaskSet", "ecs:UpdateServicePrimaryTaskSet", "ecs:DeleteTaskSet",
		"elasticloadbalancing:DescribeTargetGroups", "elasticloadbalancing:DescribeListeners",
		"elasticloadbalancing:ModifyListener", "elasticloadbalancing:DescribeRules",
		"elasticloadbalancing:ModifyRule", "lambda:InvokeFunction", "cloudwatch:DescribeAlarms", "sns:Publish",
		"s3:GetObject", "s3:GetObjectVersion",
	},
	"service-role/AmazonECSTaskExecutionRolePolicy": {
		"ecr:GetAuthorizationToken", "ecr:BatchCheckLayerAvailability", "ecr:GetDownloadUrlForLayer",
		"ecr:BatchGetImage", "logs:CreateLogStream", "logs:PutLogEvents",
	},
	"service-role/AWSLambdaBasicExecutionRole": {
		"logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents",
	},
	"service-role/AWSLambdaVPCAccessExecutionRole": {
		"logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents", "ec2:CreateNetworkInterface",
		"ec2:DescribeNetworkInterfaces", "ec2:DescribeSubnets", "ec2:DeleteNetworkInterface",
		"ec2:AssignPrivateIpAddresses", "ec2:UnassignPrivateIpAddresses",
	},
}

// awsConditional are statements of these policies that carry a condition.
var awsConditional = map[string]map[string]any{
	"AWSCodeDeployRoleForECS": {
		"Effect": "Allow", "Action": "iam:PassRole", "Resource": "*",
		"Condition": map[string]any{"StringLike": map[string]any{
			"iam:PassedToService": []string{"ecs-tasks.amazonaws.com"},
		}},
	},
}

// awsManaged is AWS's own policies by ARN.
func awsManaged() map[string]*managed {
	out := map[string]*managed{}
	for name, actions := range awsActions {
		statements := []map[string]any{{"Effect": "Allow", "Action": actions, "Resource": "*"}}
		if more := awsConditional[name]; more != nil {
			statements = append(statements, more)
		}
		// Strings, lists and maps of them always marshal.
		document, _ := json.Marshal(map[string]any{"Version": "2012-10-17", "Statement": statements})
		path := "/"
		if i := strings.LastIndexByte(name, '/'); i >= 0 {
			path += name[:i+1]
		}
		p := newManaged(awsPolicy+name, path, name[len(path)-1:], string(document))
		out[*p.Arn] = p
	}
	return out
}
