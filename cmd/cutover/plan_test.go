package main

import (
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/cutover-ecs/cutover/pkg/call/ecs"
	"github.com/cutover-ecs/cutover/pkg/live"
	"github.com/cutover-ecs/cutover/pkg/release"
)

func TestPlanSaysWhatWouldBeDoneAndDoesNothing(t *testing.T) {
	t.Parallel()
	r := enter(t, 60, nil)
	r.release("v1")
	r.release("v2")
	before := r.calls()

	p := parsed[planned](r, "plan", website)
	if p.Decision != release.Current || !strings.Contains(p.Image, ":v2@") || len(p.Changes) != 0 || len(p.Before) != 2 || p.TerminationWaitSeconds != 3600 {
		t.Errorf("plan: %+v", p)
	}
	p = parsed[planned](r, "plan", website, "v1")
	if p.Decision != release.Deploy || !strings.Contains(p.Image, ":v1@") || len(p.Changes) != 1 || p.Changes[0].Path != "containerDefinitions[sample-website].image" {
		t.Errorf("plan v1: %+v", p)
	}
	tells(t, r.shown(0, "plan", website, "v1"), "Deploy: ", "image: ", "moves by CodeDeployDefault.ECSAllAtOnce", "production had moved after ")
	tells(t, r.shown(1, "plan", website, "v9"), `the repository sample-website has no image "v9"`)
	if now := r.statusJSON(); !strings.Contains(now.TaskSets[0].Image, ":v2@") || len(r.tags()) != 0 && r.tags()[live.TagPin] != "" {
		t.Errorf("something was done: %+v", now)
	}
	for _, call := range r.calls()[len(before):] {
		for _, write := range []string{"Register", "Create", "Tag", "Put", "Stop", "Continue", "Update"} {
			if strings.HasPrefix(call, write) {
				t.Errorf("plan called %s", call)
			}
		}
	}
}

// calls are the operations that the operator called so far.
func (r *room) calls() []string {
	var all []string
	for _, call := range r.Trail() {
		if strings.HasSuffix(call.Caller.ARN, ":root") {
			all = append(all, call.Action)
		}
	}
	return all
}

func TestChangesAreThoseThatRegisteringMakes(t *testing.T) {
	runs := &live.Revision{
		Definition: &types.TaskDefinition{
			TaskDefinitionArn: aws.String("arn:…:7"), Revision: 7, Status: types.TaskDefinitionStatusActive, Family: aws.String("shop"), Cpu: aws.String("256"),
			ContainerDefinitions: []types.ContainerDefinition{{Name: aws.String("shop"), Image: aws.String("shop@sha256:1"),
				Environment: []types.KeyValuePair{{Name: aws.String("A"), Value: aws.String("1")}, {Name: aws.String("GONE"), Value: aws.String("x")}}}},
		},
		Tags: []types.Tag{{Key: aws.String("team"), Value: aws.String("red")}, {Key: aws.String("aws:cloudformation:stack-name"), Value: aws.String("shop")}, {Key: aws.String(live.TagWish), Value: aws.String("1")}},
	}
	next := &ecs.RegisterTaskDefinitionInput{
		Family: aws.String("shop"), Cpu: aws.String("512"),
		ContainerDefinitions: []types.ContainerDefinition{{Name: aws.String("shop"), Image: aws.String("shop@sha256:2"),
			Environment: []types.KeyValuePair{{Name: aws.String("A"), Value: aws.String("1")}, {Name: aws.String("NEW"), Value: aws.String("y")}}}},
		Tags: []types.Tag{{Key: aws.String("team"), Value: aws.String("blue")}},
	}
	all, err := changes(runs, next)
	if err != nil {
		t.Fatal(err)
	}
	var told []string
	for _, c := range all {
		told = append(told, c.String())
	}
	want := []string{
		`containerDefinitions[shop].environment[GONE].name is gone: it was "GONE"`,
		`containerDefinitions[shop].environment[GONE].value is gone: it was "x"`,
		`containerDefinitions[shop].environment[NEW].name is new: "NEW"`,
		`containerDefinitions[shop].environment[NEW].value is new: "y"`,
		`containerDefinitions[shop].image: "shop@sha256:1" becomes "shop@sha256:2"`,
		`cpu: "256" becomes "512"`,
		`tag team: red becomes blue`,
	}
	if !slices.Equal(told, want) {
		t.Errorf("changes:\n%s", strings.Join(told, "\n"))
	}
}

func TestLogsTellTheStoryInTheOrderOfTime(t *testing.T) {
	t.Parallel()
	r := enter(t, 60, nil)
	r.release("v1")
	r.push("v2", r.site(runtime.GOARCH, "SITE_VERSION=v2", "SITE_FAULT=broken"), r.password())
	r.judged(r.rollsBack("v2 was refused").Deployment.RollsBack, "")

	lines := strings.Split(strings.TrimSpace(r.shown(0, "logs", website)), "\n")
	at := -1
	for _, words := range []string{"release  Deploy: sample-website:v1", "Succeeded: 1 of 1 checks hold on green", "release  Deploy: sample-website:v2", "Failed: check"} {
		next := slices.IndexFunc(lines, func(l string) bool { return strings.Contains(l, words) })
		if next <= at {
			t.Errorf("%q is line %d, after %d:\n%s", words, next, at, strings.Join(lines, "\n"))
		}
		at = next
	}
	tells(t, r.shown(0, "logs", website, "--of", "tasks"), "tasks    ", "listens on :80")
	if text := r.shown(0, "logs", website); strings.Contains(text, "platform.") {
		t.Error("Lambda's own lines are told")
	}
	tells(t, r.shown(0, "logs", website, "--of", "verify", "--raw"), "platform.report")
	if text := r.shown(0, "logs", website, "--since", "0s"); text != "" {
		t.Errorf("nothing is that new: %s", text)
	}
}
