package main

import (
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"

	"github.com/cutover-ecs/cutover/docs/transcript"
	"github.com/cutover-ecs/cutover/pkg/config"
	"github.com/cutover-ecs/cutover/pkg/live"
	"github.com/cutover-ecs/cutover/pkg/release"
	"github.com/cutover-ecs/cutover/pkg/sandbox"
	"github.com/cutover-ecs/cutover/pkg/sandbox/fault"
)

// guarded is the assembly of testdata/guarded.json, whose gate function is docs/examples/approve.
func guarded(t *testing.T) func(*sandbox.Options) {
	t.Helper()
	gate := filepath.Join(binaries(t), "approve")
	return func(o *sandbox.Options) {
		o.Assembly = os.DirFS("testdata/guarded")
		built := o.Bootstrap
		o.Bootstrap = func(name, path string) (string, error) {
			if strings.HasSuffix(name, "approve.zip") {
				return gate, nil
			}
			return built(name, path)
		}
	}
}

const gateName = "approve"

// approves deploys the gate function, or changes what it approves.
func (r *room) approves(tags ...string) {
	r.t.Helper()
	approved := &types.Environment{Variables: map[string]string{"APPROVED": strings.Join(tags, ",")}}
	client := lambda.NewFromConfig(r.aws)
	if _, err := client.GetFunction(r.t.Context(), &lambda.GetFunctionInput{FunctionName: aws.String(gateName)}); err == nil {
		if _, err := client.UpdateFunctionConfiguration(r.t.Context(), &lambda.UpdateFunctionConfigurationInput{
			FunctionName: aws.String(gateName), Environment: approved}); err != nil {
			r.t.Fatal(err)
		}
		return
	}
	role, err := iam.NewFromConfig(r.aws).CreateRole(r.t.Context(), &iam.CreateRoleInput{RoleName: aws.String(gateName), AssumeRolePolicyDocument: aws.String(
		`{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}]}`)})
	if err != nil {
		r.t.Fatal(err)
	}
	if _, err := iam.NewFromConfig(r.aws).PutRolePolicy(r.t.Context(), &iam.PutRolePolicyInput{RoleName: aws.String(gateName), PolicyName: aws.String("log"),
		PolicyDocument: aws.String(`{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"], "Resource": "*"}]}`)}); err != nil {
		r.t.Fatal(err)
	}
	architecture := map[string]types.Architecture{"amd64": types.ArchitectureX8664, "arm64": types.ArchitectureArm64}[runtime.GOARCH]
	if _, err := client.CreateFunction(r.t.Context(), &lambda.CreateFunctionInput{
		FunctionName: aws.String(gateName), Role: role.Role.Arn, Runtime: types.RuntimeProvidedal2023, Handler: aws.String("bootstrap"), Environment: approved,
		Code: &types.FunctionCode{S3Bucket: aws.String("gates"), S3Key: aws.String("approve.zip")}, Architectures: []types.Architecture{architecture},
	}); err != nil {
		r.t.Fatal(err)
	}
}

// freezes changes what the release function knows of freezes, as the stack's update would.
func (r *room) freezes(all ...config.Freeze) {
	r.t.Helper()
	r.describes(r.names.ReleaseFunction, func(s *config.Service) { s.Gates.Freeze = all })
}

// describes changes what a function is told of its service, as the stack's update would.
func (r *room) describes(function string, change func(*config.Service)) {
	r.t.Helper()
	client := lambda.NewFromConfig(r.aws)
	is, err := client.GetFunctionConfiguration(r.t.Context(), &lambda.GetFunctionConfigurationInput{FunctionName: &function})
	if err != nil {
		r.t.Fatal(err)
	}
	variables := is.Environment.Variables
	d, err := config.FromEnvironment(func(name string) string { return variables[name] })
	if err != nil {
		r.t.Fatal(err)
	}
	change(&d.Service)
	now, err := d.Environment()
	if err != nil {
		r.t.Fatal(err)
	}
	maps.Copy(variables, now)
	if _, err := client.UpdateFunctionConfiguration(r.t.Context(), &lambda.UpdateFunctionConfigurationInput{
		FunctionName: &function, Environment: &types.Environment{Variables: variables}}); err != nil {
		r.t.Fatal(err)
	}
}

