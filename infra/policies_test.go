//go:build !race

package main

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// allowed are the lines "action on resource [if condition]" of the role that a resource's property refers to.
func allowed(t *testing.T, s template, role any) []string {
	t.Helper()
	id := strings.TrimSuffix(strings.Trim(fmt.Sprint(account(role)), "<>"), ".Arn")
	r, ok := s.Resources[id]
	if !ok {
		t.Fatalf("there is no role %s", id)
	}
	var lines []string
	policies, _ := r.Properties["Policies"].([]any)
	for _, p := range policies {
		for _, statement := range at(t, p, "PolicyDocument", "Statement").([]any) {
			one := account(statement).(map[string]any)
			if one["Effect"] != "Allow" {
				t.Errorf("%v", one)
			}
			for _, action := range one["Action"].([]any) {
				for _, on := range one["Resource"].([]any) {
					line := fmt.Sprintf("%s on %s", action, on)
					if c, ok := one["Condition"]; ok {
						line += " if " + text(c)
					}
					lines = append(lines, line)
				}
			}
		}
	}
	if _, managed := r.Properties["ManagedPolicyArns"]; managed {
		t.Errorf("role %s has managed policies beside its own", id)
	}
	slices.Sort(lines)
	return lines
}

const (
	stopping     = ` if {"ForAllValues:StringEquals":{"aws:TagKeys":"cutover:stopped"},"Null":{"aws:TagKeys":"false"}}`
	passing      = ` if {"StringEquals":{"iam:PassedToService":"ecs-tasks.amazonaws.com"}}`
	registering  = ` if {"StringEquals":{"ecs:CreateAction":"RegisterTaskDefinition"}}`
	groupARN     = "arn:aws:codedeploy:us-east-1:111122223333:deploymentgroup:AppECS-cutover-Sample-Website/DgpECS-cutover-Sample-Website"
	serviceARN   = "arn:aws:ecs:us-east-1:111122223333:service/cutover/Sample-Website"
	familyARN    = "arn:aws:ecs:us-east-1:111122223333:task-definition/sample-website:*"
	taskSetsARN  = "arn:aws:ecs:us-east-1:111122223333:task-set/cutover/Sample-Website/*"
	alarmsARN    = "arn:aws:cloudwatch:us-east-1:111122223333:alarm:*"
	application  = "arn:aws:codedeploy:us-east-1:111122223333:application:AppECS-cutover-Sample-Website"
	interfaceARN = "arn:aws:ec2:us-east-1:111122223333:*/*"
)

func TestTheReleaseFunctionMayDoExactlyThis(t *testing.T) {
	s := synth(t, shipped)["sample-website"]
	_, function := s.with(t, "AWS::Lambda::Function", "FunctionName", "sample-website-release")
	want := []string{
		"cloudwatch:DescribeAlarms on " + alarmsARN,
		"codedeploy:BatchGetDeployments on " + groupARN,
		"codedeploy:ContinueDeployment on " + groupARN,
		"codedeploy:CreateDeployment on " + groupARN,
		"codedeploy:GetDeploymentConfig on arn:aws:codedeploy:us-east-1:111122223333:deploymentconfig:CodeDeployDefault.ECSAllAtOnce",
		"codedeploy:GetDeploymentGroup on " + groupARN,
		"codedeploy:GetDeploymentTarget on " + groupARN,
		"codedeploy:ListDeployments on " + groupARN,
		"codedeploy:RegisterApplicationRevision on " + application,
		"codedeploy:StopDeployment on " + groupARN,
		"ecr:BatchGetImage on arn:aws:ecr:us-east-1:111122223333:repository/sample-website",
		"ecr:DescribeImages on arn:aws:ecr:us-east-1:111122223333:repository/sample-website",
		"ecs:DeregisterTaskDefinition on *",
		"ecs:DescribeServices on " + serviceARN,
		"ecs:DescribeTaskDefinition on *",
		"ecs:ListTaskDefinitions on *",
		"ecs:RegisterTaskDefinition on " + familyARN,
		"ecs:TagResource on " + familyARN + registering,
		"ecs:UpdateService on " + serviceARN,
		"elasticloadbalancing:DescribeListeners on *",
		"iam:PassRole on <TaskExecutionRoleAAB5EA0C.Arn>" + passing,
		"iam:PassRole on <TaskTaskRole4C9B9D6B.Arn>" + passing,
		"logs:CreateLogStream on arn:aws:logs:us-east-1:111122223333:log-group:/aws/lambda/sample-website-release:*",
		"logs:PutLogEvents on arn:aws:logs:us-east-1:111122223333:log-group:/aws/lambda/sample-website-release:*",
		"sqs:SendMessage on <QueuesRelease4D9E193E.Arn>",
	}
	if diff := cmp.Diff(want, allowed(t, s, function.Properties["Role"])); diff != "" {
		t.Error(diff)
	}
}

