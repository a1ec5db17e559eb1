package bluegreen

import (
	"cmp"
	"slices"
	"strings"

	"github.com/cutover-ecs/cutover/pkg/config"
	"github.com/cutover-ecs/cutover/pkg/live"
	notifying "github.com/cutover-ecs/cutover/pkg/notify"
)

// Scope are the ARNs that functions may touch, made from names alone, so that a policy depends on no resource and none
// on a policy. Those of a service's own functions are of that service; those of the platform's of all of them.
type Scope struct {
	TaskSets string
	// Clusters are those of the services, and Tasks all of theirs.
	Clusters, Tasks []string
	Services        []string
	// Revisions are all of the running families, TaskLogs their logs.
	Revisions, TaskLogs           []string
	Application, DeploymentConfig string
	Groups                        []string
	// Repositories hold the service's images.
	Repositories          []string
	Alarms                string
	Production, Listeners string
	// Hooks are the functions of lifecycle events, the operator's own among them.
	Hooks []string
	// TaskRoles are passed on to tasks.
	TaskRoles []string
	// Tagged are the resources on which functions leave word, in the one tag Tag.
	Tagged []string
	Tag    string
	// Applications hold the AppSpecs of all services.
	Applications []string
	// Topics are told what becomes of pushes, on Bus; Secrets and Parameters prove to others who tells.
	Topics, Secrets, Parameters []string
	Bus                         string
	// Gate is the operator's own function that is asked before each release; empty: none.
	Gate string
}

