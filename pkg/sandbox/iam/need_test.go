package iam_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy"
	cdtypes "github.com/aws/aws-sdk-go-v2/service/codedeploy/types"
	"github.com/aws/aws-sdk-go-v2/service/ecr"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	ebtypes "github.com/aws/aws-sdk-go-v2/service/eventbridge/types"
	awsiam "github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/scheduler"
	schedulertypes "github.com/aws/aws-sdk-go-v2/service/scheduler/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/google/go-cmp/cmp"

	"github.com/cutover-ecs/cutover/pkg/sandbox/iam"
)

// The sandbox's packages register operations by wire.On(srv, service, handler), or by a helper of their own that
// gives the service; the handler's input names the operation.
var signingNames = map[string]string{"cloudwatch": "monitoring", "elb": "elasticloadbalancing", "cfn": "cloudformation", "autoscaling": "application-autoscaling"}

func TestEveryOperationOfTheSandboxHasItsPermissions(t *testing.T) {
	found := 0
	paths, err := filepath.Glob("../*/*.go")
	if err != nil {
		t.Fatal(err)
	}
	packages := map[string][]*ast.File{}
	for _, path := range paths {
		dir := filepath.Base(filepath.Dir(path))
		if dir == "wire" || strings.HasSuffix(path, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		packages[dir] = append(packages[dir], file)
	}
	for name, files := range packages {
		inputs, handlers := operationsOf(files)
		for handler, service := range handlers {
			operation, ok := strings.CutSuffix(inputs[handler], "Input")
			if service == "" {
				service = signingNames[name]
			}
			if service == "" {
				service = name
			}
			found++
			if !ok || !iam.Covers(service, operation) {
				t.Errorf("%s: no permissions are known for %s:%s (%s)", name, service, operation, handler)
			}
		}
	}
	if found < 180 {
		t.Errorf("only %d operations were found", found)
	}
}

// operationsOf a package are the input types of its functions, and the services of the functions it registers.
func operationsOf(files []*ast.File) (inputs, handlers map[string]string) {
	inputs, handlers = map[string]string{}, map[string]string{}
	for _, f := range files {
		ast.Inspect(f, func(n ast.Node) bool {
			switch x := n.(type) {
			case *ast.FuncDecl:
				if in := inputOf(x); in != "" {
					inputs[x.Name.Name] = in
				}
			case *ast.CallExpr:
				if handler, ok := registers(x); ok {
					service := ""
					if text, ok := x.Args[1].(*ast.BasicLit); ok {
						service = strings.Trim(text.Value, `"`)
					}
					handlers[handler] = service
				}
			}
			return true
		})
	}
	return inputs, handlers
}

// inputOf is the SDK's input that a function takes.
func inputOf(f *ast.FuncDecl) string {
	for _, p := range f.Type.Params.List {
		star, ok := p.Type.(*ast.StarExpr)
		if !ok {
			continue
		}
		if of, ok := star.X.(*ast.SelectorExpr); ok && strings.HasSuffix(of.Sel.Name, "Input") {
			return of.Sel.Name
		}
	}
	return ""
}

// registers tells the method that a call of On or on registers.
func registers(call *ast.CallExpr) (handler string, ok bool) {
	switch f := call.Fun.(type) {
	case *ast.SelectorExpr:
		ok = f.Sel.Name == "On"
	case *ast.Ident:
		ok = f.Name == "on"
	}
	if !ok || len(call.Args) < 2 {
		return "", false
	}
	method, ok := call.Args[len(call.Args)-1].(*ast.SelectorExpr)
	if !ok {
		return "", false
	}
	return method.Sel.Name, true
}

const here = "eu-central-2:" + account + ":"

// lookups as a sandbox gives them.
func lookups() iam.Lookups {
	return iam.Lookups{
		TaskRoles: func(string) []string { return []string{"arn:role/task", "arn:role/execution"} },
		Deployment: func(id string) (string, string) {
			return map[string]string{"d-1": "app"}[id], map[string]string{"d-1": "group"}[id]
		},
		DeploymentConfig: func(string, string) string { return "ECSAllAtOnce" },
	}
}

func TestCallsAreToldAsActionsOnResources(t *testing.T) {
	tag := []ecstypes.Tag{{Key: aws.String("a"), Value: aws.String("1")}}
	s := aws.String
	group := "arn:aws:codedeploy:" + here + "deploymentgroup:app/group"
	for name, c := range map[string]struct {
		service, operation string
		in                 any
		want               []string
	}{
		"a revision passes its roles and is tagged": {"ecs", "RegisterTaskDefinition", &ecs.RegisterTaskDefinitionInput{
			Family: s("web"), Tags: tag, TaskRoleArn: s("arn:role/task"), ExecutionRoleArn: s("arn:role/execution"),
		}, []string{
			"ecs:RegisterTaskDefinition arn:aws:ecs:" + here + "task-definition/web:*", "ecs:TagResource arn:aws:ecs:" + here + "task-definition/web:*",
			"iam:PassRole arn:role/task", "iam:PassRole arn:role/execution",
		}},
		"one without tags and roles does neither": {"ecs", "RegisterTaskDefinition", &ecs.RegisterTaskDefinitionInput{Family: s("web")},
			[]string{"ecs:RegisterTaskDefinition arn:aws:ecs:" + here + "task-definition/web:*"}},
		"a task set passes its revision's roles": {"ecs", "CreateTaskSet", &ecs.CreateTaskSetInput{
			Cluster: s("arn:aws:ecs:" + here + "cluster/c"), Service: s("s"), TaskDefinition: s("web:1"),
		}, []string{"ecs:CreateTaskSet arn:aws:ecs:" + here + "service/c/s", "iam:PassRole arn:role/task", "iam:PassRole arn:role/execution"}},
		"a task set by its id":     {"ecs", "DeleteTaskSet", &ecs.DeleteTaskSetInput{Cluster: s("c"), Service: s("s"), TaskSet: s("ecs-svc/1")}, []string{"ecs:DeleteTaskSet arn:aws:ecs:" + here + "task-set/c/s/ecs-svc/1"}},
		"each service":             {"ecs", "DescribeServices", &ecs.DescribeServicesInput{Services: []string{"s", "arn:aws:ecs:x:y:service/c/z"}}, []string{"ecs:DescribeServices arn:aws:ecs:" + here + "service/default/s", "ecs:DescribeServices arn:aws:ecs:x:y:service/c/z"}},
		"services that are none":   {"ecs", "DescribeServices", &ecs.DescribeServicesInput{}, []string{"ecs:DescribeServices "}},
		"tasks of a cluster":       {"ecs", "ListTasks", &ecs.ListTasksInput{Cluster: s("c")}, []string{"ecs:ListTasks *"}},
		"a task definition":        {"ecs", "DescribeTaskDefinition", &ecs.DescribeTaskDefinitionInput{TaskDefinition: s("web:1")}, []string{"ecs:DescribeTaskDefinition *"}},
		"an input of another type": {"ecs", "DescribeServices", &ecs.ListTasksInput{}, []string{"ecs:DescribeServices "}},
		"a deployment needs its revision and configuration": {"codedeploy", "CreateDeployment", &codedeploy.CreateDeploymentInput{
			ApplicationName: s("app"), DeploymentGroupName: s("group"), Revision: &cdtypes.RevisionLocation{}, OverrideAlarmConfiguration: &cdtypes.AlarmConfiguration{},
		}, []string{
			"codedeploy:CreateDeployment " + group, "codedeploy:RegisterApplicationRevision arn:aws:codedeploy:" + here + "application:app",
			"codedeploy:GetDeploymentConfig arn:aws:codedeploy:" + here + "deploymentconfig:ECSAllAtOnce", "codedeploy:UpdateDeploymentGroup " + group,
		}},
		"a deployment's group is looked up": {"codedeploy", "PutLifecycleEventHookExecutionStatus", &codedeploy.PutLifecycleEventHookExecutionStatusInput{DeploymentId: s("d-1")}, []string{"codedeploy:PutLifecycleEventHookExecutionStatus " + group}},
		"and that of an unknown one cannot": {"codedeploy", "BatchGetDeployments", &codedeploy.BatchGetDeploymentsInput{DeploymentIds: []string{"d-1", "d-2"}}, []string{"codedeploy:BatchGetDeployments " + group, "codedeploy:BatchGetDeployments "}},
		"CodeDeploy gets its role": {"codedeploy", "CreateDeploymentGroup", &codedeploy.CreateDeploymentGroupInput{
			ApplicationName: s("app"), DeploymentGroupName: s("group"), ServiceRoleArn: s("arn:role/cd"), Tags: []cdtypes.Tag{{Key: s("a")}},
		}, []string{"codedeploy:CreateDeploymentGroup " + group, "codedeploy:TagResource " + group, "iam:PassRole arn:role/cd"}},
		"listeners are described as a whole": {"elasticloadbalancing", "DescribeListeners", &elb.DescribeListenersInput{ListenerArns: []string{"arn:l"}}, []string{"elasticloadbalancing:DescribeListeners *"}},
		"and modified one by one":            {"elasticloadbalancing", "ModifyListener", &elb.ModifyListenerInput{ListenerArn: s("arn:l")}, []string{"elasticloadbalancing:ModifyListener arn:l"}},
		"a tagged listener is tagged itself": {"elasticloadbalancing", "CreateListener", &elb.CreateListenerInput{LoadBalancerArn: s("arn:aws:elb:x:y:loadbalancer/app/a/1"), Tags: []elbtypes.Tag{{Key: s("a")}}}, []string{
			"elasticloadbalancing:CreateListener arn:aws:elb:x:y:loadbalancer/app/a/1", "elasticloadbalancing:AddTags arn:aws:elb:x:y:listener/app/a/1/*",
		}},
		"Invoke is InvokeFunction":        {"lambda", "Invoke", &lambda.InvokeInput{FunctionName: s("111122223333:function:f"), Qualifier: s("7")}, []string{"lambda:InvokeFunction arn:aws:lambda:" + here + "function:f:7"}},
		"a function gets its role":        {"lambda", "CreateFunction", &lambda.CreateFunctionInput{FunctionName: s("f"), Role: s("arn:role/f")}, []string{"lambda:CreateFunction arn:aws:lambda:" + here + "function:f", "iam:PassRole arn:role/f"}},
		"CloudWatch has its own prefix":   {"monitoring", "DescribeAlarms", &cloudwatch.DescribeAlarmsInput{AlarmNames: []string{"a"}}, []string{"cloudwatch:DescribeAlarms arn:aws:cloudwatch:" + here + "alarm:a"}},
		"all alarms are alarm:*":          {"monitoring", "DescribeAlarms", &cloudwatch.DescribeAlarmsInput{}, []string{"cloudwatch:DescribeAlarms arn:aws:cloudwatch:" + here + "alarm:*"}},
		"metrics know no resource":        {"monitoring", "PutMetricData", &cloudwatch.PutMetricDataInput{Namespace: s("n")}, []string{"cloudwatch:PutMetricData *"}},
		"a batch needs what one needs":    {"sqs", "SendMessageBatch", &sqs.SendMessageBatchInput{QueueUrl: s("http://h/111122223333/q")}, []string{"sqs:SendMessage arn:aws:sqs:" + here + "q"}},
		"an image is in its repository":   {"ecr", "DescribeImages", &ecr.DescribeImagesInput{RepositoryName: s("a/b")}, []string{"ecr:DescribeImages arn:aws:ecr:" + here + "repository/a/b"}},
		"a rule on a bus of its own":      {"events", "PutRule", &eventbridge.PutRuleInput{Name: s("r"), EventBusName: s("b")}, []string{"events:PutRule arn:aws:events:" + here + "rule/b/r"}},
		"targets get their roles":         {"events", "PutTargets", &eventbridge.PutTargetsInput{Rule: s("r"), Targets: []ebtypes.Target{{Arn: s("arn:q"), RoleArn: s("arn:role/r")}}}, []string{"events:PutTargets arn:aws:events:" + here + "rule/r", "iam:PassRole arn:role/r"}},
		"events go to a bus":              {"events", "PutEvents", &eventbridge.PutEventsInput{Entries: []ebtypes.PutEventsRequestEntry{{Source: s("x")}}}, []string{"events:PutEvents arn:aws:events:" + here + "event-bus/default"}},
		"a schedule gets its target role": {"scheduler", "CreateSchedule", &scheduler.CreateScheduleInput{Name: s("n"), Target: &schedulertypes.Target{RoleArn: s("arn:role/s")}}, []string{"scheduler:CreateSchedule arn:aws:scheduler:" + here + "schedule/default/n", "iam:PassRole arn:role/s"}},
		"repositories that are not named": {"ecr", "DescribeRepositories", &ecr.DescribeRepositoriesInput{}, []string{"ecr:DescribeRepositories arn:aws:ecr:" + here + "repository/*"}},
		"a stream is in its group":        {"logs", "PutLogEvents", &cloudwatchlogs.PutLogEventsInput{LogGroupName: s("/g"), LogStreamName: s("s")}, []string{"logs:PutLogEvents arn:aws:logs:" + here + "log-group:/g:log-stream:s"}},
		"a group ends in an empty stream": {"logs", "CreateLogGroup", &cloudwatchlogs.CreateLogGroupInput{LogGroupName: s("/g"), Tags: map[string]string{"a": "1"}}, []string{
			"logs:CreateLogGroup arn:aws:logs:" + here + "log-group:/g:log-stream:", "logs:TagResource arn:aws:logs:" + here + "log-group:/g:log-stream:",
		}},
		"all groups":               {"logs", "DescribeLogGroups", &cloudwatchlogs.DescribeLogGroupsInput{}, []string{"logs:DescribeLogGroups arn:aws:logs:" + here + "log-group::log-stream:"}},
		"a stack has an id":        {"cloudformation", "DescribeStacks", &cloudformation.DescribeStacksInput{StackName: s("st")}, []string{"cloudformation:DescribeStacks arn:aws:cloudformation:" + here + "stack/st/*"}},
		"which its ARN tells":      {"cloudformation", "ListStackResources", &cloudformation.ListStackResourcesInput{StackName: s("arn:st")}, []string{"cloudformation:ListStackResources arn:st"}},
		"a target group to be":     {"elasticloadbalancing", "CreateTargetGroup", &elb.CreateTargetGroupInput{Name: s("tg")}, []string{"elasticloadbalancing:CreateTargetGroup arn:aws:elasticloadbalancing:" + here + "targetgroup/tg/*"}},
		"schedules of every group": {"scheduler", "ListSchedules", &scheduler.ListSchedulesInput{}, []string{"scheduler:ListSchedules arn:aws:scheduler:" + here + "schedule/*/*"}},
		"schedules of one":         {"scheduler", "ListSchedules", &scheduler.ListSchedulesInput{GroupName: s("g")}, []string{"scheduler:ListSchedules arn:aws:scheduler:" + here + "schedule/g/*"}},
		"a role has a path":        {"iam", "CreateRole", &awsiam.CreateRoleInput{RoleName: s("r"), Path: s("/p/")}, []string{"iam:CreateRole arn:aws:iam::111122223333:role/p/r"}},
		"a role by its name":       {"iam", "PutRolePolicy", &awsiam.PutRolePolicyInput{RoleName: s("r")}, []string{"iam:PutRolePolicy arn:aws:iam::111122223333:role/r"}},
		"the default cluster":      {"ecs", "DescribeClusters", &ecs.DescribeClustersInput{}, []string{"ecs:DescribeClusters arn:aws:ecs:" + here + "cluster/default"}},
		"a service passes its revision's": {"ecs", "CreateService", &ecs.CreateServiceInput{ServiceName: s("s"), TaskDefinition: s("web")}, []string{
			"ecs:CreateService arn:aws:ecs:" + here + "service/default/s", "iam:PassRole arn:role/task", "iam:PassRole arn:role/execution",
		}},
		"nobody is refused who he is": {"sts", "GetCallerIdentity", &sts.GetCallerIdentityInput{}, nil},
	} {
		service := iam.New(iam.Options{Account: account, Region: "eu-central-2", Lookups: lookups()})
		if _, err := service.Authorize(t.Context(), c.service, c.operation, c.in); err != nil {
			t.Errorf("%s: root: %v", name, err)
		}
		var got []string
		for _, d := range service.Decisions() {
			if d.Operation == d.Action && !d.Allowed {
				t.Errorf("%s: %+v", name, d)
			}
			got = append(got, d.Action+" "+d.Resource)
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

// Empty inputs are the operations' own to refuse: none may stop a decision.
func TestEmptyInputsAreToldToo(t *testing.T) {
	s := iam.New(iam.Options{Account: account, Region: "eu-central-2", Lookups: lookups()})
	inputs := map[string]any{
		"ecs:RegisterTaskDefinition": &ecs.RegisterTaskDefinitionInput{}, "ecs:CreateService": &ecs.CreateServiceInput{},
		"ecs:CreateTaskSet": &ecs.CreateTaskSetInput{}, "ecs:UpdateService": &ecs.UpdateServiceInput{TaskDefinition: aws.String("")},
		"ecs:DescribeTaskSets": &ecs.DescribeTaskSetsInput{}, "ecs:StopTask": &ecs.StopTaskInput{},
		"codedeploy:CreateDeployment": &codedeploy.CreateDeploymentInput{}, "codedeploy:GetDeployment": &codedeploy.GetDeploymentInput{},
		"codedeploy:CreateDeploymentGroup": &codedeploy.CreateDeploymentGroupInput{Tags: []cdtypes.Tag{{}}},
		"elasticloadbalancing:CreateRule":  &elb.CreateRuleInput{Tags: []elbtypes.Tag{{}}}, "elasticloadbalancing:AddTags": &elb.AddTagsInput{},
		"lambda:Invoke": &lambda.InvokeInput{}, "sqs:SendMessage": &sqs.SendMessageInput{}, "events:PutEvents": &eventbridge.PutEventsInput{},
		"events:PutTargets": &eventbridge.PutTargetsInput{}, "scheduler:CreateSchedule": &scheduler.CreateScheduleInput{},
	}
	for _, name := range slices.Sorted(maps.Keys(inputs)) {
		service, operation, _ := strings.Cut(name, ":")
		before := len(s.Decisions())
		if _, err := s.Authorize(t.Context(), service, operation, inputs[name]); err != nil || len(s.Decisions()) == before {
			t.Errorf("%s: %v", name, err)
		}
	}
}
