package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"

	"github.com/cutover-ecs/cutover/pkg/live"
	"github.com/cutover-ecs/cutover/pkg/release"
	"github.com/cutover-ecs/cutover/pkg/sandbox"
)

// rolledBack reports that the newest release has ended so and that what it did was rolled back.
func rolledBack(now live.Status) bool {
	return steady(now) && now.Deployment != nil && now.Deployment.RollsBack != ""
}

// deployment reads one deployment.
func (r *room) deployment(id string) live.Deployment {
	r.t.Helper()
	d, err := live.ReadDeployment(r.t.Context(), r.readers.Deployments, id, r.names.Cluster, r.names.Service)
	if err != nil {
		r.t.Fatal(err)
	}
	return d
}

func TestAHookThatDiesEndsInARollback(t *testing.T) {
	t.Parallel()
	for name, dying := range map[string]string{
		"its reporter answers for it":            "CodeDeployHook_*",
		"at its deadline when the reporter dies": "*",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dies := filepath.Join(t.TempDir(), "bootstrap")
			script := fmt.Sprintf("#!/bin/sh\ncase $AWS_LAMBDA_FUNCTION_NAME in\n%s) exit 1 ;;\nesac\nexec %s\n", dying, filepath.Join(binaries(t), "verify", "bootstrap"))
			if err := os.WriteFile(dies, []byte(script), 0o700); err != nil {
				t.Fatal(err)
			}
			r := enter(t, 60, func(o *sandbox.Options) {
				built := o.Bootstrap
				o.Bootstrap = func(name, path string) (string, error) {
					if strings.HasSuffix(name, "verify") {
						return dies, nil
					}
					return built(name, path)
				}
			})
			r.deadHook(dying == "*")
		})
	}
}

// deadHook releases v1 and sees it fail. skip ends the hook's hour, which is a real minute here.
func (r *room) deadHook(skip bool) {
	r.t.Helper()
	r.holds("lambda-retry") // while it is looked at that the hook is waited for
	r.push("v1", r.site(runtime.GOARCH, "SITE_VERSION=v1"), r.password())
	during := r.until("the hook is waited for", func(now live.Status) bool {
		return now.Deployment != nil && len(now.TaskSets) == 2 && now.TaskSets[1].Test == 100
	})
	if now := during.TaskSets[0]; now.Production != 100 {
		r.t.Errorf("before the hook has spoken blue has %d %% of production", now.Production)
	}
	r.passes("lambda-retry")
	now := r.until("the release is rolled back", func(now live.Status) bool {
		if skip {
			r.Clock().Skip("hook")
		}
		return rolledBack(now)
	})
	if d := r.deployment(now.Deployment.RollsBack); d.Status != "Failed" || *d.DeploymentId != during.Deployment.ID {
		r.t.Errorf("the deployment with the dead hook is %s %s", *d.DeploymentId, d.Status)
	}
	if version, page := r.get(r.url(80)); version != 0 || !strings.Contains(page, "waiting for its first image") {
		r.t.Errorf("production shows %s, not what was there before", page)
	}
}

// invoke wakes the release function with an event and answers what it said.
func (r *room) invoke(event []byte) release.Outcome {
	r.t.Helper()
	out, err := lambda.NewFromConfig(r.aws).Invoke(r.t.Context(), &lambda.InvokeInput{FunctionName: &r.names.ReleaseFunction, Payload: event},
		func(o *lambda.Options) { o.Retryer = whileBusy() })
	if err != nil {
		r.t.Fatal(err)
	}
	var o release.Outcome
	if err := json.Unmarshal(out.Payload, &o); err != nil || out.FunctionError != nil {
		r.t.Fatalf("the function answered %s (%s): %v", out.Payload, aws.ToString(out.FunctionError), err)
	}
	return o
}

func TestEventsThatMeanNothingChangeNothingAndSayWhy(t *testing.T) {
	t.Parallel()
	r := enter(t, 60, nil)
	for event, reason := range map[string]string{
		"unknown":                   "it is of a kind that this function does not know",
		"ecr-push-other-tag":        "nightly",
		"ecr-push-other-repository": "this service's images are in",
		"ecr-push-untagged":         "tag",
	} {
		payload, err := os.ReadFile(filepath.Join("..", "..", "events", event+".json"))
		if err != nil {
			t.Fatal(err)
		}
		payload = bytes.ReplaceAll(payload, []byte("us-east-1"), []byte(sandbox.Region))
		if o := r.invoke(payload); o.Decision != release.Ignored || !strings.Contains(o.Reason, reason) {
			t.Errorf("%s: %+v", event, o)
		}
		r.logged(r.names.ReleaseFunction, `"decision":"Ignored"`, `"reason":"`, reason)
	}
	for _, payload := range []string{`[]`, `"push"`, `{"detail": 7}`, `null`} {
		if o := r.invoke([]byte(payload)); o.Decision == release.Deploy || o.Reason == "" {
			t.Errorf("%s: %+v", payload, o)
		}
	}
	// A real push of such a tag does not even wake the function; the schedule, which does, finds nothing to release.
	r.push("nightly", r.site(runtime.GOARCH, "SITE_VERSION=nightly"), r.password())
	if o := r.invoke([]byte(`{"source":"aws.scheduler","detail-type":"Scheduled Event","detail":{}}`)); o.Decision != release.Wait || !strings.Contains(o.Reason, `"v*"`) {
		t.Errorf("with the tag nightly only: %+v", o)
	}
	if now := r.until("nothing is under way", steady); now.Deployment != nil {
		t.Errorf("a deployment began: %+v", now.Deployment)
	}
	for _, e := range r.Trail() {
		if (e.Action == "RegisterTaskDefinition" || e.Action == "CreateDeployment") && strings.Contains(e.Caller.ARN, r.names.ReleaseFunction) {
			t.Errorf("the function called %s", e.Action)
		}
	}
}

func TestATakenPortIsOneSentence(t *testing.T) {
	t.Parallel()
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	oneSentence(t, 1, []string{"another one running", "--listen"}, "sandbox", "--bin", binaries(t), "--listen", taken.Addr().String())
}

func TestFunctionsThatAreNotBuiltAreOneSentence(t *testing.T) {
	t.Parallel()
	empty, half := t.TempDir(), t.TempDir()
	if err := os.Symlink(filepath.Join(binaries(t), "placeholder"), filepath.Join(half, "placeholder")); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(empty, "result.json")
	oneSentence(t, 1, []string{"placeholder is not built", "make build"}, "demo", "--bin", empty, "--json", file)
	oneSentence(t, 1, []string{"function", "is not built", "make build"}, "sandbox", "--bin", half, "--listen", "127.0.0.1:0")
	if _, err := os.Stat(file); err == nil {
		t.Error("a demonstration that never ran wrote its result")
	}
}

// oneSentence asserts that a command ends with that code and one line that says all of it.
func oneSentence(t *testing.T, code int, words []string, args ...string) {
	t.Helper()
	var errout bytes.Buffer
	if got := run(t.Context(), args, io.Discard, &errout); got != code {
		t.Errorf("%q ended with %d, not %d", args, got, code)
	}
	text := errout.String()
	if !strings.HasPrefix(text, "cutover: ") || strings.Count(text, "\n") != 1 {
		t.Errorf("%q complained in more than a line, or not at all:\n%s", args, text)
	}
	for _, w := range words {
		if !strings.Contains(text, w) {
			t.Errorf("%q does not say %q: %s", args, w, text)
		}
	}
}