func TestTheReleaseFunctionMayDeregisterOnlyWhereItIsToDoSo(t *testing.T) {
	s := synth(t, `{"services": [{"name": "sample-website", "revisions": {"deregister": false}}]}`)["sample-website"]
	_, function := s.with(t, "AWS::Lambda::Function", "FunctionName", "sample-website-release")
	if may := strings.Join(allowed(t, s, function.Properties["Role"]), "\n"); strings.Contains(may, "Deregister") || strings.Contains(may, "ListTaskDefinitions") {
		t.Errorf("it may\n%s", may)
	}
}

func TestOnlyAScanGateReadsFindingsInspectorsAmongThem(t *testing.T) {
	reads := func(document string) (lines []string) {
		for name, s := range synth(t, document) {
			for _, id := range s.ids("AWS::IAM::Role") {
				for _, line := range allowed(t, s, "<"+id+".Arn>") {
					if strings.Contains(line, "inspector") || strings.Contains(line, "Scan") {
						lines = append(lines, name+": "+line)
					}
				}
			}
		}
		return lines
	}
	want := []string{
		"sample-website: ecr:DescribeImageScanFindings on arn:aws:ecr:us-east-1:111122223333:repository/sample-website",
		"sample-website: inspector2:ListCoverage on *", "sample-website: inspector2:ListFindings on *",
	}
	if diff := cmp.Diff(want, reads(`{"services": [{"name": "sample-website", "gates": {"scan": {}}}]}`)); diff != "" {
		t.Error(diff)
	}
	if got := reads(shipped); got != nil {
		t.Errorf("without a gate: %v", got)
	}
}

func TestTheVerifyFunctionMayDoExactlyThis(t *testing.T) {
	s := synth(t, shipped)["sample-website"]
	_, function := s.with(t, "AWS::Lambda::Function", "FunctionName", "CodeDeployHook_sample-website")
	want := []string{
		"codedeploy:GetDeployment on " + groupARN,
		"codedeploy:GetDeploymentGroup on " + groupARN,
		"codedeploy:GetDeploymentTarget on " + groupARN,
		"codedeploy:PutLifecycleEventHookExecutionStatus on " + groupARN,
		"ec2:AssignPrivateIpAddresses on " + interfaceARN,
		"ec2:CreateNetworkInterface on " + interfaceARN,
		"ec2:DeleteNetworkInterface on " + interfaceARN,
		"ec2:DescribeNetworkInterfaces on *",
		"ec2:DescribeSubnets on *",
		"ec2:UnassignPrivateIpAddresses on " + interfaceARN,
		"ecs:DescribeServices on " + serviceARN,
		"ecs:DescribeTaskDefinition on *",
		"ecs:DescribeTasks on arn:aws:ecs:us-east-1:111122223333:task/cutover/*",
		"ecs:ListTasks on * if {\"ArnEquals\":{\"ecs:cluster\":\"arn:aws:ecs:us-east-1:111122223333:cluster/cutover\"}}",
		"elasticloadbalancing:DescribeListeners on *",
		"elasticloadbalancing:DescribeLoadBalancers on *",
		"elasticloadbalancing:DescribeTargetHealth on *",
		"lambda:InvokeFunction on <FunctionsReportFunction4B62C48F.Arn>",
		"logs:CreateLogStream on arn:aws:logs:us-east-1:111122223333:log-group:/aws/lambda/CodeDeployHook_sample-website:*",
		"logs:PutLogEvents on arn:aws:logs:us-east-1:111122223333:log-group:/aws/lambda/CodeDeployHook_sample-website:*",
	}
	if diff := cmp.Diff(want, allowed(t, s, function.Properties["Role"])); diff != "" {
		t.Error(diff)
	}
}

func TestTheReportFunctionMayDoExactlyThis(t *testing.T) {
	s := synth(t, shipped)["sample-website"]
	_, function := s.with(t, "AWS::Lambda::Function", "FunctionName", "sample-website-report")
	want := []string{
		"codedeploy:PutLifecycleEventHookExecutionStatus on " + groupARN,
		"logs:CreateLogStream on arn:aws:logs:us-east-1:111122223333:log-group:/aws/lambda/sample-website-report:*",
		"logs:PutLogEvents on arn:aws:logs:us-east-1:111122223333:log-group:/aws/lambda/sample-website-report:*",
		"sqs:SendMessage on <QueuesVerify094E8B20.Arn>",
	}
	if diff := cmp.Diff(want, allowed(t, s, function.Properties["Role"])); diff != "" {
		t.Error(diff)
	}
}

