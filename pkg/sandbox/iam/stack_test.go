package iam_test

import (
	"encoding/json"
	"io/fs"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy"
	cdtypes "github.com/aws/aws-sdk-go-v2/service/codedeploy/types"
	"github.com/aws/aws-sdk-go-v2/service/ecr"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	awsiam "github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/cutover-ecs/cutover/infra/assembly"
	"github.com/cutover-ecs/cutover/pkg/sandbox/iam"
	"github.com/cutover-ecs/cutover/pkg/sandbox/wire"
)

// stack is the sample service's roles, without the resources that they speak of.
type stack struct {
	*iam.Service
	roles     map[string]string // ARN by the beginning of its logical id
	resources map[string]resource
}

type resource struct {
	Type       string
	Properties map[string]any
}

func sample(t *testing.T) *stack {
	t.Helper()
	text, err := fs.ReadFile(assembly.Files(), "sample-website.template.json")
	if err != nil {
		t.Fatal(err)
	}
	var template struct{ Resources map[string]resource }
	if err := json.Unmarshal(text, &template); err != nil {
		t.Fatal(err)
	}
	s := &stack{roles: map[string]string{}, resources: template.Resources}
	s.Service = iam.New(iam.Options{Account: account, Region: "eu-central-2", Lookups: iam.Lookups{
		TaskRoles: func(string) []string { return []string{s.arn("TaskTaskRole"), s.arn("TaskExecutionRole")} },
		Deployment: func(id string) (string, string) {
			if id == "d-other" {
				return "other", "other"
			}
			return sampleApplication, sampleGroup
		},
		DeploymentConfig: func(string, string) string { return "CodeDeployDefault.ECSAllAtOnce" },
	}})
	srv := wire.New(wire.Options{Account: account, Region: "eu-central-2"})
	s.Register(srv)
	for id, r := range s.resources {
		if r.Type != "AWS::IAM::Role" {
			continue
		}
		trust, _ := json.Marshal(s.resolve(r.Properties["AssumeRolePolicyDocument"]))
		must[awsiam.CreateRoleOutput](t, srv, &awsiam.CreateRoleInput{RoleName: &id, AssumeRolePolicyDocument: aws.String(string(trust))})
		policies, _ := r.Properties["Policies"].([]any)
		for _, p := range policies {
			p := p.(map[string]any)
			document, _ := json.Marshal(s.resolve(p["PolicyDocument"]))
			must[awsiam.PutRolePolicyOutput](t, srv, &awsiam.PutRolePolicyInput{
				RoleName: &id, PolicyName: aws.String(p["PolicyName"].(string)), PolicyDocument: aws.String(string(document)),
			})
		}
	}
	return s
}

const (
	sampleApplication = "AppECS-cutover-Sample-Website"
	sampleGroup       = "DgpECS-cutover-Sample-Website"
)

// id is the logical id that begins so.
func (s *stack) id(prefix string) string {
	for id := range s.resources {
		if rest, ok := strings.CutPrefix(id, prefix); ok && len(rest) == 8 {
			return id
		}
	}
	return prefix
}

func (s *stack) arn(prefix string) string { return s.attribute(s.id(prefix)) }

// attribute is the ARN of a resource of the template.
func (s *stack) attribute(id string) string {
	switch s.resources[id].Type {
	case "AWS::IAM::Role":
		return "arn:aws:iam::" + account + ":role/" + id
	case "AWS::ElasticLoadBalancingV2::Listener":
		return "arn:aws:elasticloadbalancing:" + here + "listener/app/sample-website-alb/1/" + id
	case "AWS::SQS::Queue":
		return "arn:aws:sqs:" + here + id
	case "AWS::Lambda::Function":
		return "arn:aws:lambda:" + here + "function:" + s.resources[id].Properties["FunctionName"].(string)
	}
	return "arn:aws:unknown:::" + id
}

// resolve puts values in the place of the template's functions.
func (s *stack) resolve(v any) any {
	switch x := v.(type) {
	case []any:
		out := []any{}
		for _, item := range x {
			out = append(out, s.resolve(item))
		}
		return out
	case map[string]any:
		if text, ok := x["Fn::Sub"].(string); ok {
			return strings.NewReplacer("${AWS::Partition}", "aws", "${AWS::Region}", "eu-central-2", "${AWS::AccountId}", account).Replace(text)
		}
		if of, ok := x["Fn::GetAtt"].([]any); ok {
			return s.attribute(of[0].(string))
		}
		out := map[string]any{}
		for k, item := range x {
			out[k] = s.resolve(item)
		}
		return out
	}
	return v
}

// may makes a call as a session of the role whose logical id begins so.
func (s *stack) may(t *testing.T, role, service, operation string, in any) error {
	ctx := wire.WithCaller(t.Context(), s.RoleCaller(s.arn(role), "test"))
	_, err := s.Authorize(ctx, service, operation, in)
	return err
}

