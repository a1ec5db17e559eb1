package main

import (
	"debug/elf"
	"encoding/binary"
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy"
	cdtypes "github.com/aws/aws-sdk-go-v2/service/codedeploy/types"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/cutover-ecs/cutover/docs/transcript"
	cdcall "github.com/cutover-ecs/cutover/pkg/call/codedeploy"
	"github.com/cutover-ecs/cutover/pkg/live"
	"github.com/cutover-ecs/cutover/pkg/release"
	"github.com/cutover-ecs/cutover/pkg/sandbox/fault"
	"github.com/cutover-ecs/cutover/pkg/sandbox/image"
	"github.com/cutover-ecs/cutover/pkg/watch"
)

// failFast is the promise: a green that cannot start is given up in this time on AWS's clock, and not after the hour in
// which CodeDeploy would.
const failFast = 3 * time.Minute

// startsClock is not so fast that starting real processes, on a busy machine, takes AWS's minutes.
const startsClock = 10

func TestAGreenThatCannotStartIsStoppedInMinutesWithItsCause(t *testing.T) {
	t.Parallel()
	wrong := map[string]string{"amd64": "arm64", "arm64": "amd64"}[runtime.GOARCH]
	for name, test := range map[string]struct {
		image func(r *room) v1.Image
		kind  watch.Kind
		words []string
		log   string
	}{
		"it crashes": {
			func(r *room) v1.Image {
				return r.site(runtime.GOARCH, "SITE_VERSION=v2", "SITE_FAULT=crash", "SITE_SAYS=no answer from db:5432?password=hunter2&sslmode=on")
			},
			watch.Exited, []string{"container sample-website, it exited with 1: the program reported an error of its own"}, "password=[masked]&sslmode=on",
		},
		"it is unwell": {
			func(r *room) v1.Image { return r.site(runtime.GOARCH, "SITE_VERSION=v2", "SITE_FAULT=unwell") },
			watch.TargetHealth, []string{"the load balancer finds it unhealthy: Health checks failed with these codes: [503]"}, "",
		},
		"it is for another machine": {
			func(r *room) v1.Image { return r.site(wrong, "SITE_VERSION=v2") },
			watch.WrongArchitecture, []string{"the image is not for the task's processor architecture"}, "",
		},
		"it says it is for this machine and is not": {
			func(r *room) v1.Image { return r.foreign() },
			watch.WrongArchitecture, []string{"the image is not for the task's processor architecture", "exec format error"}, "",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := enter(t, startsClock, nil)
			r.release("v1")
			digest := r.push("v2", test.image(r), r.password())
			reason := r.doomed(test.kind, test.words, test.log)
			if name == "it crashes" {
				r.quotes("../../docs/watch.md", "Green cannot start", reason)
			}
			if o := r.invoke(look5); o.Decision != release.Hold || !strings.Contains(o.Image, digest) || !strings.Contains(o.Reason, "which was stopped") {
				t.Errorf("what was stopped is tried again: %+v", o)
			}
			tells(t, r.shown(0, "history", website), "it could not start: ")
			tells(t, r.shown(0, "explain", website, "v2"), "it could not start: ")
		})
	}
}

func TestWhatAWSDoesNotGiveIsACauseToo(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		reason string
		kind   watch.Kind
		words  string
	}{
		"its image":    {"CannotPullContainerError: pull image manifest has been retried 1 time(s): failed to resolve ref: not found", watch.ImageMissing, "its image is not in the registry"},
		"its secret":   {"ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval failed: unable to retrieve secret from asm: service call has been retried 1 time(s): ResourceNotFoundException: Secrets Manager can't find the specified secret.", watch.SecretMissing, "a secret that the task needs is missing"},
		"capacity":     {"Capacity is unavailable at this time. Please try again later or in a different availability zone", watch.NoCapacity, "there is no capacity for it"},
		"an interface": {"Unexpected EC2 error while attempting to Create Network Interface in subnet 'subnet-1': InsufficientFreeAddressesInSubnet", watch.NoAddress, "the subnets gave it no network interface"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := enter(t, startsClock, nil)
			r.release("v1")
			if _, err := r.Faults().Add(fault.Task{Service: r.names.Service, Reason: test.reason}); err != nil {
				t.Fatal(err)
			}
			r.push("v2", r.site(runtime.GOARCH, "SITE_VERSION=v2"), r.password())
			r.doomed(test.kind, []string{test.words}, "")
		})
	}
}