func TestTheWatchFunctionMayDoExactlyThis(t *testing.T) {
	s := synth(t, shipped)["cutover"]
	_, function := s.with(t, "AWS::Lambda::Function", "FunctionName", "cutover-watch")
	queue := s.only(t, "AWS::SQS::Queue")
	if queue.Properties["QueueName"] != "cutover-watch-dlq" {
		t.Errorf("its dead letters go to %v", queue.Properties)
	}
	want := []string{
		"codedeploy:GetDeployment on " + groupARN,
		"codedeploy:GetDeploymentTarget on " + groupARN,
		"codedeploy:StopDeployment on " + groupARN,
		"ecs:DescribeServices on " + serviceARN,
		"ecs:DescribeTaskDefinition on *",
		"ecs:DescribeTasks on arn:aws:ecs:us-east-1:111122223333:task/cutover/*",
		"ecs:ListTasks on * if {\"ArnEquals\":{\"ecs:cluster\":\"arn:aws:ecs:us-east-1:111122223333:cluster/cutover\"}}",
		"ecs:TagResource on " + familyARN + stopping,
		"logs:CreateLogStream on arn:aws:logs:us-east-1:111122223333:log-group:/aws/lambda/cutover-watch:*",
		"logs:GetLogEvents on arn:aws:logs:us-east-1:111122223333:log-group:/ecs/sample-website:log-stream:*",
		"logs:PutLogEvents on arn:aws:logs:us-east-1:111122223333:log-group:/aws/lambda/cutover-watch:*",
		"sqs:SendMessage on <" + s.ids("AWS::SQS::Queue")[0] + ".Arn>",
	}
	if diff := cmp.Diff(want, allowed(t, s, function.Properties["Role"])); diff != "" {
		t.Error(diff)
	}
}

func TestOfManyServicesTheWatchFunctionsPolicyKeepsItsSize(t *testing.T) {
	var names []string
	for i := range 60 {
		names = append(names, fmt.Sprintf(`{"name": "service-number-%d"}`, i))
	}
	s := synth(t, `{"services": [`+strings.Join(names, ",")+`]}`)["cutover"]
	_, function := s.with(t, "AWS::Lambda::Function", "FunctionName", "cutover-watch")
	lines := allowed(t, s, function.Properties["Role"])
	for _, want := range []string{
		"codedeploy:StopDeployment on arn:aws:codedeploy:us-east-1:111122223333:deploymentgroup:AppECS-cutover-*/DgpECS-cutover-*",
		"ecs:DescribeServices on arn:aws:ecs:us-east-1:111122223333:service/cutover/*",
		"ecs:TagResource on arn:aws:ecs:us-east-1:111122223333:task-definition/*:*" + stopping,
	} {
		if !slices.Contains(lines, want) {
			t.Errorf("%s is not among %v", want, lines)
		}
	}
	if rules := s.ids("AWS::Events::Rule"); len(rules) != 60 {
		t.Errorf("%d rules watch 60 services", len(rules))
	}
	if p := s.only(t, "AWS::Lambda::Permission").Properties; account(p["SourceArn"]) != "arn:aws:events:us-east-1:111122223333:rule/*-starts" {
		t.Errorf("may be invoked by %v", p["SourceArn"])
	}
}

func TestCodeDeployMayDoExactlyThis(t *testing.T) {
	s := synth(t, shipped)["sample-website"]
	group := s.only(t, "AWS::CodeDeploy::DeploymentGroup")
	want := []string{
		"cloudwatch:DescribeAlarms on " + alarmsARN,
		"ecs:CreateTaskSet on " + serviceARN,
		"ecs:CreateTaskSet on " + taskSetsARN,
		"ecs:DeleteTaskSet on " + serviceARN,
		"ecs:DeleteTaskSet on " + taskSetsARN,
		"ecs:DescribeServices on " + serviceARN,
		"ecs:DescribeServices on " + taskSetsARN,
		"ecs:UpdateServicePrimaryTaskSet on " + serviceARN,
		"ecs:UpdateServicePrimaryTaskSet on " + taskSetsARN,
		"elasticloadbalancing:DescribeListeners on *",
		"elasticloadbalancing:DescribeRules on *",
		"elasticloadbalancing:DescribeTargetGroups on *",
		"elasticloadbalancing:ModifyListener on <WayProductionA88C47E4.ListenerArn>",
		"elasticloadbalancing:ModifyListener on <WayTestAF40A958.ListenerArn>",
		"elasticloadbalancing:ModifyRule on arn:aws:elasticloadbalancing:us-east-1:111122223333:listener-rule/app/sample-website-alb/*",
		"iam:PassRole on <TaskExecutionRoleAAB5EA0C.Arn>" + passing,
		"iam:PassRole on <TaskTaskRole4C9B9D6B.Arn>" + passing,
		"lambda:InvokeFunction on arn:aws:lambda:us-east-1:111122223333:function:CodeDeployHook_sample-website",
	}
	if diff := cmp.Diff(want, allowed(t, s, group.Properties["ServiceRoleArn"])); diff != "" {
		t.Error(diff)
	}
}

