package main

import (
	"encoding/json"
	"fmt"
	"runtime"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/codedeploy"
	cdtypes "github.com/aws/aws-sdk-go-v2/service/codedeploy/types"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/cutover-ecs/cutover/pkg/live"
	"github.com/cutover-ecs/cutover/pkg/release"
)

// hands runs one of the operator's commands as a process of its own and sees that it ends with that code.
func (r *room) hands(code int, verb string, args ...string) (out, told string) {
	r.t.Helper()
	args = append([]string{verb, website, "--config", configuration}, args...)
	out, told, got := r.run("cutover", args...)
	if got != code {
		r.t.Fatalf("cutover %v ended with %d, not %d:\n%s%s\n%s", args, got, code, out, told, r.log)
	}
	return out, told
}

// answers runs one of the commands with --json.
func (r *room) answers(code int, verb string, args ...string) answer {
	r.t.Helper()
	out, _ := r.hands(code, verb, append(args, "--yes", "--json")...)
	var a answer
	strict := json.NewDecoder(strings.NewReader(out))
	strict.DisallowUnknownFields()
	if err := strict.Decode(&a); err != nil {
		r.t.Fatalf("%s: %v", out, err)
	}
	if err := conforms(verb, []byte(out)); err != nil {
		r.t.Errorf("%s: %v", out, err)
	}
	return a
}

// tags of the ECS service.
func (r *room) tags() map[string]string {
	r.t.Helper()
	out, err := ecs.NewFromConfig(r.aws).DescribeServices(r.t.Context(), &ecs.DescribeServicesInput{
		Cluster: &r.names.Cluster, Services: []string{r.names.Service}, Include: []ecstypes.ServiceField{ecstypes.ServiceFieldTags},
	})
	if err != nil {
		r.t.Fatal(err)
	}
	return live.Tags(out.Services[0].Tags)
}

// arrives pushes a version and waits until production is on it and blue still stands.
func (r *room) arrives(version string) (digest string, now live.Status) {
	r.t.Helper()
	digest = r.push(version, r.site(runtime.GOARCH, "SITE_VERSION="+version), r.password())
	return digest, r.until(version+" has production", hasProduction(version))
}

// serves reports that a version serves and nothing is under way.
func serves(version string) func(live.Status) bool {
	return func(now live.Status) bool {
		return steady(now) && strings.Contains(now.TaskSets[0].Image, ":"+version+"@") && now.TaskSets[0].Production == 100
	}
}

// shows asserts what users see, once every node of the load balancer has heard of the last shift.
func (r *room) shows(version int64) {
	r.t.Helper()
	r.until(fmt.Sprintf("production shows v%d", version), func(live.Status) bool {
		got, _ := r.get(r.url(80))
		return got == version
	})
}

// decided asserts an answer's decision and the version that it is about.
func (r *room) decided(a answer, verdict release.Verdict, version string) {
	r.t.Helper()
	if a.Outcome == nil || a.Outcome.Decision != verdict || !strings.Contains(a.Outcome.Image, ":"+version+"@") || a.By == "" {
		r.t.Errorf("not %s of %s: %+v %+v", verdict, version, a, a.Outcome)
	}
}