func TestTheSampleStacksRolesMayDoTheirWorkAndNoMore(t *testing.T) {
	s := sample(t)
	const release, verify, deploying, waking = "FunctionsReleaseRole", "FunctionsVerifyRole", "DeploymentRole", "ScheduleRole"
	str := aws.String
	register := func(family, taskRole string) *ecs.RegisterTaskDefinitionInput {
		return &ecs.RegisterTaskDefinitionInput{
			Family: &family, TaskRoleArn: &taskRole, ExecutionRoleArn: str(s.arn("TaskExecutionRole")),
			Tags: []ecstypes.Tag{{Key: str("cutover:wish"), Value: str("1")}},
		}
	}
	deploy := func(group string) *codedeploy.CreateDeploymentInput {
		return &codedeploy.CreateDeploymentInput{ApplicationName: str(sampleApplication), DeploymentGroupName: &group, Revision: &cdtypes.RevisionLocation{}}
	}
	listener := func(arn string) *elb.ModifyListenerInput { return &elb.ModifyListenerInput{ListenerArn: &arn} }
	taskSet := func(service string) *ecs.CreateTaskSetInput {
		return &ecs.CreateTaskSetInput{Cluster: str("cutover"), Service: &service, TaskDefinition: str("sample-website:2")}
	}
	hooked := func(id string) *codedeploy.PutLifecycleEventHookExecutionStatusInput {
		return &codedeploy.PutLifecycleEventHookExecutionStatusInput{DeploymentId: &id}
	}
	queue := func(id string) *sqs.SendMessageInput {
		return &sqs.SendMessageInput{QueueUrl: str("http://127.0.0.1:4566/" + account + "/" + s.id(id))}
	}
	invoke := func(f string) *lambda.InvokeInput { return &lambda.InvokeInput{FunctionName: &f} }
	service := func(name string) *ecs.DescribeServicesInput {
		return &ecs.DescribeServicesInput{Cluster: str("cutover"), Services: []string{name}}
	}
	for _, c := range []struct {
		role, service, operation string
		in                       any
		denied                   string // the action; empty: allowed
	}{
		{release, "ecs", "RegisterTaskDefinition", register("sample-website", s.arn("TaskTaskRole")), ""},
		{release, "ecs", "RegisterTaskDefinition", register("other", s.arn("TaskTaskRole")), "ecs:RegisterTaskDefinition"},
		{release, "ecs", "RegisterTaskDefinition", register("sample-website", s.arn(deploying)), "iam:PassRole"},
		{release, "ecs", "TagResource", &ecs.TagResourceInput{ResourceArn: str("arn:aws:ecs:" + here + "task-definition/sample-website:1")}, "ecs:TagResource"},
		{release, "ecs", "DescribeServices", service("Sample-Website"), ""},
		{release, "ecs", "DescribeServices", service("Other"), "ecs:DescribeServices"},
		{release, "codedeploy", "CreateDeployment", deploy(sampleGroup), ""},
		{release, "codedeploy", "CreateDeployment", deploy("other"), "codedeploy:CreateDeployment"},
		{release, "codedeploy", "StopDeployment", &codedeploy.StopDeploymentInput{DeploymentId: str("d-1")}, ""},
		{release, "codedeploy", "StopDeployment", &codedeploy.StopDeploymentInput{DeploymentId: str("d-other")}, "codedeploy:StopDeployment"},
		{release, "codedeploy", "PutLifecycleEventHookExecutionStatus", hooked("d-1"), "codedeploy:PutLifecycleEventHookExecutionStatus"},
		{release, "ecr", "DescribeImages", &ecr.DescribeImagesInput{RepositoryName: str("sample-website")}, ""},
		{release, "ecr", "DescribeImages", &ecr.DescribeImagesInput{RepositoryName: str("other")}, "ecr:DescribeImages"},
		{release, "monitoring", "DescribeAlarms", &cloudwatch.DescribeAlarmsInput{}, ""},
		{release, "sqs", "SendMessage", queue("QueuesRelease"), ""},
		{release, "sqs", "SendMessage", queue("QueuesVerify"), "sqs:sendmessage"},
		{release, "elasticloadbalancing", "ModifyListener", listener(s.arn("WayProduction")), "elasticloadbalancing:ModifyListener"},

		{verify, "codedeploy", "PutLifecycleEventHookExecutionStatus", hooked("d-1"), ""},
		{verify, "codedeploy", "PutLifecycleEventHookExecutionStatus", hooked("d-other"), "codedeploy:PutLifecycleEventHookExecutionStatus"},
		{verify, "codedeploy", "CreateDeployment", deploy(sampleGroup), "codedeploy:CreateDeployment"},
		{verify, "elasticloadbalancing", "DescribeTargetHealth", &elb.DescribeTargetHealthInput{}, ""},
		{verify, "ecs", "RegisterTaskDefinition", register("sample-website", s.arn("TaskTaskRole")), "ecs:RegisterTaskDefinition"},

		{deploying, "elasticloadbalancing", "ModifyListener", listener(s.arn("WayProduction")), ""},
		{deploying, "elasticloadbalancing", "ModifyListener", listener(s.arn("WayTest")), ""},
		{deploying, "elasticloadbalancing", "ModifyListener", listener("arn:aws:elasticloadbalancing:" + here + "listener/app/other/1/2"), "elasticloadbalancing:ModifyListener"},
		{deploying, "ecs", "CreateTaskSet", taskSet("Sample-Website"), ""},
		{deploying, "ecs", "CreateTaskSet", taskSet("Other"), "ecs:CreateTaskSet"},
		{deploying, "ecs", "DeleteTaskSet", &ecs.DeleteTaskSetInput{Cluster: str("cutover"), Service: str("Sample-Website"), TaskSet: str("ecs-svc/1")}, ""},
		{deploying, "ecs", "DeleteTaskSet", &ecs.DeleteTaskSetInput{Cluster: str("other"), Service: str("Sample-Website"), TaskSet: str("ecs-svc/1")}, "ecs:DeleteTaskSet"},
		{deploying, "lambda", "Invoke", invoke("CodeDeployHook_sample-website"), ""},
		{deploying, "lambda", "Invoke", invoke("sample-website-release"), "lambda:InvokeFunction"},

		{waking, "lambda", "Invoke", invoke(s.arn("FunctionsReleaseFunction")), ""},
		{waking, "lambda", "Invoke", invoke("CodeDeployHook_sample-website"), "lambda:InvokeFunction"},
		{waking, "sqs", "SendMessage", queue("QueuesEvents"), ""},
	} {
		err := s.may(t, c.role, c.service, c.operation, c.in)
		if c.denied == "" && err != nil {
			t.Errorf("%s: %v", c.role, err)
		}
		if c.denied != "" && (err == nil || !strings.Contains(err.Error(), "is not authorized to perform: "+c.denied+" on resource: ")) {
			t.Errorf("%s %s: %v, want a denial of %s", c.role, c.operation, err, c.denied)
		}
	}
}

