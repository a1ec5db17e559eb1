package bluegreen

import (
	"cmp"

	"github.com/cutover-ecs/cutover/pkg/config"
	"github.com/cutover-ecs/cutover/pkg/live"
)

// Scope are the ARNs that a service's functions may touch, made from names alone, so that a policy depends on no
// resource and none on a policy.
type Scope struct {
	Cluster, Service, TaskSets, Tasks string
	// Revisions are all of the running family.
	Revisions                            string
	Application, Group, DeploymentConfig string
	// Repositories hold the service's images.
	Repositories          []string
	Alarms                string
	Production, Listeners string
	// Hooks are the functions of lifecycle events, the operator's own among them.
	Hooks []string
	// TaskRoles are passed on to tasks.
	TaskRoles []string
}

// scopeOf a service.
func scopeOf(names config.Names, hooked []config.Event, from []config.Repository, deploymentConfig string, taskRoles []string) Scope {
	at := names.Cluster + "/" + names.Service
	return Scope{
		Cluster:          arn("ecs", "cluster/"+names.Cluster),
		Service:          arn("ecs", "service/"+at),
		TaskSets:         arn("ecs", "task-set/"+at+"/*"),
		Tasks:            arn("ecs", "task/"+names.Cluster+"/*"),
		Revisions:        arn("ecs", "task-definition/"+names.Family+":*"),
		Application:      arn("codedeploy", "application:"+names.Application),
		Group:            arn("codedeploy", "deploymentgroup:"+names.Application+"/"+names.DeploymentGroup),
		DeploymentConfig: arn("codedeploy", "deploymentconfig:"+deploymentConfig),
		Repositories:     repositories(from),
		Alarms:           arn("cloudwatch", "alarm:*"),
		Hooks:            hooks(names, hooked),
		TaskRoles:        taskRoles,
	}
}

// hooks are the ARNs of the functions of lifecycle events.
func hooks(names config.Names, hooked []config.Event) []string {
	var arns []string
	for _, event := range hooked {
		arns = append(arns, arn("lambda", "function:"+names.Hook(event)))
	}
	return arns
}

// repositories are the ARNs of ECR repositories.
func repositories(all []config.Repository) []string {
	var arns []string
	for _, r := range all {
		arns = append(arns, Sub("arn:${AWS::Partition}:ecr:"+cmp.Or(r.Region, "${AWS::Region}")+":"+cmp.Or(r.Account, "${AWS::AccountId}")+":repository/"+r.Name))
	}
	return arns
}

// passed lets roles go to ECS tasks and nowhere else.
func passed(roles []string) Statement {
	return Statement{
		Actions: []string{"iam:PassRole"}, Resources: roles,
		Condition: Condition{"StringEquals": {"iam:PassedToService": "ecs-tasks.amazonaws.com"}},
	}
}

// tagged allows one tag alone.
func tagged(key string) Condition {
	return Condition{"ForAllValues:StringEquals": {"aws:TagKeys": key}, "Null": {"aws:TagKeys": "false"}}
}