func TestAnImageWaitsForItsScanAndABadOneStaysOut(t *testing.T) {
	t.Parallel()
	r := enter(t, 60, guarded(t))
	r.approves("v1", "v2", "v3")
	r.release("v1")
	if _, err := r.Faults().Add(fault.Scan{Image: "v2", Critical: 2, Low: 1}); err != nil {
		t.Fatal(err)
	}
	r.push("v2", r.site(runtime.GOARCH, "SITE_VERSION=v2"), r.password())
	r.logged("scan of sample-website@sha256:", "the scan gate holds sample-website:v2: its scan found 2 critical (SANDBOX-CRITICAL-1, SANDBOX-CRITICAL-2), and low is the worst")
	if now := r.until("v1 serves", serves("v1")); strings.Contains(now.Deployment.Description, ":v2@") {
		t.Errorf("v2 was deployed: %+v", now.Deployment)
	}
	tells(t, r.shown(0, "plan", website, "v2"), "Hold: the scan gate holds sample-website:v2: its scan found 2 critical")
	tomorrow := time.Now().AddDate(0, 0, 1).UTC().Format(time.DateOnly)
	r.describes(r.names.ReleaseFunction, func(s *config.Service) {
		for _, id := range []string{"SANDBOX-CRITICAL-1", "SANDBOX-CRITICAL-2"} {
			s.Gates.Scan.Exceptions = append(s.Gates.Scan.Exceptions, config.ScanException{ID: id, Until: tomorrow, Reason: "no way in"})
		}
	})
	if o := r.invoke(look5); !strings.Contains(o.Reason, "SANDBOX-CRITICAL-1 until "+tomorrow+": no way in") {
		t.Errorf("with exceptions: %+v", o)
	}
	r.goesLive("v2")

	r.push("v3", r.site(runtime.GOARCH, "SITE_VERSION=v3"), r.password())
	r.goesLive("v3")
	r.usesAllBeyond("guarded")
}

func TestAPushWaitsForItsApproval(t *testing.T) {
	t.Parallel()
	r := enter(t, 60, guarded(t))
	r.approves("v1")
	r.release("v1")
	r.push("v2", r.site(runtime.GOARCH, "SITE_VERSION=v2"), r.password())
	r.logged("nobody has approved v2 of sample-website", `"decision":"Hold"`)
	if o := r.invoke(look5); o.Decision != release.Hold || !strings.Contains(o.Reason, "the gate function holds sample-website:v2: nobody has approved v2") {
		t.Errorf("before the approval: %+v", o)
	}
	if now := r.until("v1 serves", serves("v1")); strings.Contains(now.Deployment.Description, ":v2@") {
		t.Errorf("v2 was deployed: %+v", now.Deployment)
	}
	tells(t, r.shown(0, "plan", website, "v2"), "Hold: the gate function holds sample-website:v2: nobody has approved v2")
	r.approves("v1", "v2")
	r.skip("schedule")
	r.goesLive("v2")
	for _, d := range r.Decisions() {
		if !d.Allowed {
			t.Errorf("%s was denied %s on %s: %s", d.Caller.ARN, d.Action, d.Resource, d.Why)
		}
	}

	// Without the function nothing goes out; going back does.
	if _, err := lambda.NewFromConfig(r.aws).DeleteFunction(t.Context(), &lambda.DeleteFunctionInput{FunctionName: aws.String(gateName)}); err != nil {
		t.Fatal(err)
	}
	r.push("v3", r.site(runtime.GOARCH, "SITE_VERSION=v3"), r.password())
	r.logged("the gate function holds sample-website:v3: it could not be asked")
	r.hands(0, "rollback", "--yes", "--why", "v2 is slow")
	r.goesLive("v1")
}

