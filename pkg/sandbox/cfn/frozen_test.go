package cfn_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy"
	deploytypes "github.com/aws/aws-sdk-go-v2/service/codedeploy/types"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/cutover-ecs/cutover/infra/assembly"
	"github.com/cutover-ecs/cutover/pkg/sandbox"
	"github.com/cutover-ecs/cutover/pkg/sandbox/image"
)

const (
	public  = "public.ecr.aws/docker/library/caddy:2-alpine"
	website = "sample-website" // the service's stack
	app     = "AppECS-cutover-Sample-Website"
	group   = "DgpECS-cutover-Sample-Website"
)

// shipped is a sandbox with the shipped assembly, whose functions do nothing and whose tasks are real.
func shipped(t *testing.T) *world {
	t.Helper()
	if testing.Short() {
		t.Skip("runs tasks as processes")
	}
	dir := t.TempDir()
	build := exec.CommandContext(t.Context(), "go", "build", "-o", dir, "github.com/cutover-ecs/cutover/cmd/placeholder")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%s: %v", out, err)
	}
	body, err := os.ReadFile(filepath.Join(dir, "placeholder"))
	if err != nil {
		t.Fatal(err)
	}
	caddy, err := image.FromFiles(runtime.GOARCH, map[string]image.File{"/usr/bin/caddy": {Body: body, Mode: 0o755}}, v1.Config{Env: []string{"PATH=/usr/bin"}})
	if err != nil {
		t.Fatal(err)
	}
	s, err := sandbox.Start(t.Context(), sandbox.Options{
		Assembly: assembly.Files(), Clock: 1200, Images: map[string]v1.Image{public: caddy},
		Bootstrap: func(string, string) (string, error) { return "/bin/true", nil },
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return &world{t, s}
}

// changed is the shipped assembly with texts of the website's template replaced.
func changed(t *testing.T, pairs ...string) fs.FS {
	t.Helper()
	files := fstest.MapFS{}
	err := fs.WalkDir(assembly.Files(), ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		content, err := fs.ReadFile(assembly.Files(), path)
		if path == website+".template.json" {
			content = []byte(replace(t, string(content), pairs...))
		}
		files[path] = &fstest.MapFile{Data: content}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// deploy starts a deployment of a revision that answers with body.
func (w *world) deploy(ctx context.Context, body string) string {
	w.Helper()
	def, err := ecs.NewFromConfig(w.config()).RegisterTaskDefinition(ctx, &ecs.RegisterTaskDefinitionInput{
		Family: aws.String(website), NetworkMode: "awsvpc", RequiresCompatibilities: []ecstypes.Compatibility{"FARGATE"}, Cpu: aws.String("256"), Memory: aws.String("512"),
		ContainerDefinitions: []ecstypes.ContainerDefinition{{
			Name: aws.String(website), Image: aws.String(public), Command: []string{"caddy", "respond", "--listen", ":80", "--body", body},
			PortMappings: []ecstypes.PortMapping{{ContainerPort: aws.Int32(80)}},
		}},
	})
	if err != nil {
		w.Fatal(err)
	}
	spec := fmt.Sprintf(`{"version": 0.0, "Resources": [{"TargetService": {"Type": "AWS::ECS::Service", "Properties": {"TaskDefinition": %q, "LoadBalancerInfo": {"ContainerName": %q, "ContainerPort": 80}}}}]}`,
		*def.TaskDefinition.TaskDefinitionArn, website)
	out, err := codedeploy.NewFromConfig(w.config()).CreateDeployment(ctx, &codedeploy.CreateDeploymentInput{
		ApplicationName: aws.String(app), DeploymentGroupName: aws.String(group),
		Revision: &deploytypes.RevisionLocation{RevisionType: "AppSpecContent", AppSpecContent: &deploytypes.AppSpecContent{Content: &spec}},
	})
	if err != nil {
		w.Fatal(err)
	}
	return *out.DeploymentId
}

// wait until something is so.
func (w *world) wait(what string, so func() bool) {
	w.Helper()
	for {
		moved := w.Changed()
		if so() {
			return
		}
		select {
		case <-moved:
		case <-w.Context().Done():
			w.Fatalf("it never came that %s", what)
		}
	}
}

// production is what users are answered.
func (w *world) production() string {
	w.Helper()
	for _, l := range w.Listeners() {
		if l.Port == 80 {
			out, err := http.Get(l.URL)
			if err != nil {
				return err.Error()
			}
			defer out.Body.Close()
			body, _ := io.ReadAll(out.Body)
			return fmt.Sprintf("%d %s", out.StatusCode, bytes.TrimSpace(body))
		}
	}
	return ""
}

// ended is a deployment once it has come to its end, whichever that is.
func (w *world) ended(ctx context.Context, id string) (d *deploytypes.DeploymentInfo) {
	w.Helper()
	client := codedeploy.NewFromConfig(w.config())
	w.wait("the deployment ends", func() bool {
		out, err := client.GetDeployment(ctx, &codedeploy.GetDeploymentInput{DeploymentId: &id})
		if err != nil {
			w.Fatal(err)
		}
		d = out.DeploymentInfo
		return d.CompleteTime != nil
	})
	return d
}

// deployed brings up the service and deploys, so that production is on the second target group.
func (w *world) deployed(ctx context.Context) {
	w.Helper()
	w.wait("the first task serves", func() bool { return strings.HasPrefix(w.production(), "200") })
	if d := w.ended(ctx, w.deploy(ctx, "second")); d.Status != deploytypes.DeploymentStatusSucceeded {
		w.Fatalf("%s %+v", d.Status, d.ErrorInformation)
	}
	if got := w.production(); got != "200 second" {
		w.Fatal(got)
	}
}

func TestTheShippedStackUpdatesWithoutTouchingTraffic(t *testing.T) {
	t.Parallel()
	w := shipped(t)
	ctx := t.Context()
	w.deployed(ctx)
	if err := w.UpdateStacks(ctx, assembly.Files()); err != nil {
		t.Errorf("unchanged: %v", err)
	}
	before := len(w.Trail())
	err := w.UpdateStacks(ctx, changed(t,
		`"MemorySize": 256`, `"MemorySize": 512`,
		`"CUTOVER_ASSIGN_PUBLIC_IP": "false"`, `"CUTOVER_ASSIGN_PUBLIC_IP": "true"`,
		`"RetentionInDays": 30`, `"RetentionInDays": 7`,
		`"TerminationWaitTimeInMinutes": 60`, `"TerminationWaitTimeInMinutes": 30`,
		`"DatapointsToAlarm": 2`, `"DatapointsToAlarm": 1`,
		`rate(5 minutes)`, `rate(6 minutes)`,
	))
	if err != nil {
		t.Fatal(err)
	}
	if s := w.status(website); s != "UPDATE_COMPLETE" {
		t.Error(s)
	}
	done := map[string]bool{}
	for _, e := range w.Trail()[before:] {
		done[e.Action] = true
		if (e.Service == "elasticloadbalancing" || e.Service == "ecs") && !strings.HasPrefix(e.Action, "Describe") {
			t.Errorf("%s %s", e.Service, e.Action)
		}
	}
	for _, action := range []string{"UpdateFunctionConfiguration", "PutRetentionPolicy", "UpdateDeploymentGroup", "PutMetricAlarm", "UpdateSchedule"} {
		if !done[action] {
			t.Errorf("no %s", action)
		}
	}
	if got := w.production(); got != "200 second" {
		t.Error(got)
	}
}

func TestAChangeOfTheServiceIsRefusedAndOneOfTheListenerResetsTraffic(t *testing.T) {
	t.Parallel()
	w := shipped(t)
	ctx := t.Context()
	w.deployed(ctx)
	client := cloudformation.NewFromConfig(w.config())
	for _, change := range [][]string{
		{`"DesiredCount": 1`, `"DesiredCount": 2`},
		{`is waiting for its first image.`, `waits for its first image.`}, // the bootstrap revision
	} {
		if err := w.UpdateStacks(ctx, changed(t, change...)); err == nil || !strings.Contains(err.Error(), "Unable to update task definition on services with a CODE_DEPLOY deployment controller. Use AWS CodeDeploy to trigger a new deployment.") {
			t.Errorf("%v: %v", change, err)
		}
		if s := w.status(website); !strings.HasPrefix(s, "UPDATE_ROLLBACK_FAILED") {
			t.Error(s)
		}
		if _, err := client.ContinueUpdateRollback(ctx, &cloudformation.ContinueUpdateRollbackInput{StackName: aws.String(website), ResourcesToSkip: []string{"FargateService7B4DE80D"}}); err != nil {
			t.Error(err)
		}
		w.until(website, "UPDATE_ROLLBACK_COMPLETE")
		if got := w.production(); got != "200 second" {
			t.Error(got)
		}
	}
	// The same target group, written otherwise.
	const declared = `"Port": 80,
        "Protocol": "HTTP"
      },
      "Type": "AWS::ElasticLoadBalancingV2::Listener"`
	if err := w.UpdateStacks(ctx, changed(t, declared, `"Tags": [], `+declared)); err != nil {
		t.Fatal(err)
	}
	// A change takes its time to every node of the load balancer.
	w.wait("production answers 503", func() bool { return strings.HasPrefix(w.production(), "503") })
}

func TestTheShippedStacksAreDeletedIdleAndMidDeployment(t *testing.T) {
	t.Parallel()
	w := shipped(t)
	ctx := t.Context()
	w.wait("the first task serves", func() bool { return strings.HasPrefix(w.production(), "200") })
	if _, err := w.DeleteStack(ctx, "cutover"); err == nil || !strings.Contains(err.Error(), "as it is in use by sample-website") {
		t.Errorf("%v", err)
	}
	id := w.deploy(ctx, "second")
	client := ecs.NewFromConfig(w.config())
	in := &ecs.DescribeServicesInput{Cluster: aws.String("cutover"), Services: []string{"Sample-Website"}}
	w.wait("green is coming up", func() bool {
		out, err := client.DescribeServices(ctx, in)
		return err == nil && len(out.Services[0].TaskSets) == 2
	})
	if left, err := w.DeleteStack(ctx, website); err != nil || left != nil {
		t.Errorf("%v %v", left, err)
	}
	out, err := client.DescribeServices(ctx, in)
	if err != nil || aws.ToString(out.Services[0].Status) != "INACTIVE" {
		t.Errorf("%+v %v", out, err)
	}
	left, err := w.DeleteStack(ctx, "cutover")
	if err != nil || len(left) != 2 {
		t.Errorf("%v %v", left, err)
	}
	for _, r := range left { // images and reports outlive their stack
		if r.Type != "AWS::ECR::Repository" && r.Type != "AWS::S3::Bucket" {
			t.Errorf("%v was left", r)
		}
	}
	if len(w.Listeners()) != 0 || len(w.Stacks()) != 0 {
		t.Errorf("%v %v", w.Listeners(), w.Stacks())
	}
	// Whether it misses its task set first, or its role at the next look at its alarms, is a matter of moments.
	d := w.ended(ctx, id)
	if d.Status != deploytypes.DeploymentStatusFailed && d.Status != deploytypes.DeploymentStatusStopped {
		t.Errorf("%s %+v", d.Status, d.ErrorInformation)
	}
}