// scopeOf a service.
func scopeOf(names config.Names, hooked []config.Event, from []config.Repository, deploymentConfig string, taskRoles []string) Scope {
	at := names.Cluster + "/" + names.Service
	return Scope{
		Clusters:         []string{arn("ecs", "cluster/"+names.Cluster)},
		Services:         []string{arn("ecs", "service/"+at)},
		TaskSets:         arn("ecs", "task-set/"+at+"/*"),
		Tasks:            []string{arn("ecs", "task/"+names.Cluster+"/*")},
		Revisions:        []string{arn("ecs", "task-definition/"+names.Family+":*")},
		TaskLogs:         []string{arn("logs", "log-group:"+names.LogGroup+":log-stream:*")},
		Application:      arn("codedeploy", "application:"+names.Application),
		Groups:           []string{arn("codedeploy", "deploymentgroup:"+names.Application+"/"+names.DeploymentGroup)},
		DeploymentConfig: arn("codedeploy", "deploymentconfig:"+deploymentConfig),
		Repositories:     repositories(from),
		Alarms:           arn("cloudwatch", "alarm:*"),
		Hooks:            hooks(names, hooked),
		TaskRoles:        taskRoles,
		Tagged:           []string{arn("ecs", "service/"+at)}, Tag: live.TagHold,
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

// fewServices are as many as can be named one by one in a role's policies, which hold 10,240 characters
// (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html), and in a function's own, which holds
// 20 KB. Of more services the platform's functions are held to the cluster where a name has it, and to the kind where
// none has.
const fewServices = 25

// scopeOfAll is that of the functions that work for all of these services.
func scopeOfAll(p config.Platform, services []config.Service) Scope {
	all := Scope{Tag: live.TagStopped, Bus: arn("events", "event-bus/default")}
	clusters := clustersOf(p, services)
	for _, cluster := range clusters {
		all.Clusters, all.Tasks = append(all.Clusters, arn("ecs", "cluster/"+cluster)), append(all.Tasks, arn("ecs", "task/"+cluster+"/*"))
	}
	if len(services) > fewServices {
		return ofMany(all, p, services, clusters)
	}
	for _, s := range services {
		one := scopeOf(s.Names(p.Cluster), nil, nil, "", nil)
		all.Applications = append(all.Applications, one.Application)
		all.Services, all.Groups = append(all.Services, one.Services...), append(all.Groups, one.Groups...)
		all.Revisions, all.TaskLogs = append(all.Revisions, one.Revisions...), append(all.TaskLogs, one.TaskLogs...)
	}
	all.Tagged = all.Revisions
	return all
}

// clustersOf are the names of the clusters that services are in, each once.
func clustersOf(p config.Platform, services []config.Service) (names []string) {
	for _, s := range services {
		if name := s.InCluster(p.Cluster); !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}

// ofMany is that of more services than can be named. What stood already has no name in common.
func ofMany(all Scope, p config.Platform, services []config.Service, clusters []string) Scope {
	for _, cluster := range clusters {
		all.Services = append(all.Services, arn("ecs", "service/"+cluster+"/*"))
	}
	of := config.Service{Name: "x"}.Names(p.Cluster)
	pattern := func(name string) string { return strings.TrimSuffix(name, of.Service) + "*" }
	application, group := pattern(of.Application), pattern(of.DeploymentGroup)
	if slices.ContainsFunc(services, config.Service.Adopted) {
		application, group = "*", "*"
	}
	all.Groups = []string{arn("codedeploy", "deploymentgroup:"+application+"/"+group)}
	all.Applications = []string{arn("codedeploy", "application:"+application)}
	all.Revisions = []string{arn("ecs", "task-definition/*:*")}
	all.TaskLogs = []string{arn("logs", "log-group:/ecs/*:log-stream:*")}
	for _, s := range services {
		if group := s.Names(p.Cluster).LogGroup; !strings.HasPrefix(group, "/ecs/") {
			all.TaskLogs = []string{arn("logs", "log-group:*:log-stream:*")}
		}
	}
	all.Tagged = all.Revisions
	return all
}

// repositories are the ARNs of ECR repositories.
func repositories(all []config.Repository) []string {
	var arns []string
	for _, r := range all {
		arns = append(arns, "arn:${AWS::Partition}:ecr:"+cmp.Or(r.Region, "${AWS::Region}")+":"+cmp.Or(r.Account, "${AWS::AccountId}")+":repository/"+r.Name)
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
	group := on(s.Groups...)
	table := map[string][]Statement{
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
			{Resources: s.Groups},
			{Actions: []string{"codedeploy:RegisterApplicationRevision"}, Resources: []string{s.Application}},
			{Actions: []string{"codedeploy:GetDeploymentConfig"}, Resources: []string{s.DeploymentConfig}},
		},
		"codedeploy:GetApplicationRevision":               on(s.Applications...),
		"codedeploy:GetDeployment":                        group,
		"codedeploy:GetDeploymentGroup":                   group,
		"codedeploy:GetDeploymentTarget":                  group,
		"codedeploy:ListDeployments":                      group,
		"codedeploy:PutLifecycleEventHookExecutionStatus": group,
		"codedeploy:StopDeployment":                       group,

		"ecr:BatchGetImage":  on(s.Repositories...),
		"ecr:DescribeImages": on(s.Repositories...),

		"ecr:GetDownloadUrlForLayer": on(s.Repositories...),

		// Where a registry has enhanced scanning, ECR reads the findings from Amazon Inspector in the caller's name, and
		// who uses it needs these two for it, which know no resource
		// (https://docs.aws.amazon.com/AmazonECR/latest/userguide/image-scanning-enhanced-iam.html). Only a function with a
		// scan gate reads findings.
		"ecr:DescribeImageScanFindings": {
			{Resources: s.Repositories},
			{Actions: []string{"inspector2:ListCoverage", "inspector2:ListFindings"}, Resources: []string{"*"}},
		},

		// Which revisions are deregistered no policy can say.
		"ecs:DeregisterTaskDefinition": anything,
		"ecs:ListTaskDefinitions":      anything,

		"ecs:DescribeServices":       on(s.Services...),
		"ecs:DescribeTaskDefinition": anything,
		"ecs:DescribeTasks":          on(s.Tasks...),
		// Without a container instance ECS asks for "*"; which cluster is asked stands in the condition.
		"ecs:ListTasks": {{Resources: []string{"*"}, Condition: Condition{"ArnEquals": {"ecs:cluster": oneOrAll(s.Clusters)}}}},
		"ecs:RegisterTaskDefinition": {
			{Resources: s.Revisions},
			{
				Actions: []string{"ecs:TagResource"}, Resources: s.Revisions,
				Condition: Condition{"StringEquals": {"ecs:CreateAction": "RegisterTaskDefinition"}},
			},
			passed(s.TaskRoles),
		},
		"ecs:TagResource":   {{Resources: s.Tagged, Condition: tagged(s.Tag)}},
		"ecs:UntagResource": {{Resources: s.Tagged, Condition: tagged(s.Tag)}},
		"ecs:UpdateService": on(s.Services...),

		"elasticloadbalancing:DescribeListeners":     anything,
		"elasticloadbalancing:DescribeLoadBalancers": anything,
		"elasticloadbalancing:DescribeTargetHealth":  anything,

		"events:PutEvents": {{Resources: []string{s.Bus}, Condition: Condition{"StringEquals": {"events:source": []string{notifying.Source, notifying.FollowSource}}}}},

		"logs:GetLogEvents": on(s.TaskLogs...),
	}
	if len(s.Topics) > 0 {
		table["sns:Publish"] = on(s.Topics...)
	}
	if len(s.Secrets) > 0 {
		table["secretsmanager:GetSecretValue"] = on(s.Secrets...)
	}
	if len(s.Parameters) > 0 {
		table["ssm:GetParameter"] = on(s.Parameters...)
	}
	if s.Gate != "" {
		table["lambda:InvokeFunction"] = on(s.Gate)
	}
	return table
}

// oneOrAll is a value of a condition, which is no list where it is one.
func oneOrAll(values []string) any {
	if len(values) == 1 {
		return values[0]
	}
	return values
}

// deploymentGrants are what CodeDeploy itself needs: AWS's managed policy AWSCodeDeployRoleForECS, narrowed to one
// service, and without SNS and S3, which no deployment of ours uses.
func deploymentGrants(s Scope, listeners, rules []string) []Statement {
	return []Statement{
		{Actions: []string{"cloudwatch:DescribeAlarms"}, Resources: []string{s.Alarms}},
		{
			Actions:   []string{"ecs:CreateTaskSet", "ecs:DeleteTaskSet", "ecs:DescribeServices", "ecs:UpdateServicePrimaryTaskSet"},
			Resources: append(slices.Clone(s.Services), s.TaskSets),
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

// keyed lets a role fill a queue, or keep reports, under the operator's key. A function's environment under it needs no
// permission of the function's: Lambda opens it by a grant that is made with the function.
func keyed(key string) Statement {
	return Statement{Actions: []string{"kms:Decrypt", "kms:GenerateDataKey"}, Resources: []string{key}}
}

// traces let Lambda send a function's segments to X-Ray, which knows no resource for it. The managed policy
// AWSXRayDaemonWriteAccess has three more, by which an X-Ray SDK would learn sampling rules; there is none here
// (https://docs.aws.amazon.com/lambda/latest/dg/services-xray.html).
func traces() Statement {
	return Statement{Actions: []string{"xray:PutTelemetryRecords", "xray:PutTraceSegments"}, Resources: []string{"*"}}
}
