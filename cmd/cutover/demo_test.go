package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"

	"github.com/cutover-ecs/cutover/docs/transcript"
)

// id is what CodeDeploy calls a deployment.
var id = regexp.MustCompile(`^d-[0-9A-Z]{9}$`)

func TestTheDemoTellsItsStory(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "result.json")
	var out, errout bytes.Buffer
	if code := run(t.Context(), []string{"demo", "--bin", binaries(t), "--json", file, "--clock", "3600"}, &out, &errout); code != 0 {
		t.Fatalf("the demo ended with %d: %s\n%s", code, &errout, &out)
	}
	if errout.Len() > 0 {
		t.Errorf("complaints: %s", &errout)
	}
	text := out.String()
	if strings.ContainsAny(text, "\x1b\r") {
		t.Error("without a terminal there are to be plain lines only")
	}
	for _, want := range []string{
		"the hook: 1 of 1 checks hold on green", `the hook: check "GET /" failed on green: the body does not contain "Sample Website"`,
		"Users send 100 requests a second", "v1 is pushed: the first release", "The test listener showed v2 ",
		"No user ever saw v3; v2 serves on.", "v4 and v5 are pushed within a second",
		"0 failed, 0 were answered wrongly. Live: v5\n",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the story does not tell %q:\n%s", want, text)
		}
	}
	result := theResult(t, file)
	for _, d := range result.Deployments {
		row := regexp.MustCompile(`(?m)^` + regexp.QuoteMeta(orDash(d.ID)) + ` +sample-website:` + d.Version + ` +` + d.Outcome + ` +\d+\.\d +\S`)
		if !row.MatchString(text) {
			t.Errorf("the table has no row %s:\n%s", row, text)
		}
	}
	answer, err := transcript.Answer("../../README.md", "make demo")
	if err != nil {
		t.Fatal(err)
	}
	for i, line := range answer { // v4 may be superseded before it is seen
		if strings.Contains(line, "sample-website:v4 ") {
			answer[i] = "…"
		}
	}
	if !transcript.Says(answer, text) {
		t.Errorf("the README says\n%s\nbut it is\n%s", strings.Join(answer, "\n"), text)
	}
}

// theResult reads the demonstration's data, which has exactly the promised fields.
func theResult(t *testing.T, file string) result {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var r struct {
		Deployments []struct {
			ID, Version, Outcome, Reason *string
			Seconds                      *float64
		}
		Requests struct{ Sent, Failed, Wrong *int64 }
		Live     *string
	}
	strict := json.NewDecoder(bytes.NewReader(text))
	strict.DisallowUnknownFields()
	if err := strict.Decode(&r); err != nil {
		t.Fatalf("%v in %s", err, text)
	}
	if r.Live == nil || *r.Live != "v5" || r.Requests.Sent == nil || *r.Requests.Sent < 100 || *r.Requests.Failed != 0 || *r.Requests.Wrong != 0 {
		t.Fatalf("requests or live in %s", text)
	}
	var told result
	outcomes := map[string]string{"v1": "Succeeded", "v2": "Succeeded", "v3": "Failed", "v4": "Succeeded|Superseded", "v5": "Succeeded"}
	for _, d := range r.Deployments {
		if d.ID == nil || d.Version == nil || d.Outcome == nil || d.Reason == nil || d.Seconds == nil {
			t.Fatalf("a field is missing in %s", text)
		}
		if !regexp.MustCompile("^(" + outcomes[*d.Version] + ")$").MatchString(*d.Outcome) {
			t.Errorf("%s ended %s: %s", *d.Version, *d.Outcome, *d.Reason)
		}
		if superseded := *d.Outcome == "Superseded"; superseded != (*d.ID == "") || !superseded && !id.MatchString(*d.ID) {
			t.Errorf("%s has the deployment %q", *d.Version, *d.ID)
		}
		if *d.Seconds < 0 || *d.Seconds > chapterLimit.Seconds() || *d.Reason == "" {
			t.Errorf("%s took %g s: %q", *d.Version, *d.Seconds, *d.Reason)
		}
		if *d.Version == "v3" && (!strings.Contains(*d.Reason, `does not contain "Sample Website"`) || !strings.Contains(*d.Reason, "rolled back by d-")) {
			t.Errorf("v3 was refused because %q", *d.Reason)
		}
		delete(outcomes, *d.Version)
		told.Deployments = append(told.Deployments, deployed{ID: *d.ID, Version: *d.Version, Outcome: *d.Outcome})
	}
	if len(outcomes) > 0 {
		t.Errorf("nothing is told of %v", outcomes)
	}
	return told
}

func orDash(id string) string {
	if id == "" {
		return "-"
	}
	return id
}

func TestTheDemoTellsOfADeploymentThatWasRefusedBetweenTwoLooks(t *testing.T) {
	t.Parallel()
	r := enter(t, 60, nil)
	var out bytes.Buffer
	n := newNarrator(&out)
	s := &story{n: n, say: n.say, logs: &functionLogs{}, users: &users{}, names: r.names, readers: r.readers, seen: r.release("v1")}
	r.push("v2", r.site(runtime.GOARCH, "SITE_VERSION=v2", "SITE_FAULT=broken"), r.password())
	now := r.rollsBack("v2 is refused")
	for range 2 { // the second has nothing more to tell
		if err := s.tellMissed(t.Context(), now); err != nil {
			t.Fatal(err)
		}
	}
	refused := "deployment " + now.Deployment.RollsBack
	if text := out.String(); strings.Count(text, refused+" by user: cutover ") != 1 || !strings.Contains(text, "AfterAllowTestTraffic Failed") || !strings.Contains(text, refused+" is Failed: HOOK_EXECUTION_FAILURE") {
		t.Errorf("it tells\n%s", text)
	}
}
