//go:build !race

package main

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy"
	cdtypes "github.com/aws/aws-sdk-go-v2/service/codedeploy/types"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/remote"

	"github.com/cutover-ecs/cutover/pkg/live"
	"github.com/cutover-ecs/cutover/pkg/sandbox"
)

func architecture() ecstypes.CPUArchitecture {
	if runtime.GOARCH == "arm64" {
		return ecstypes.CPUArchitectureArm64
	}
	return ecstypes.CPUArchitectureX8664
}

// adopt runs the command against the sandbox.
func (s *legacy) adopt(args ...string) (out string, code int) {
	s.t.Helper()
	cmd := exec.CommandContext(s.t.Context(), program(s.t), append([]string{"adopt", "Shop_Web", "--cluster", "prod"}, args...)...)
	cmd.Env = append(append(os.Environ(), sandbox.Environment(s.Host())...), "NO_PROXY=*")
	text, err := cmd.CombinedOutput()
	if cmd.ProcessState == nil {
		s.t.Fatal(err)
	}
	return string(text), cmd.ProcessState.ExitCode()
}

// adopted has the service adopted into a cdk.json, and answers what is then under context.cutover.
func (s *legacy) adopted() string {
	s.t.Helper()
	_, seen, _ := s.TrailSince(0)
	file := filepath.Join(s.t.TempDir(), "cdk.json")
	if err := os.WriteFile(file, []byte(`{"app": "ours", "context": {"@aws-cdk/core:newStyleStackSynthesis": true}}`), 0o600); err != nil {
		s.t.Fatal(err)
	}
	out, code := s.adopt("--name", "shop", "--tag", "v*", "--nat", "192.0.2.1", "--write", file)
	if code != 0 {
		s.t.Fatalf("it ends with %d: %s", code, out)
	}
	calls, _, _ := s.TrailSince(seen)
	for _, call := range calls {
		if !reads(call.Action) {
			s.t.Errorf("it called %s:%s", call.Service, call.Action)
		}
	}
	if len(calls) < 10 {
		s.t.Errorf("it made %d calls only", len(calls))
	}
	var whole struct {
		App     string
		Context map[string]json.RawMessage
	}
	if err := readJSON(file, &whole); err != nil || whole.App != "ours" || len(whole.Context) != 2 {
		s.t.Fatalf("%v: the file is %+v", err, whole)
	}
	if out, code := s.adopt("--name", "shop", "--tag", "v*", "--write", file); code != 2 || !strings.Contains(out, `called "shop" already`) {
		s.t.Errorf("adopted twice: %d %s", code, out)
	}
	return string(whole.Context["cutover"])
}

func reads(operation string) bool {
	return strings.HasPrefix(operation, "Describe") || strings.HasPrefix(operation, "Get") || strings.HasPrefix(operation, "List") || strings.HasPrefix(operation, "BatchGet")
}

func TestAllThatIsInTheWayOfAnAdoptionIsToldAtOnce(t *testing.T) {
	program(t)
	s := stand(t)
	group := s.group("")
	group.LoadBalancerInfo.TargetGroupPairInfoList[0].TestTrafficRoute = nil
	group.BlueGreenDeploymentConfiguration.TerminateBlueInstancesOnDeploymentSuccess = &cdtypes.BlueInstanceTerminationOption{Action: cdtypes.InstanceActionKeepAlive}
	made[*codedeploy.UpdateDeploymentGroupOutput](t)(s.deploys.UpdateDeploymentGroup(t.Context(), &codedeploy.UpdateDeploymentGroupInput{
		ApplicationName: &s.names.Application, CurrentDeploymentGroupName: &s.names.DeploymentGroup, LoadBalancerInfo: group.LoadBalancerInfo,
		BlueGreenDeploymentConfiguration: group.BlueGreenDeploymentConfiguration,
		AutoRollbackConfiguration:        &cdtypes.AutoRollbackConfiguration{Enabled: false},
	}))
	out, code := s.adopt()
	for _, want := range []string{"In the way:", "has no test listener", "keeps blue alive", `has the tag "v1", from which it is not clear`, "Worth a look:", "lacks DEPLOYMENT_FAILURE",
		"asks no alarm", "Taken as it stands:", "the service Shop_Web of the cluster prod", "nothing was written"} {
		if !strings.Contains(out, want) {
			t.Errorf("it does not tell %q", want)
		}
	}
	if code != 1 || t.Failed() {
		t.Errorf("it ends with %d:\n%s", code, out)
	}
	var told struct {
		InTheWay, Warnings []struct{ Evidence, Fix string }
		Service            any
	}
	if out, code := s.adopt("--tag", "v*", "--json"); code != 1 || json.NewDecoder(strings.NewReader(out)).Decode(&told) != nil || len(told.InTheWay) != 2 || len(told.Warnings) == 0 || told.Service != nil {
		t.Errorf("as JSON: %d %s", code, out)
	}
	if out, code := s.adopt("--cluster", "default"); code != 2 || !strings.Contains(out, "has no active service Shop_Web") {
		t.Errorf("in another cluster: %d %s", code, out)
	}
}

