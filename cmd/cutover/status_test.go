package main

import (
	"bufio"
	"encoding/json"
	"io"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/cutover-ecs/cutover/pkg/live"
)

func TestTheCommandLine(t *testing.T) {
	testscript.Run(t, testscript.Params{Dir: "testdata", RequireExplicitExec: true, RequireUniqueNames: true})
}

// status runs the command as a process of its own, pointed at the sandbox by its environment alone.
func (r *room) status(args ...string) string {
	r.t.Helper()
	out, errs, code := r.run("cutover", append([]string{"status", "--config", configuration}, args...)...)
	if code != 0 || errs != "" {
		r.t.Fatalf("cutover status %v ended with %d: %s", args, code, errs)
	}
	return out
}

var configuration = filepath.Join("..", "..", "cdk.json")

// document of one service, with no field that is not promised.
func (r *room) statusJSON() live.Status {
	r.t.Helper()
	var s live.Status
	strict := json.NewDecoder(strings.NewReader(r.status(website, "--json")))
	strict.DisallowUnknownFields()
	if err := strict.Decode(&s); err != nil {
		r.t.Fatal(err)
	}
	return s
}

func TestStatusShowsAServiceBeforeDuringAndAfterADeployment(t *testing.T) {
	t.Parallel()
	r := enter(t, 60, nil)
	watch, interrupt := r.watch()
	tells(t, r.status(), "Sample-Website in cluster cutover", "no deployment yet: push an image to start the first",
		"PRIMARY", "public.ecr.aws/docker/library/caddy:2-alpine", "1/1", "sample-website-tg-1", "100 %")
	if s := r.statusJSON(); s.Deployment != nil || len(s.TaskSets) != 1 || s.TaskSets[0].Production != 100 {
		t.Errorf("before: %+v", s)
	}

	r.push("v1", r.site(runtime.GOARCH, "SITE_VERSION=v1"), r.password())
	during := r.until("blue waits to be terminated", func(now live.Status) bool {
		return now.Deployment != nil && now.Deployment.Terminating && len(now.TaskSets) == 2
	})
	id := during.Deployment.ID
	tells(t, r.status(website), "deployment "+id+"  InProgress  by user", "cutover ", "sample-website:v1@sha256:",
		"LIFECYCLE EVENT", "AfterAllowTestTraffic  Succeeded", "PRIMARY (green)", "ACTIVE (blue)", "0 %")
	s := r.statusJSON()
	if s.Deployment == nil || s.Deployment.ID != id || s.Deployment.Completed != nil || len(s.Deployment.Events) != 8 {
		t.Fatalf("during: %+v", s.Deployment)
	}
	if green, blue := s.TaskSets[0], s.TaskSets[1]; green.Label != "green" || green.Production != 100 || blue.Label != "blue" || blue.Production != 0 || blue.Healthy != 1 {
		t.Errorf("during: %+v", s.TaskSets)
	}

	// The termination wait is seen before it is skipped, or a look may come too late for it.
	watch("no change of this deployment is missing", "caddy:2-alpine: 1 of 1 running", "deployment "+id+" by user: cutover ", "AfterAllowTestTraffic Succeeded",
		"AllowTraffic Succeeded", "termination wait began")
	r.goesLive("v1")
	tells(t, r.status(website), "deployment "+id+"  Succeeded", "PRIMARY ", "sample-website:v1@sha256:", "sample-website-tg-2")
	if s := r.statusJSON(); s.Deployment.Completed == nil || s.Deployment.Status != "Succeeded" || len(s.TaskSets) != 1 || s.TaskSets[0].Label != "" {
		t.Errorf("after: %+v %+v", s.Deployment, s.TaskSets)
	}
	watch("its end is missing", "deployment "+id+" is Succeeded")
	interrupt()
}

// watch starts `cutover status --watch`: saw reads on until each of the words was in a line, in that order, and interrupt
// sees that it ends well.
func (r *room) watch() (saw func(hope string, words ...string), interrupt func()) {
	r.t.Helper()
	cmd := exec.CommandContext(r.t.Context(), "cutover", "status", website, "--watch", "--every", "100ms", "--config", configuration)
	cmd.Env = r.env()
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		r.t.Fatal(err)
	}
	var seen strings.Builder
	lines := bufio.NewScanner(out)
	saw = func(hope string, words ...string) {
		r.t.Helper()
		for _, w := range words {
			for !strings.Contains(lines.Text(), w) {
				if !lines.Scan() {
					r.t.Fatalf("%s: nothing told %q in\n%s", hope, w, seen.String())
				}
				seen.WriteString(lines.Text() + "\n")
				if !strings.Contains(lines.Text(), "  Sample-Website  ") {
					r.t.Errorf("a line does not name its service: %q", lines.Text())
				}
			}
		}
	}
	return saw, func() {
		r.t.Helper()
		if err := cmd.Process.Signal(syscall.SIGINT); err != nil {
			r.t.Fatal(err)
		}
		io.Copy(io.Discard, out)
		if err := cmd.Wait(); err != nil {
			r.t.Errorf("interrupted, it ended with %v", err)
		}
	}
}

func tells(t testing.TB, text string, words ...string) {
	t.Helper()
	for _, w := range words {
		if !strings.Contains(text, w) {
			t.Errorf("it does not tell %q:\n%s", w, text)
		}
	}
}