func TestAFreezeQueuesAndAThawIsOnRecord(t *testing.T) {
	t.Parallel()
	r := enter(t, 60, guarded(t))
	r.approves("v1", "v2", "v3", "v4")
	r.release("v1")
	const minute = "2006-01-02T15:04"
	now := time.Now().UTC()
	r.freezes(config.Freeze{Name: "the sale", TimeZone: "UTC", From: now.Add(-time.Hour).Format(minute), To: now.Add(time.Hour).Format(minute)})
	for _, version := range []string{"v2", "v3"} {
		digest := r.push(version, r.site(runtime.GOARCH, "SITE_VERSION="+version), r.password())
		r.logged("scan of " + website + "@" + digest[:len("sha256:")+12] + ": COMPLETE")
	}
	if o := r.invoke(look5); o.Decision != release.Hold || !strings.Contains(o.Reason, "releases are frozen until ") || !strings.Contains(o.Reason, "(the sale)") || o.Until == nil {
		t.Errorf("in the freeze: %+v", o)
	}
	_, why, _ := strings.Cut(r.invoke(look5).Reason, "releases are frozen")
	quoted(t, "../../docs/gates.md", "releases are frozen", "releases are frozen"+why)
	r.hands(0, "suspend", "--yes")
	p := parsed[planned](r, "plan", website, "v2")
	if p.Decision != release.Hold || !strings.Contains(p.Reason, "releases are suspended") || len(p.Also) != 1 || !strings.Contains(p.Also[0], "releases are frozen until ") {
		t.Errorf("in a freeze and suspended: %+v", p)
	}
	r.hands(0, "resume", "--yes")
	if _, told := r.hands(2, "thaw", "--yes"); !strings.Contains(told, "say --why") {
		t.Error(told)
	}
	a := r.orders("../../docs/gates.md", "$ cutover thaw")
	r.decided(a, release.Deploy, "v3")
	if !strings.Contains(a.Outcome.Reason, "though releases are frozen (the sale): by ") || !strings.Contains(a.Outcome.Reason, "because INC-42: payment is down") {
		t.Errorf("thawed: %s", a.Outcome.Reason)
	}
	r.logged("though releases are frozen (the sale)", `"decision":"Deploy"`)
	if tag := r.tags()[live.TagThaw]; !strings.Contains(tag, " until ") {
		t.Errorf("the tag is %q", tag)
	}
	r.goesLive("v3")
	for _, d := range r.deploymentsMade() {
		if strings.Contains(d, ":v2@") {
			t.Errorf("v2, which was superseded in the freeze, was deployed: %s", d)
		}
	}

	// Without an order the end of the freeze releases what waits.
	r.forgets(live.TagThaw)
	r.push("v4", r.site(runtime.GOARCH, "SITE_VERSION=v4"), r.password())
	if o := r.invoke(look5); o.Decision != release.Hold {
		t.Errorf("frozen again: %+v", o)
	}
	r.freezes()
	r.skip("schedule")
	r.goesLive("v4")
}

// orders gives the order that a page shows, as a person does who agrees.
func (r *room) orders(page, first string) (a answer) {
	r.t.Helper()
	block, err := transcript.Find(page, first)
	r.need(err)
	out, told, code := r.run("bash", "-c", "cd ../..; "+block.Steps()[0].Command+" --yes --json")
	if err := json.Unmarshal([]byte(out), &a); err != nil || code != 0 {
		r.t.Fatalf("%s ends with %d: %v\n%s%s", block.First(), code, err, out, told)
	}
	return a
}

// forgets takes a tag from the ECS service, as a person in the console does.
func (r *room) forgets(key string) {
	r.t.Helper()
	client := ecs.NewFromConfig(r.aws)
	out, err := client.DescribeServices(r.t.Context(), &ecs.DescribeServicesInput{Cluster: &r.names.Cluster, Services: []string{r.names.Service}})
	if err != nil {
		r.t.Fatal(err)
	}
	if _, err := client.UntagResource(r.t.Context(), &ecs.UntagResourceInput{ResourceArn: out.Services[0].ServiceArn, TagKeys: []string{key}}); err != nil {
		r.t.Fatal(err)
	}
}

// deploymentsMade are the descriptions in the inputs of the calls that made them.
func (r *room) deploymentsMade() (all []string) {
	for _, e := range r.Trail() {
		if e.Action == "CreateDeployment" && e.Error == "" {
			text, _ := json.Marshal(e.Input)
			all = append(all, string(text))
		}
	}
	return all
}