func TestTheSampleStacksRolesAreTakenByTheirServicesOnly(t *testing.T) {
	s := sample(t)
	const waking = "ScheduleRole"
	for role, by := range map[string]string{
		"DeploymentRole": "codedeploy.amazonaws.com", "FunctionsReleaseRole": "lambda.amazonaws.com", waking: "scheduler.amazonaws.com",
		"TaskExecutionRole": "ecs-tasks.amazonaws.com",
	} {
		source := "arn:aws:scheduler:" + here + "schedule-group/default"
		if err := s.MayAssume(s.arn(role), by, source); err != nil {
			t.Errorf("%s: %v", role, err)
		}
		if s.MayAssume(s.arn(role), "ec2.amazonaws.com", source) == nil {
			t.Errorf("EC2 may be %s", role)
		}
	}
	if s.MayAssume(s.arn(waking), "scheduler.amazonaws.com", "arn:aws:scheduler:eu-central-2:999999999999:schedule-group/default") == nil {
		t.Error("another account's schedules may wake the release function")
	}
}

func TestGrantsThatNoCallUsedAreTold(t *testing.T) {
	s := sample(t)
	before := len(s.Unused())
	if before == 0 || before != len(s.Grants()) {
		t.Fatalf("%d of %d are unused at first", before, len(s.Grants()))
	}
	unused := func(action, resource string) bool {
		for _, g := range s.Unused() {
			if g.Role == s.arn("DeploymentRole") && g.Action == action && strings.Contains(g.Resource, resource) {
				return true
			}
		}
		return false
	}
	create := &ecs.CreateTaskSetInput{Cluster: aws.String("cutover"), Service: aws.String("Sample-Website"), TaskDefinition: aws.String("sample-website:2")}
	if err := s.may(t, "DeploymentRole", "ecs", "CreateTaskSet", create); err != nil {
		t.Fatal(err)
	}
	if unused("ecs:CreateTaskSet", ":service/") || unused("iam:PassRole", "TaskTaskRole") || unused("iam:PassRole", "TaskExecutionRole") {
		t.Error("what was used is told as unused")
	}
	if !unused("ecs:DeleteTaskSet", "task-set/") || !unused("ecs:CreateTaskSet", "task-set/") {
		t.Error("what was not used is not told")
	}
	drop := &ecs.DeleteTaskSetInput{Cluster: aws.String("cutover"), Service: aws.String("Sample-Website"), TaskSet: aws.String("ecs-svc/1")}
	if err := s.may(t, "DeploymentRole", "ecs", "DeleteTaskSet", drop); err != nil {
		t.Fatal(err)
	}
	if unused("ecs:CreateTaskSet", "") || unused("ecs:DeleteTaskSet", "") {
		t.Error("an action and a resource that do not belong together are told as unused")
	}
	for _, g := range s.Grants() {
		if g.Role == s.arn("DeploymentRole") && g.Action == "iam:PassRole" && (g.Uses != 1 || g.Policy != "own" || !strings.HasPrefix(g.Statement, "#")) {
			t.Errorf("%+v", g)
		}
	}
}