// grants say for each operation that a function may call: on which resources, and with which companions that no
// method names. "*" stands only where the Service Authorization Reference knows no resource
// (https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html).
//
// That reference lists no resource for CodeDeploy's Stop, Continue, GetDeploymentTarget and
// PutLifecycleEventHookExecutionStatus, while CodeDeploy's own guide and CDK's grants name the deployment group; the
// narrower is taken. DescribeAlarms is asked by name, and AWS does not say which alarm it then checks.
func grants(s Scope) map[string][]Statement {
	on := func(resources ...string) []Statement { return []Statement{{Resources: resources}} }
	anything := on("*")
	group := on(s.Group)
	return map[string][]Statement{
		"application-autoscaling:DescribeScalableTargets": anything,
		// Nobody knows a scalable target's id before it is registered, and a narrower resource than all of them is denied.
		"application-autoscaling:RegisterScalableTarget": {{
			Resources: []string{arn("application-autoscaling", "scalable-target/*")},
			Condition: Condition{"StringEquals": {
				"application-autoscaling:service-namespace": "ecs", "application-autoscaling:scalable-dimension": "ecs:service:DesiredCount",
			}},
		}},

		"cloudwatch:DescribeAlarms": on(s.Alarms),

		"codedeploy:BatchGetDeployments": group,
		"codedeploy:ContinueDeployment":  group,
		"codedeploy:CreateDeployment": {
			{Resources: []string{s.Group}},
			{Actions: []string{"codedeploy:RegisterApplicationRevision"}, Resources: []string{s.Application}},
			{Actions: []string{"codedeploy:GetDeploymentConfig"}, Resources: []string{s.DeploymentConfig}},
		},
		"codedeploy:GetDeployment":                        group,
		"codedeploy:GetDeploymentGroup":                   group,
		"codedeploy:GetDeploymentTarget":                  group,
		"codedeploy:ListDeployments":                      group,
		"codedeploy:PutLifecycleEventHookExecutionStatus": group,
		"codedeploy:StopDeployment":                       group,

		"ecr:BatchGetImage":  on(s.Repositories...),
		"ecr:DescribeImages": on(s.Repositories...),

		// Which revisions are deregistered no policy can say.
		"ecs:DeregisterTaskDefinition": anything,
		"ecs:ListTaskDefinitions":      anything,

		"ecs:DescribeServices":       on(s.Service),
		"ecs:DescribeTaskDefinition": anything,
		"ecs:DescribeTasks":          on(s.Tasks),
		// Without a container instance ECS asks for "*"; which cluster is asked stands in the condition.
		"ecs:ListTasks": {{Resources: []string{"*"}, Condition: Condition{"ArnEquals": {"ecs:cluster": s.Cluster}}}},
		"ecs:RegisterTaskDefinition": {
			{Resources: []string{s.Revisions}},
			{
				Actions: []string{"ecs:TagResource"}, Resources: []string{s.Revisions},
				Condition: Condition{"StringEquals": {"ecs:CreateAction": "RegisterTaskDefinition"}},
			},
			passed(s.TaskRoles),
		},
		"ecs:TagResource":   {{Resources: []string{s.Service}, Condition: tagged(live.TagHold)}},
		"ecs:UntagResource": {{Resources: []string{s.Service}, Condition: tagged(live.TagHold)}},
		"ecs:UpdateService": on(s.Service),

		"elasticloadbalancing:DescribeListeners":     anything,
		"elasticloadbalancing:DescribeLoadBalancers": anything,
		"elasticloadbalancing:DescribeTargetHealth":  anything,
	}
}

// deploymentGrants are what CodeDeploy itself needs: AWS's managed policy AWSCodeDeployRoleForECS, narrowed to one
// service, and without SNS and S3, which no deployment of ours uses.
func deploymentGrants(s Scope, listeners, rules []string) []Statement {
	return []Statement{
		{Actions: []string{"cloudwatch:DescribeAlarms"}, Resources: []string{s.Alarms}},
		{
			Actions:   []string{"ecs:CreateTaskSet", "ecs:DeleteTaskSet", "ecs:DescribeServices", "ecs:UpdateServicePrimaryTaskSet"},
			Resources: []string{s.Service, s.TaskSets},
		},
		{
			Actions: []string{
				"elasticloadbalancing:DescribeListeners", "elasticloadbalancing:DescribeRules", "elasticloadbalancing:DescribeTargetGroups",
			},
			Resources: []string{"*"},
		},
		{Actions: []string{"elasticloadbalancing:ModifyListener"}, Resources: listeners},
		{Actions: []string{"elasticloadbalancing:ModifyRule"}, Resources: rules},
		passed(s.TaskRoles),
		{Actions: []string{"lambda:InvokeFunction"}, Resources: s.Hooks},
	}
}

// logsTo lets a function write its own log and no other.
func logsTo(function string) Statement {
	return Statement{
		Actions:   []string{"logs:CreateLogStream", "logs:PutLogEvents"},
		Resources: []string{arn("logs", "log-group:"+logGroup(function)+":*")},
	}
}

// interfaces let Lambda put a function's network interfaces into the VPC. Describe knows no resource, and the others
// only this wide: Lambda names none when it asks
// (https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html#configuration-vpc-permissions).
func interfaces() []Statement {
	return []Statement{
		{
			Actions: []string{
				"ec2:AssignPrivateIpAddresses", "ec2:CreateNetworkInterface", "ec2:DeleteNetworkInterface", "ec2:UnassignPrivateIpAddresses",
			},
			Resources: []string{arn("ec2", "*/*")},
		},
		{Actions: []string{"ec2:DescribeNetworkInterfaces", "ec2:DescribeSubnets"}, Resources: []string{"*"}},
	}
}

// keyed lets a function read its environment and fill a queue under the operator's key.
func keyed(key string) Statement {
	return Statement{Actions: []string{"kms:Decrypt", "kms:GenerateDataKey"}, Resources: []string{key}}
}
