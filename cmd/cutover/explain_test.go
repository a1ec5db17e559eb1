package main

import (
	"encoding/json"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/cutover-ecs/cutover/pkg/live"
	"github.com/cutover-ecs/cutover/pkg/release"
)

// shown runs a command that only looks, and answers what it printed.
func (r *room) shown(code int, args ...string) string {
	r.t.Helper()
	out, told, got := r.run("cutover", append(args, "--config", configuration)...)
	if got != code {
		r.t.Fatalf("cutover %v ended with %d, not %d:\n%s%s", args, got, code, out, told)
	}
	return out + told
}

// document reads what a command printed with --json, with no field that is not promised.
func parsed[T any](r *room, args ...string) (d T) {
	r.t.Helper()
	strict := json.NewDecoder(strings.NewReader(r.shown(0, append(args, "--json")...)))
	strict.DisallowUnknownFields()
	if err := strict.Decode(&d); err != nil {
		r.t.Fatalf("%v: %v", args, err)
	}
	return d
}

func TestHistoryAndExplainTellWhatBecameOfEveryPush(t *testing.T) {
	t.Parallel()
	r := enter(t, 60, nil)
	tells(t, r.shown(0, "history", website), "has had no deployment: push an image to start the first")
	tells(t, r.shown(1, "explain", website), "has had no deployment; name an image to hear why")

	r.release("v1")
	r.push("v2", r.site(runtime.GOARCH, "SITE_VERSION=v2", "SITE_FAULT=broken"), r.password())
	failed := r.rollsBack("v2 was refused").Deployment.RollsBack
	r.judged(failed, "")

	rows := parsed[[]live.Past](r, "history", website)
	if len(rows) != 3 || rows[0].RollsBack != rows[1].Deployment || rows[1].Status != "Failed" || rows[2].Status != "Succeeded" ||
		!strings.Contains(rows[1].Why, "the body does not contain") || !strings.HasPrefix(rows[2].Brought, "sample-website:v1@sha256:") || rows[1].Rollback != rows[0].Deployment {
		t.Errorf("history: %+v", rows)
	}
	tells(t, r.shown(0, "history", website, "--most", "2"), "DEPLOYMENT", "rolls back "+rows[1].Deployment, "Failed")

	e := parsed[explanation](r, "explain", website, "v2")
	if e.Image == nil || !e.Image.InRegistry || len(e.Image.Runs) != 0 || len(e.Deployments) != 1 || e.Deployments[0].Deployment != rows[1].Deployment ||
		e.Deployments[0].Started == nil || e.Deployments[0].Verdict == nil || len(e.Deployments[0].Events) != 8 {
		t.Errorf("v2: %+v", e)
	}
	if said := e.Image.Said; len(said) < 2 || said[0].Decision != release.Deploy || said[len(said)-1].Decision != release.Hold {
		t.Errorf("of v2 was said %+v", said)
	}
	tells(t, r.shown(0, "explain", website, "sample-website:v1"), "its tag is taken by the policy", "it runs: its task set is PRIMARY", "was never tried and nothing stands in its way")
	tells(t, r.shown(0, "explain", website, "nightly"), "the registry does not have it", `its tag is not taken: it does not match the glob "v*"`)
	tells(t, r.shown(0, "explain", website, rows[1].Deployment), "event    AfterAllowTestTraffic Failed", "judged   Failed", "then     rolled back by "+rows[0].Deployment)
	tells(t, r.shown(1, "explain", website, "d-NOBODYSID"), "CodeDeploy does not know this deployment: d-NOBODYSID")

	r.hands(0, "suspend", "--why", "the sale")
	r.push("v3", r.site(runtime.GOARCH, "SITE_VERSION=v3"), r.password())
	r.push("v4", r.site(runtime.GOARCH, "SITE_VERSION=v4"), r.password())
	r.logged("sample-website-release", `"decision":"Hold"`, "sample-website:v4@")
	tells(t, r.shown(0, "explain", website, "v4"), "releases are suspended: by ", "Hold: ")
}

func TestWhatTheLoopSaysAgainAndAgainIsToldOnce(t *testing.T) {
	image := live.Image{Repository: "web", Tag: "v2", Digest: "sha256:2"}
	start := time.Date(2026, 11, 29, 7, 0, 0, 0, time.UTC)
	var heard []told
	for i, o := range []struct {
		decision release.Verdict
		reason   string
	}{
		{release.Busy, "deployment d-1 moved production 2s ago and is observed for 5m0s"},
		{release.Busy, "deployment d-1 moved production 8s ago and is observed for 5m0s"},
		{release.Busy, "deployment d-1 moved production 1m58s ago and is observed for 5m0s"},
		{release.Busy, "deployment d-2 moved production 2s ago and is observed for 5m0s"},
		{release.Deploy, "deployment d-2 moved production 2s ago and is observed for 5m0s"},
	} {
		heard = append(heard, told{At: start.Add(time.Duration(i) * time.Second),
			Outcome: &release.Outcome{Decision: o.decision, Reason: o.reason, Image: "web:v2@sha256:2"}})
	}
	got := sayings(heard, image)
	if len(got) != 3 || got[0].At != start || got[0].Until == nil || *got[0].Until != start.Add(2*time.Second) ||
		got[0].Reason != heard[2].Outcome.Reason || got[1].Until != nil {
		t.Errorf("%+v", got)
	}
}