func TestARevisionThatCannotStartIsStoppedWithItsCauseAlsoWhenAPersonDeploysIt(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		change func(*types.ContainerDefinition)
		kind   watch.Kind
		words  string
	}{
		"its image is not there": {
			func(c *types.ContainerDefinition) {
				c.Image = aws.String(strings.Split(*c.Image, "@")[0] + "@sha256:" + strings.Repeat("0", 64))
			}, watch.ImageMissing, "its image is not in the registry",
		},
		"its image may not be pulled": {
			func(c *types.ContainerDefinition) {
				c.Image = aws.String(strings.Split(*c.Image, "/")[0] + "/somebody-elses:latest")
			}, watch.ImageNotPermitted, "its image may not be pulled",
		},
		"its secret may not be read": {
			func(c *types.ContainerDefinition) {
				c.Secrets = []types.Secret{{Name: aws.String("TOKEN"), ValueFrom: aws.String("arn:aws:secretsmanager:eu-central-2:111122223333:secret:token-AbCdEf")}}
			}, watch.NotPermitted, "the execution role may not read what the task needs",
		},
		"its log cannot be written": {
			func(c *types.ContainerDefinition) { c.LogConfiguration.Options["awslogs-group"] = "/ecs/gone" },
			watch.LogGroupMissing, "its log stream cannot be made",
		},
		"its own health check fails": {
			func(c *types.ContainerDefinition) { // a second site finds the port taken
				c.HealthCheck = &types.HealthCheck{Command: []string{"CMD", "/site"}, Interval: aws.Int32(5), Retries: aws.Int32(1)}
			}, watch.ContainerHealth, "its own health check fails",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := enter(t, startsClock, nil)
			v1 := r.release("v1").TaskSets[0].TaskDefinition
			r.deployRevision(r.revise(v1, test.change))
			r.doomed(test.kind, []string{test.words}, "")
		})
	}
}

func TestAGreenThatTakesMoreMemoryThanItMayIsStoppedWithThatCause(t *testing.T) {
	t.Parallel()
	r := enter(t, 4, nil) // taking memory takes real time, in which it is not to be found unhealthy
	v1 := r.release("v1").TaskSets[0].TaskDefinition
	digest := r.push("heavy", r.site(runtime.GOARCH, "SITE_VERSION=v2", "SITE_FAULT=memory"), r.password())
	r.deployRevision(r.revise(v1, func(c *types.ContainerDefinition) {
		c.Image, c.Memory = aws.String(strings.Split(*c.Image, "@")[0]+"@"+digest), aws.Int32(64)
	}))
	r.doomed(watch.OutOfMemory, []string{"it took more memory than the task has: OutOfMemoryError"}, "fills its cache")
}

func TestASlowButHealthyStartIsLeftAlone(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		env    []string
		faults []fault.Fault
	}{
		"it needs its time":        {env: []string{"SITE_FAULT=slow", "SITE_WAIT=1200ms"}}, // its second health check finds it well
		"it comes up at the third": {faults: []fault.Fault{fault.Task{Exit: 1, Times: 2}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := enter(t, 4, nil)
			r.release("v1")
			for _, f := range test.faults {
				if _, err := r.Faults().Add(f); err != nil {
					t.Fatal(err)
				}
			}
			r.push("v2", r.site(runtime.GOARCH, append(test.env, "SITE_VERSION=v2")...), r.password())
			r.goesLive("v2")
			for _, line := range r.log.list() {
				if strings.Contains(line, `"decision":"Stopped"`) {
					t.Error(line)
				}
			}
		})
	}
}

// quotes holds a paragraph against the block of a page, whose lines are broken.
func (r *room) quotes(page, first, paragraph string) {
	r.t.Helper()
	block, err := transcript.Find(page, first)
	r.need(err)
	plain := func(text string) string { // a busy machine may have begun one more start before the others were told of
		return regexp.MustCompile(`\d+ starts of`).ReplaceAllString(transcript.Plain(text), "N starts of")
	}
	if want := plain(block.Text); plain(paragraph) != want {
		r.t.Errorf("%s says\n%s\nbut it is\n%s", page, want, plain(paragraph))
	}
}

