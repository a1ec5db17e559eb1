package main

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"runtime"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/cutover-ecs/cutover/pkg/config"
	"github.com/cutover-ecs/cutover/pkg/policy"
	"github.com/cutover-ecs/cutover/pkg/sandbox"
	"github.com/cutover-ecs/cutover/pkg/sandbox/fault"
	"github.com/cutover-ecs/cutover/pkg/sandbox/wire"
	"github.com/cutover-ecs/cutover/pkg/verify"
)

// reports is the bucket that the platform's stack makes.
const reports = "cutover-reports-" + sandbox.Account + "-" + sandbox.Region

// judged waits until the hook of a stage has told its verdict of a deployment, which is after CodeDeploy has its answer
// and the report is kept.
func (r *room) judged(deployment string, stage config.Event) {
	r.t.Helper()
	r.logged(`"message":"verdict"`, `"deployment":"`+deployment+`"`, `"stage":"`+string(cmp.Or(stage, config.Main))+`"`)
}

// report waits for a deployment's verdict and reads the report that is kept of it.
func (r *room) report(deployment string, stage config.Event) (v verify.Verdict, page string, kept bool) {
	r.t.Helper()
	r.judged(deployment, stage)
	return r.kept(deployment, stage)
}

// kept reads a deployment's report, both of its objects; false when there is none.
func (r *room) kept(deployment string, stage config.Event) (v verify.Verdict, page string, kept bool) {
	r.t.Helper()
	shelf := config.Shelf{Bucket: reports, Prefix: "verify/" + website + "/"}
	object := func(kind string) []byte {
		out, err := s3.NewFromConfig(r.aws).GetObject(r.t.Context(), &s3.GetObjectInput{Bucket: &shelf.Bucket, Key: aws.String(shelf.Key(deployment, stage, kind))})
		if err != nil {
			return nil
		}
		defer out.Body.Close()
		body, err := io.ReadAll(out.Body)
		if err != nil {
			r.t.Fatal(err)
		}
		return body
	}
	document := object("json")
	if document == nil {
		return v, "", false
	}
	if err := json.Unmarshal(document, &v); err != nil {
		r.t.Fatalf("%v: %s", err, document)
	}
	return v, string(object("html")), true
}

// hookCalls are all calls of a verification that passes, in their order.
var hookCalls = []string{
	"codedeploy:GetDeployment", "codedeploy:GetDeploymentTarget", "ecs:DescribeServices", "codedeploy:GetDeploymentGroup",
	"elasticloadbalancing:DescribeListeners", "elasticloadbalancing:DescribeLoadBalancers", "elasticloadbalancing:DescribeTargetHealth",
	"ecs:ListTasks", "ecs:DescribeTasks", "ecs:DescribeTaskDefinition", "codedeploy:PutLifecycleEventHookExecutionStatus", "s3:PutObject",
}

func TestAHookThatCrashesAnywhereIsAnsweredByItsRetry(t *testing.T) {
	t.Parallel()
	r := enter(t, 600, nil)
	r.release("v1")
	seen := map[string]bool{}
	for _, e := range r.Trail() {
		// What Lambda does as the function, network interfaces and logs, is not the program's.
		if strings.Contains(e.Caller.ARN, r.names.VerifyFunction) && e.Service != "ec2" && e.Service != "logs" {
			seen[e.Service+":"+e.Action] = true
		}
	}
	for _, call := range hookCalls {
		delete(seen, call)
	}
	if len(seen) > 0 {
		t.Errorf("the hook calls more than this test knows of: %v", seen)
	}
	type crash struct{ when, call string }
	crashes := []crash{{fault.After, "codedeploy:PutLifecycleEventHookExecutionStatus"}}
	for _, call := range hookCalls {
		crashes = append(crashes, crash{fault.Before, call})
	}
	for i, c := range crashes {
		version := fmt.Sprint("v", i+2)
		_, seen, _ := r.TrailSince(0)
		gone := r.fault(fault.Function{Name: r.names.VerifyFunction, Crash: c.when, Call: c.call, Times: 1})
		now := r.release(version)
		if now.Deployment.Status != "Succeeded" {
			t.Errorf("a crash %s %s: %s", c.when, c.call, now.Deployment.Status)
		}
		r.told(seen, func(e wire.Entry) bool {
			return e.Service+":"+e.Action == c.call && strings.Contains(e.Fault, "crashes "+c.when)
		})
		gone()
	}
}

func TestWhatAVerificationFoundIsKept(t *testing.T) {
	t.Parallel()
	r := enter(t, 60, nil)
	first := r.release("v1").Deployment.ID
	v, page, kept := r.report(first, "")
	if !kept || v.Outcome != verify.Succeeded || v.Version == nil || v.Version.Got != "v1" || !strings.Contains(page, "Succeeded: "+website) {
		t.Errorf("%t: %+v", kept, v)
	}
	r.logged(r.names.VerifyFunction, `"report":"https://console.aws.amazon.com/s3/object/`+reports, first)

	r.push("v2", r.site(runtime.GOARCH, "SITE_VERSION=v2", "SITE_FAULT=broken"), r.password())
	failed := r.until("v2 is refused", rolledBack).Deployment
	v, page, kept = r.report(failed.RollsBack, "")
	if !kept || v.Outcome != verify.Failed || !strings.Contains(page, "Failed: "+website) || !strings.Contains(v.Reason, "does not contain") {
		t.Errorf("%t: %+v", kept, v)
	}
	if _, _, kept = r.kept(failed.ID, ""); kept {
		t.Error("a rollback, which nobody judged, has a report")
	}

	// Without the permission the report is lost, and nothing else.
	gone := r.fault(fault.Deny{Principal: "*", Action: "s3:PutObject"})
	defer gone()
	third := r.release("v3").Deployment.ID
	r.logged(r.names.VerifyFunction, "the report is not kept", "403")
	if _, _, kept = r.report(third, ""); kept {
		t.Error("a report was put without the permission")
	}
}

