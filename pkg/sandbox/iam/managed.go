package iam

import (
	"encoding/json"
	"slices"
	"strings"
)

const awsPolicy = "arn:aws:iam::aws:policy/"

// allowing is a statement of AWS's own policies, all of which allow something.
type allowing struct {
	Effect    string
	Action    []string
	Resource  []string
	Condition map[string]map[string][]string `json:",omitempty"`
}

// allow is a statement for actions on every resource.
func allow(actions ...string) allowing {
	return allowing{Effect: "Allow", Action: actions, Resource: []string{"*"}}
}

// on narrows a statement to resources.
func (a allowing) on(resources ...string) allowing { a.Resource = resources; return a }

// when adds a condition.
func (a allowing) when(operator, key, value string) allowing {
	a.Condition = map[string]map[string][]string{operator: {key: {value}}}
	return a
}

// blueGreen is what CodeDeploy does with a service, its load balancer and its alarms.
var blueGreen = []string{
	"ecs:DescribeServices", "ecs:CreateTaskSet", "ecs:UpdateServicePrimaryTaskSet", "ecs:DeleteTaskSet",
	"elasticloadbalancing:DescribeTargetGroups", "elasticloadbalancing:DescribeListeners",
	"elasticloadbalancing:ModifyListener", "elasticloadbalancing:DescribeRules",
	"elasticloadbalancing:ModifyRule", "cloudwatch:DescribeAlarms",
}

// passToTasks hands roles to tasks.
func passToTasks() allowing {
	return allow("iam:PassRole").when("StringLike", "iam:PassedToService", "ecs-tasks.amazonaws.com")
}

// awsPolicies are AWS's own policies, by what follows awsPolicy.
// From https://docs.aws.amazon.com/aws-managed-policy/latest/reference/policy-list.html
var awsPolicies = map[string][]allowing{
	"AWSCodeDeployRoleForECS": {
		allow(slices.Concat(blueGreen, []string{"lambda:InvokeFunction", "sns:Publish", "s3:GetObject", "s3:GetObjectVersion"})...),
		passToTasks(),
	},
	"AWSCodeDeployRoleForECSLimited": {
		allow(blueGreen...),
		allow("sns:Publish").on("arn:aws:sns:*:*:CodeDeployTopic_*"),
		allow("lambda:InvokeFunction").on("arn:aws:lambda:*:*:function:CodeDeployHook_*"),
		allow("s3:GetObject", "s3:GetObjectVersion").when("StringEquals", "s3:ExistingObjectTag/UseWithCodeDeploy", "true"),
		passToTasks().on("arn:aws:iam::*:role/ecsTaskExecutionRole", "arn:aws:iam::*:role/ECSTaskExecution*"),
	},
	"service-role/AmazonECSTaskExecutionRolePolicy": {allow(
		"ecr:GetAuthorizationToken", "ecr:BatchCheckLayerAvailability", "ecr:GetDownloadUrlForLayer",
		"ecr:BatchGetImage", "logs:CreateLogStream", "logs:PutLogEvents",
	)},
	"service-role/AWSLambdaBasicExecutionRole": {allow(
		"logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents",
	)},
	"service-role/AWSLambdaVPCAccessExecutionRole": {allow(
		"logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents", "ec2:CreateNetworkInterface",
		"ec2:DescribeNetworkInterfaces", "ec2:DescribeSubnets", "ec2:DeleteNetworkInterface",
		"ec2:AssignPrivateIpAddresses", "ec2:UnassignPrivateIpAddresses",
	)},
}

// awsManaged is AWS's own policies by ARN.
func awsManaged() map[string]*managed {
	out := map[string]*managed{}
	for name, statements := range awsPolicies {
		// Strings, lists and maps of them always marshal.
		document, _ := json.Marshal(struct {
			Version   string
			Statement []allowing
		}{"2012-10-17", statements})
		path := "/"
		if i := strings.LastIndexByte(name, '/'); i >= 0 {
			path += name[:i+1]
		}
		p := newManaged(awsPolicy+name, path, name[len(path)-1:], string(document))
		out[*p.Arn] = p
	}
	return out
}