// doomed waits for the newest deployment to be stopped and rolled back, in time and with that cause, and answers the
// reason that is given.
func (r *room) doomed(kind watch.Kind, words []string, log string) (reason string) {
	r.t.Helper()
	now := r.until("the release is rolled back", rolledBack)
	d := r.deployment(now.Deployment.RollsBack)
	if d.Status != cdtypes.DeploymentStatusStopped {
		r.t.Errorf("the deployment is %s", d.Status)
	}
	if version, page := r.get(r.url(80)); version != 1 {
		r.t.Errorf("after the rollback production shows %s", page)
	}
	took := time.Duration(float64(d.CompleteTime.Sub(*d.CreateTime)) * r.Clock().Factor())
	if r.t.Logf("stopped after %s of AWS's time", took.Round(time.Second)); took > failFast {
		r.t.Errorf("it took %s of AWS's time to give it up", took)
	}
	diagnosis := r.diagnosed(*d.DeploymentId)
	if got := diagnosis.Causes[0]; got.Kind != kind {
		r.t.Errorf("the cause is %s: %+v", got.Kind, diagnosis)
	}
	for _, w := range words {
		if !strings.Contains(diagnosis.Reason, w) {
			r.t.Errorf("the reason does not say %q: %s", w, diagnosis.Reason)
		}
	}
	if log != "" && !strings.Contains(strings.Join(diagnosis.Log, "\n"), log) {
		r.t.Errorf("the log does not have %q: %q", log, diagnosis.Log)
	}
	brought, err := live.ReadBrought(r.t.Context(), cdcall.NewFromConfig(r.aws), r.readers.Tasks, d.DeploymentInfo)
	if err != nil {
		r.t.Fatal(err)
	}
	if stopped, ok := live.ReadStopped(brought.Tags); !ok || stopped.Deployment != *d.DeploymentId || stopped.Because == "" {
		r.t.Errorf("the revision's tags tell %+v", stopped)
	}
	return diagnosis.Reason
}

// diagnosed is what the watch function logged of a deployment that it stopped.
func (r *room) diagnosed(deployment string) watch.Diagnosis {
	r.t.Helper()
	r.logged(`"decision":"Stopped"`, deployment)
	for _, line := range r.log.list() {
		if !strings.Contains(line, `"decision":"Stopped"`) || !strings.Contains(line, deployment) {
			continue
		}
		var record struct{ Diagnosis watch.Diagnosis }
		if err := json.Unmarshal([]byte(line[strings.IndexByte(line, '{'):]), &record); err != nil {
			r.t.Fatalf("%s: %v", line, err)
		}
		if strings.Contains(line, "hunter2") {
			r.t.Errorf("a secret is in the log: %s", line)
		}
		return record.Diagnosis
	}
	return watch.Diagnosis{}
}

// foreign is an image that says it is for this machine and has a program of another.
func (r *room) foreign() v1.Image {
	r.t.Helper()
	body, err := os.ReadFile(filepath.Join(r.bin, website))
	if err != nil {
		r.t.Fatal(err)
	}
	// The machine stands at byte 18 of an ELF file; s390x is neither of the two that Fargate has.
	binary.LittleEndian.PutUint16(body[18:], uint16(elf.EM_S390))
	img, err := image.FromFiles(runtime.GOARCH, map[string]image.File{"/site": {Body: body, Mode: 0o755}}, v1.Config{Entrypoint: []string{"/site"}})
	if err != nil {
		r.t.Fatal(err)
	}
	return img
}

// revise registers a revision like another but for its container.
func (r *room) revise(arn string, change func(*types.ContainerDefinition)) string {
	r.t.Helper()
	tasks := ecs.NewFromConfig(r.aws)
	out, err := tasks.DescribeTaskDefinition(r.t.Context(), &ecs.DescribeTaskDefinitionInput{TaskDefinition: &arn})
	if err != nil {
		r.t.Fatal(err)
	}
	d := out.TaskDefinition
	change(&d.ContainerDefinitions[0])
	made, err := tasks.RegisterTaskDefinition(r.t.Context(), &ecs.RegisterTaskDefinitionInput{
		Family: d.Family, NetworkMode: d.NetworkMode, RequiresCompatibilities: d.RequiresCompatibilities, Cpu: d.Cpu, Memory: d.Memory,
		ExecutionRoleArn: d.ExecutionRoleArn, TaskRoleArn: d.TaskRoleArn, RuntimePlatform: d.RuntimePlatform, ContainerDefinitions: d.ContainerDefinitions,
	})
	if err != nil {
		r.t.Fatal(err)
	}
	return *made.TaskDefinition.TaskDefinitionArn
}

// deployRevision deploys a revision as a person would.
func (r *room) deployRevision(revision string) string {
	r.t.Helper()
	content := `{"version": 0.0, "Resources": [{"TargetService": {"Type": "AWS::ECS::Service", "Properties": {"TaskDefinition": "` + revision +
		`", "LoadBalancerInfo": {"ContainerName": "` + r.names.Container + `", "ContainerPort": 80}}}}]}`
	out, err := codedeploy.NewFromConfig(r.aws).CreateDeployment(r.t.Context(), &codedeploy.CreateDeploymentInput{
		ApplicationName: &r.names.Application, DeploymentGroupName: &r.names.DeploymentGroup, Description: aws.String("by hand"),
		Revision: &cdtypes.RevisionLocation{RevisionType: cdtypes.RevisionLocationTypeAppSpecContent, AppSpecContent: &cdtypes.AppSpecContent{Content: &content}},
	})
	if err != nil {
		r.t.Fatal(err)
	}
	return *out.DeploymentId
}