// stages binds suites to other lifecycle events, as a stack that has them does.
func (r *room) stages(stages map[config.Event]config.Suite) {
	r.t.Helper()
	c := lambda.NewFromConfig(r.aws)
	told := func(function string) *lambda.GetFunctionConfigurationOutput {
		out, err := c.GetFunctionConfiguration(r.t.Context(), &lambda.GetFunctionConfigurationInput{FunctionName: &function})
		if err != nil {
			r.t.Fatal(err)
		}
		return out
	}
	main := told(r.names.VerifyFunction)
	deployed, err := config.FromEnvironment(func(name string) string { return main.Environment.Variables[name] })
	if err != nil {
		r.t.Fatal(err)
	}
	whole, err := config.Config{Services: []config.Service{{Name: website, Stages: stages}}}.Complete(policy.Range)
	if err != nil {
		r.t.Fatal(err)
	}
	deployed.Service.Stages = whole.Services[0].Stages
	environment := func(stage config.Event, base map[string]string) *types.Environment {
		deployed.Stage = stage
		variables, err := deployed.Environment()
		if err != nil {
			r.t.Fatal(err)
		}
		all := maps.Clone(base)
		maps.Copy(all, variables)
		return &types.Environment{Variables: all}
	}
	for stage := range stages {
		if _, err := c.CreateFunction(r.t.Context(), &lambda.CreateFunctionInput{
			FunctionName: aws.String(r.names.Hook(stage)), Role: main.Role, Handler: main.Handler, Runtime: main.Runtime, Architectures: main.Architectures,
			Timeout: main.Timeout, MemorySize: main.MemorySize, Environment: environment(stage, main.Environment.Variables),
			LoggingConfig: &types.LoggingConfig{LogFormat: types.LogFormatJson},
			Code:          &types.FunctionCode{S3Bucket: aws.String("assets"), S3Key: aws.String("verify")},
		}); err != nil {
			r.t.Fatal(err)
		}
	}
	release := told(r.names.ReleaseFunction)
	if _, err := c.UpdateFunctionConfiguration(r.t.Context(), &lambda.UpdateFunctionConfigurationInput{
		FunctionName: &r.names.ReleaseFunction, Environment: environment("", release.Environment.Variables),
	}); err != nil {
		r.t.Fatal(err)
	}
	r.mayInvokeAll()
}

// mayInvokeAll lets CodeDeploy call every hook of the service.
func (r *room) mayInvokeAll() {
	r.t.Helper()
	roles, err := iam.NewFromConfig(r.aws).ListRoles(r.t.Context(), &iam.ListRolesInput{})
	if err != nil {
		r.t.Fatal(err)
	}
	for _, role := range roles.Roles {
		if !strings.Contains(aws.ToString(role.Description), "CodeDeploy") {
			continue
		}
		if _, err := iam.NewFromConfig(r.aws).PutRolePolicy(r.t.Context(), &iam.PutRolePolicyInput{
			RoleName: role.RoleName, PolicyName: aws.String("stages"), PolicyDocument: aws.String(`{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "lambda:InvokeFunction", "Resource": "arn:aws:lambda:*:*:function:CodeDeployHook_*"}]}`),
		}); err != nil {
			r.t.Fatal(err)
		}
	}
}

func TestEveryStageJudgesItsOwnSideOnTheSandbox(t *testing.T) {
	t.Parallel()
	r := enter(t, 60, nil)
	r.release("v1")
	shows := func(versions string) config.Suite {
		return config.Suite{Checks: []config.Check{{Expect: config.Expect{HeadersMatch: map[string]string{"X-Version": versions}}}}}
	}
	// What serves before is the version before, what is judged after is the new one, wherever it is asked; and the smoke
	// test in production takes v2 alone.
	r.stages(map[config.Event]config.Suite{
		"BeforeInstall": shows("^v[12]$"), "AfterInstall": shows("^v[12]$"), "BeforeAllowTraffic": shows("^v[23]$"), "AfterAllowTraffic": shows("^v2$"),
	})
	v2 := r.release("v2").Deployment
	for stage, side := range map[config.Event]string{"BeforeInstall": "blue", "AfterInstall": "blue", "BeforeAllowTraffic": "green", "AfterAllowTraffic": "green"} {
		v, _, kept := r.report(v2.ID, stage)
		if !kept || v.Outcome != verify.Succeeded || v.Stage != string(stage) || !strings.Contains(v.Reason, "1 of 1 checks hold on "+side) {
			t.Errorf("%s: %t %+v", stage, kept, v)
		}
	}
	r.push("v3", r.site(runtime.GOARCH, "SITE_VERSION=v3"), r.password())
	now := r.until("v3 is rolled back", rolledBack)
	v, _, kept := r.report(now.Deployment.RollsBack, "AfterAllowTraffic")
	if !kept || v.Outcome != verify.Failed || !strings.Contains(v.Reason, `failed on green: header X-Version is "v3", which does not match "^v2$"`) {
		t.Errorf("%t: %+v", kept, v)
	}
	if version, _ := r.get(r.url(80)); version != 2 {
		t.Errorf("production shows v%d", version)
	}
}