func TestAServiceThatStoodIsDeployedByItsPushesAndKeepsAllThatItHad(t *testing.T) {
	program(t)
	s := stand(t)
	group := s.groupAsItStands()
	document := s.adopted()
	s.deploy(with(t, document, map[string]any{
		"verify": map[string]any{"version": map[string]any{"path": "/", "header": "X-Version", "is": "tag"}, "checks": []any{map[string]any{"path": "/", "expect": map[string]any{"contains": "Sample Website"}}}},
	}))

	first := s.until("v1 is pinned by its digest", settled("v1"))
	s.keeps(first)
	s.push("v2")
	second := s.until("v2 is live", settled("v2"))
	s.keeps(second)
	if from, to := first.TaskSets[0].TargetGroup, second.TaskSets[0].TargetGroup; from == to {
		t.Errorf("both versions were in the target group %s", from)
	}

	s.pushBroken("v3")
	third := s.until("v3 is refused", func(now live.Status) bool {
		return now.Deployment != nil && now.Deployment.RollsBack != "" && settled("v2")(now)
	})
	s.keeps(third)

	s.leaves(third)
	if diff := cmp.Diff(group, s.groupAsItStands()); diff != "" {
		t.Errorf("the deployment group is another:\n%s", diff)
	}
	for _, d := range s.Decisions() {
		if !d.Allowed {
			t.Errorf("%s was denied %s on %s: %s", d.Caller.ARN, d.Action, d.Resource, d.Why)
		}
	}
}

// groupAsItStands is what a person set up of the deployment group.
func (s *legacy) groupAsItStands() string {
	s.t.Helper()
	g := made[*codedeploy.GetDeploymentGroupOutput](s.t)(s.deploys.GetDeploymentGroup(s.t.Context(), &codedeploy.GetDeploymentGroupInput{
		ApplicationName: &s.names.Application, DeploymentGroupName: &s.names.DeploymentGroup,
	})).DeploymentGroupInfo
	g.TargetRevision, g.LastSuccessfulDeployment, g.LastAttemptedDeployment = nil, nil, nil
	return text(g)
}

func TestAServiceThatIsSuspendedBeforeItsStackComesIsLeftAlone(t *testing.T) {
	cutover := program(t)
	s := stand(t)
	document := s.adopted()
	file, _ := assembled(t, document)
	run := func(verb string) string {
		cmd := exec.CommandContext(t.Context(), cutover, verb, "shop", "--config", file, "--yes")
		cmd.Env = append(append(os.Environ(), sandbox.Environment(s.Host())...), "NO_PROXY=*")
		out, _ := cmd.CombinedOutput() // there is no release function to be asked before the stack
		return string(out)
	}
	if out := run("suspend"); !strings.Contains(out, "that is done, but the release loop could not be asked") {
		t.Fatalf("suspended before the stack: %s", out)
	}
	s.deploy(document)
	s.looks(0)
	if n := s.count(); n != 0 {
		t.Errorf("%d deployments were made of a suspended service:\n%s", n, s.log())
	}
	if out := run("resume"); !strings.Contains(out, "shop") {
		t.Errorf("resumed: %s", out)
	}
	s.until("v1 is pinned by its digest", settled("v1"))
}

// keeps asks that the revision that serves is the team's own but for its image and Cutover's tags.
func (s *legacy) keeps(now live.Status) {
	s.t.Helper()
	r := s.serves(now)
	if image := aws.ToString(r.Definition.ContainerDefinitions[0].Image); !strings.Contains(image, "/shop/web@sha256:") {
		s.t.Errorf("the image is %s", image)
	}
	if diff := cmp.Diff(said(s.t, s.before), said(s.t, r.Definition)); diff != "" {
		s.t.Errorf("the revision is another than the team's:\n%s", diff)
	}
	if team := live.Tags(r.Tags)["team"]; team != "checkout" {
		s.t.Errorf("the tags are %v", r.Tags)
	}
	set := now.TaskSets[0]
	if set.Desired != 1 || set.Running != 1 {
		s.t.Errorf("%d of %d tasks run", set.Running, set.Desired)
	}
}

// said is what a revision says but for its number, its registration and its container's image.
func said(t *testing.T, d *ecstypes.TaskDefinition) map[string]any {
	t.Helper()
	var tree map[string]any
	if err := json.Unmarshal([]byte(text(d)), &tree); err != nil {
		t.Fatal(err)
	}
	for _, key := range []string{"TaskDefinitionArn", "Revision", "RegisteredAt", "RegisteredBy"} {
		delete(tree, key)
	}
	delete(at(t, tree, "ContainerDefinitions", 0).(map[string]any), "Image")
	return tree
}

// leaves deletes the stacks and asks that the service does not notice.
func (s *legacy) leaves(before live.Status) {
	s.t.Helper()
	for _, stack := range []string{"shop", "cutover"} {
		left, err := s.DeleteStack(s.t.Context(), stack)
		if err != nil || len(left) > 0 {
			s.t.Fatalf("deleting the stack %s leaves %v: %v", stack, left, err)
		}
	}
	after, err := live.ReadStatus(s.t.Context(), s.readers, s.names)
	if err != nil || text(after.TaskSets) != text(before.TaskSets) {
		s.t.Errorf("without the stacks the service is another: %v %s", err, text(after))
	}
	if resp, err := s.client.Get(s.url); err != nil || resp.StatusCode != 200 {
		s.t.Errorf("the site does not answer any more: %v", err)
	} else {
		resp.Body.Close()
	}
}

// pushBroken pushes a version whose page is an error page.
func (s *legacy) pushBroken(version string) {
	s.t.Helper()
	ref, err := name.NewTag(s.Host() + "/" + s.names.Repository + ":" + version)
	if err != nil {
		s.t.Fatal(err)
	}
	img := executable(s.t, "sample-website", "/site", v1.Config{Entrypoint: []string{"/site"}, Env: []string{"SITE_VERSION=" + version, "SITE_FAULT=broken"}})
	if err := remote.Write(ref, img, remote.WithContext(s.t.Context()), remote.WithAuth(&authn.Basic{Username: "AWS", Password: s.password()})); err != nil {
		s.t.Fatal(err)
	}
}