func TestRollbackReturnsToBlueWhileItStands(t *testing.T) {
	t.Parallel()
	r := enter(t, 60, nil)
	r.release("v1")
	digest, during := r.arrives("v2")
	r.shows(2)
	id := during.Deployment.ID

	// Where nobody can be asked it tells what would be done, and does nothing.
	_, told := r.hands(2, "rollback")
	tells(t, told, "Deployment "+id+" has moved production to green (sample-website:v2)",
		"all production traffic goes back at once to blue (sample-website:v1), which has 1 of 1 targets healthy", "sample-website:v2 is blocked", "say --yes")
	if now := r.statusJSON(); now.Deployment.ID != id || r.tags()[live.TagBlocked] != "" {
		t.Errorf("something was done: %+v", now.Deployment)
	}

	out, _ := r.hands(0, "rollback", "--yes", "--why", "v2 loses carts (all of them)")
	tells(t, out, "Deployment "+id+" is stopped and rolled back.", "sample-website:v2 is blocked.", "Nothing is to be released: sample-website:v1 on base 1 is live.")
	r.rollsBack("v1 serves again")
	r.shows(1)
	if got := r.tags()[live.TagBlocked]; !strings.HasPrefix(got, digest[:19]+" to v1@sha256:") || !strings.HasSuffix(got, " because v2 loses carts all of them") {
		t.Errorf("the order is %q", got)
	}
	if o := r.invoke([]byte(`{"service": "sample-website"}`)); o.Decision != release.Current || !strings.Contains(o.Image, ":v1@") {
		t.Errorf("afterwards: %+v", o)
	}
	r.release("v3")
	r.shows(3)
}

func TestRollbackAfterwardsIsANewDeploymentOfWhatStayed(t *testing.T) {
	t.Parallel()
	r := enter(t, 60, nil)
	r.release("v1")
	r.push("v2", r.site(runtime.GOARCH, "SITE_VERSION=v2", "SITE_FAULT=broken"), r.password())
	r.rollsBack("v2 was refused")
	r.release("v3")
	r.shows(3)

	a := r.answers(0, "rollback", "--why", "v3 is slow")
	r.decided(a, release.Deploy, "v1")
	if a.Command != "rollback" || len(a.Done) != 1 {
		t.Errorf("%+v", a)
	}
	r.goesLive("v1")
	r.shows(1)
	if o := r.invoke([]byte(`{"service": "sample-website"}`)); o.Decision != release.Current {
		t.Errorf("afterwards: %+v", o)
	}
	_, told := r.hands(1, "rollback", "--yes")
	tells(t, told, "no version other than sample-website:v1 is known to have gone live and stayed")

	if r.decided(r.answers(0, "retry"), release.Deploy, "v3"); r.tags()[live.TagBlocked] != "" {
		t.Error(r.tags())
	}
	r.goesLive("v3")
}

func TestStopFinishAndRetry(t *testing.T) {
	t.Parallel()
	r := enter(t, 60, nil)
	_, told := r.hands(1, "finish", "--yes")
	tells(t, told, "no deployment of sample-website waits to terminate blue")
	_, told = r.hands(1, "stop", "--yes")
	tells(t, told, "sample-website never had a deployment")

	_, now := r.arrives("v1")
	_, told = r.hands(2, "finish")
	tells(t, told, "Production stays on green (sample-website:v1)", "is terminated now")
	a := r.answers(0, "finish")
	r.decided(a, release.Current, "v1")
	tells(t, a.Done[0], now.Deployment.ID)
	r.until("v1 is live", liveIs("v1"))
	r.endIsHeard(now.Deployment.ID)
	_, told = r.hands(1, "stop", "--yes")
	tells(t, told, "is Succeeded", "cutover rollback sample-website goes back by a new one")

	_, now = r.arrives("v2")
	out, told := r.hands(0, "stop", "--yes", "--why", "v2 is slow")
	tells(t, told, "all production traffic goes back at once to blue (sample-website:v1)")
	tells(t, out, "Deployment "+now.Deployment.ID+" is stopped and rolled back.")
	r.rollsBack("v1 serves again")
	r.shows(1)
	if o := r.invoke([]byte(`{"service": "sample-website"}`)); o.Decision != release.Hold || !strings.Contains(o.Reason, "which was stopped") {
		t.Errorf("what was stopped: %+v", o)
	}
	_, told = r.hands(3, "deploy", "--yes")
	tells(t, told, "did not release anything (Hold)")

	a = r.answers(0, "retry", "--why", "it was the cache")
	r.decided(a, release.Deploy, "v2")
	tells(t, a.Outcome.Event, "retry by ", "it was the cache")
	r.goesLive("v2")
}