func TestECSMayPullWriteItsLogAndReadTheNamedSecrets(t *testing.T) {
	s := synth(t, `{"services": [{"name": "sample-website", "task": {"secrets": {
		"TOKEN": "arn:aws:secretsmanager:us-east-1:111122223333:secret:token-AbCdEf:key::",
		"LEVEL": "arn:aws:ssm:us-east-1:111122223333:parameter/level"}}}]}`)["sample-website"]
	_, base := s.with(t, "AWS::ECS::TaskDefinition", "Family", "sample-website-base")
	const repository = "arn:aws:ecr:us-east-1:111122223333:repository/sample-website"
	want := []string{
		"ecr:BatchCheckLayerAvailability on " + repository,
		"ecr:BatchGetImage on " + repository,
		"ecr:GetAuthorizationToken on *",
		"ecr:GetDownloadUrlForLayer on " + repository,
		"logs:CreateLogStream on arn:aws:logs:us-east-1:111122223333:log-group:/ecs/sample-website:*",
		"logs:PutLogEvents on arn:aws:logs:us-east-1:111122223333:log-group:/ecs/sample-website:*",
		"secretsmanager:GetSecretValue on arn:aws:secretsmanager:us-east-1:111122223333:secret:token-AbCdEf",
		"ssm:GetParameters on arn:aws:ssm:us-east-1:111122223333:parameter/level",
	}
	if diff := cmp.Diff(want, allowed(t, s, base.Properties["ExecutionRoleArn"])); diff != "" {
		t.Error(diff)
	}
	if got := allowed(t, s, base.Properties["TaskRoleArn"]); len(got) > 0 {
		t.Errorf("the containers may %v", got)
	}
}

func TestTheSchedulerMayOnlyWakeTheReleaseFunction(t *testing.T) {
	s := synth(t, shipped)["sample-website"]
	schedule := s.only(t, "AWS::Scheduler::Schedule")
	want := []string{
		"lambda:InvokeFunction on <FunctionsReleaseFunction809B6D8E.Arn>",
		"sqs:SendMessage on <QueuesEvents676978AD.Arn>",
	}
	if diff := cmp.Diff(want, allowed(t, s, at(t, schedule.Properties, "Target", "RoleArn"))); diff != "" {
		t.Error(diff)
	}
}

func TestStarStandsOnlyWhereAWSKnowsNoBetter(t *testing.T) {
	// Of these the Service Authorization Reference lists no resource type.
	nowhereBetter := []string{
		"ec2:DescribeNetworkInterfaces", "ec2:DescribeSubnets", "ecr:GetAuthorizationToken", "ecs:DescribeTaskDefinition",
		"ecs:DeregisterTaskDefinition", "ecs:ListTaskDefinitions",
		"elasticloadbalancing:DescribeListeners", "elasticloadbalancing:DescribeLoadBalancers", "elasticloadbalancing:DescribeRules",
		"elasticloadbalancing:DescribeTargetGroups", "elasticloadbalancing:DescribeTargetHealth",
	}
	for name, s := range synth(t, shipped) {
		for _, id := range s.ids("AWS::IAM::Role") {
			for _, line := range allowed(t, s, "<"+id+".Arn>") {
				action, resource, _ := strings.Cut(line, " on ")
				if strings.Contains(action, "*") || resource == "*" && !slices.Contains(nowhereBetter, action) {
					t.Errorf("%s %s: %s", name, id, line)
				}
			}
		}
	}
}

func TestRolesTrustOneServiceAndItsCallsForThisAccountAlone(t *testing.T) {
	s := synth(t, shipped)["sample-website"]
	conditions := map[string]string{
		"scheduler.amazonaws.com": `{"ArnLike":{"aws:SourceArn":"arn:aws:scheduler:us-east-1:111122223333:schedule-group/default"},"StringEquals":{"aws:SourceAccount":"111122223333"}}`,
		"TaskTaskRole4C9B9D6B":    `{"ArnLike":{"aws:SourceArn":"arn:aws:ecs:us-east-1:111122223333:*"},"StringEquals":{"aws:SourceAccount":"111122223333"}}`,
	}
	for _, id := range s.ids("AWS::IAM::Role") {
		statements := at(t, s.Resources[id].Properties, "AssumeRolePolicyDocument", "Statement").([]any)
		if len(statements) != 1 {
			t.Errorf("%s trusts %d statements", id, len(statements))
		}
		one := account(statements[0]).(map[string]any)
		principal := fmt.Sprint(at(t, one, "Principal", "Service"))
		want := conditions[principal] + conditions[id]
		if got := text(one["Condition"]); want != "" && got != want {
			t.Errorf("%s, for %s, has the condition %s", id, principal, got)
		}
	}
}