func TestAWaitForApprovalEndsByAPersonOrStops(t *testing.T) {
	t.Parallel()
	r := enter(t, 60, nil)
	groups := codedeploy.NewFromConfig(r.aws)
	if _, err := groups.UpdateDeploymentGroup(t.Context(), &codedeploy.UpdateDeploymentGroupInput{
		ApplicationName: &r.names.Application, CurrentDeploymentGroupName: &r.names.DeploymentGroup,
		BlueGreenDeploymentConfiguration: &cdtypes.BlueGreenDeploymentConfiguration{
			DeploymentReadyOption: &cdtypes.DeploymentReadyOption{
				ActionOnTimeout: cdtypes.DeploymentReadyActionStopDeployment, WaitTimeInMinutes: 60,
			},
			TerminateBlueInstancesOnDeploymentSuccess: &cdtypes.BlueInstanceTerminationOption{
				Action: cdtypes.InstanceActionTerminate, TerminationWaitTimeInMinutes: 60,
			},
		},
	}); err != nil {
		t.Fatal(err)
	}
	_, told := r.hands(1, "approve", "--yes")
	tells(t, told, "no deployment of sample-website waits for approval")
	r.push("v1", r.site(runtime.GOARCH, "SITE_VERSION=v1"), r.password())
	now := r.until("v1 waits", func(now live.Status) bool { return now.Deployment != nil && now.Deployment.Status == "Ready" })
	r.shows(0)
	_, told = r.hands(2, "approve")
	tells(t, told, "Deployment "+now.Deployment.ID+" goes on", "to green (sample-website:v1)", "say --yes")
	out, _ := r.hands(0, "approve", "--yes", "--why", "checked by hand")
	tells(t, out, "Deployment "+now.Deployment.ID+" goes on: production moves to green.")
	r.goesLive("v1")
	r.shows(1)
}

func TestSuspendResumePinAndUnpin(t *testing.T) {
	t.Parallel()
	r := enter(t, 60, nil)
	r.release("v1")
	out, _ := r.hands(0, "suspend", "--until", "2h", "--why", "the sale")
	tells(t, out, "Releases of sample-website are suspended until 20", "Nothing is to be released: sample-website:v1 on base")
	if got := r.tags()[live.TagSuspend]; !strings.HasPrefix(got, "by ") || !strings.Contains(got, " until 20") || !strings.HasSuffix(got, " because the sale") {
		t.Errorf("the order is %q", got)
	}
	r.push("v2", r.site(runtime.GOARCH, "SITE_VERSION=v2"), r.password())
	r.logged(r.names.ReleaseFunction, `"event":"push of sample-website:v2"`, `"decision":"Hold"`, "suspended", "because the sale")
	r.decided(r.answers(0, "resume"), release.Deploy, "v2")
	r.goesLive("v2")

	_, told := r.hands(1, "pin", "v9", "--yes")
	tells(t, told, `the repository sample-website has no image "v9"`)
	_, told = r.hands(2, "pin", "v1")
	tells(t, told, "Production is on sample-website:v2; sample-website:v1 is released")
	a := r.answers(0, "pin", "sample-website:v1", "--why", "v2 is slow")
	r.decided(a, release.Deploy, "v1")
	tells(t, a.Outcome.Reason, "is pinned: v1@sha256:")
	r.goesLive("v1")
	r.push("v3", r.site(runtime.GOARCH, "SITE_VERSION=v3"), r.password())
	r.logged(r.names.ReleaseFunction, `"event":"push of sample-website:v3"`, `"decision":"Current"`, "sample-website:v1")
	_, told = r.hands(1, "rollback", "--yes")
	tells(t, told, "unpin it")
	r.decided(r.answers(0, "unpin"), release.Deploy, "v3")
	out, _ = r.hands(0, "unpin")
	tells(t, out, "sample-website is not pinned.")
	if tags := r.tags(); tags[live.TagPin] != "" || tags[live.TagSuspend] != "" {
		t.Error(tags)
	}
}
