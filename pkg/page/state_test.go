package page

import (
	"strings"
	"testing"
	"time"

	"github.com/cutover-ecs/cutover/pkg/live"
	"github.com/cutover-ecs/cutover/pkg/verify"
)

var noon = time.Date(2026, 11, 29, 12, 0, 0, 0, time.UTC)

func after(seconds int) *time.Time {
	t := noon.Add(time.Duration(seconds) * time.Second)
	return &t
}

// events are CodeDeploy's, of which the first so many succeeded and the next has this status.
func events(over int, next string) []live.EventStatus {
	var all []live.EventStatus
	for i, name := range []string{"BeforeInstall", "Install", "AfterInstall", "AllowTestTraffic", "AfterAllowTestTraffic", "BeforeAllowTraffic", "AllowTraffic", "AfterAllowTraffic"} {
		e := live.EventStatus{Name: name, Status: "Pending"}
		switch {
		case i < over:
			e.Status, e.Start, e.End = "Succeeded", after(i), after(i+1)
		case i == over && next != "":
			e.Status, e.Start = next, after(i)
			if next == "Failed" {
				e.End = after(i + 1)
			}
		}
		all = append(all, e)
	}
	return all
}

func deployment(status string, events []live.EventStatus) *live.DeploymentStatus {
	d := &live.DeploymentStatus{ID: "d-2", Status: status, Created: noon, Events: events}
	if status != "InProgress" {
		d.Completed = after(9)
	}
	return d
}

var beside = []live.TaskSetStatus{
	{ID: "1", Status: "PRIMARY", Label: "blue", Image: "shop:v1@sha256:1234567890abcdef", TargetGroup: "a", Production: 100},
	{ID: "2", Status: "ACTIVE", Label: "green", Image: "shop:v2@sha256:abcdef1234567890", TargetGroup: "b", Test: 100},
}

func seenAs(d *live.DeploymentStatus) Seen {
	return Seen{Status: live.Status{Deployment: d, TaskSets: beside, At: noon},
		Past: []live.Past{{Deployment: "d-2", Brought: "shop:v2@sha256:abcdef123456…"}}}
}

func outline(s State) string {
	var states []string
	for _, step := range s.Steps {
		states = append(states, step.Name+" "+step.State)
	}
	return strings.Join(states, ", ")
}

func TestTheStoryAndTheWayFollowTheDeployment(t *testing.T) {
	terminating := deployment("InProgress", events(8, ""))
	terminating.Terminating, terminating.BlueEnds = true, after(3600)
	shifting := seenAs(deployment("InProgress", events(6, "InProgress")))
	shifting.TaskSets = []live.TaskSetStatus{beside[0], beside[1]}
	shifting.TaskSets[1].Production = 30
	for name, c := range map[string]struct {
		seen             Seen
		tone, story, way string
	}{
		"before the first": {Seen{}, "quiet", "Nothing has been released yet: push an image.",
			"Push waiting, Green starts waiting, Green is judged waiting, Production moves waiting, Blue is kept waiting, Finished waiting"},
		"just begun": {seenAs(deployment("InProgress", nil)), "busy", "v2 was pushed; its deployment begins.",
			"Push done, Green starts waiting, Green is judged waiting, Production moves waiting, Blue is kept waiting, Finished waiting"},
		"green starts": {seenAs(deployment("InProgress", events(1, "InProgress"))), "busy", "v2 starts beside what serves.",
			"Push done, Green starts running, Green is judged waiting, Production moves waiting, Blue is kept waiting, Finished waiting"},
		"judged": {seenAs(deployment("InProgress", events(4, "InProgress"))), "busy", "v2 is judged on the test listener; no user sees it yet.",
			"Push done, Green starts done, Green is judged running, Production moves waiting, Blue is kept waiting, Finished waiting"},
		"shifting": {shifting, "busy", "Production moves to v2: 30 % so far.",
			"Push done, Green starts done, Green is judged done, Production moves running, Blue is kept waiting, Finished waiting"},
		"blue is kept": {seenAs(terminating), "good", "v2 is live. Blue is still kept, so that going back takes seconds.",
			"Push done, Green starts done, Green is judged done, Production moves done, Blue is kept running, Finished waiting"},
		"finished": {seenAs(deployment("Succeeded", events(8, ""))), "good", "v2 is live.",
			"Push done, Green starts done, Green is judged done, Production moves done, Blue is kept done, Finished done"},
		"failed without a rollback": {seenAs(deployment("Failed", events(4, "Failed"))), "bad", "v2 was refused. v1 serves.",
			"Push done, Green starts done, Green is judged failed, Production moves waiting, Ended undone"},
	} {
		t.Run(name, func(t *testing.T) {
			s := Tell(c.seen)
			if s.Story.Tone != c.tone || s.Story.Text != c.story || outline(s) != c.way {
				t.Errorf("%s: %s\n%s", s.Story.Tone, s.Story.Text, outline(s))
			}
		})
	}
}

func TestADeploymentThatIsRolledBackStaysInThePictureWithItsReason(t *testing.T) {
	failed := deployment("Failed", events(4, "Failed"))
	failed.Error, failed.Rollback = "HOOK_EXECUTION_FAILURE: a hook failed", "d-3"
	seen := seenAs(&live.DeploymentStatus{ID: "d-3", Status: "InProgress", RollsBack: "d-2", Created: *after(9)})
	seen.Undone = failed
	seen.Past[0].Why = "the body does not contain it"
	seen.Verdict = &verify.Verdict{Report: "https://example/report", Checks: []verify.CheckResult{{Name: "home"}, {Name: "cart", Problems: []string{"status is 500"}}}, NotMade: []string{"order"}}
	s := Tell(seen)
	if s.Shown.ID != "d-2" || s.Story != (Story{Tone: "bad", Text: "v2 was refused and is being rolled back.", Reason: "the body does not contain it", Report: "https://example/report"}) {
		t.Errorf("%+v", s.Story)
	}
	var checks []string
	for _, c := range s.Checks {
		checks = append(checks, c.Name+" "+c.State)
	}
	if got := strings.Join(checks, ", "); got != "home passed, cart failed, order not made" {
		t.Error(got)
	}
	if got := outline(s); !strings.HasSuffix(got, "Green is judged failed, Production moves waiting, Rolled back running") {
		t.Error(got)
	}
	seen.Deployment.Status, seen.Deployment.Completed = "Succeeded", after(10)
	if s := Tell(seen); s.Story.Text != "v2 was refused. v1 serves." || !strings.HasSuffix(outline(s), "Rolled back undone") {
		t.Errorf("%s %s", s.Story.Text, outline(s))
	}
}

func TestChecksAreShownAsTheyPass(t *testing.T) {
	seen := seenAs(deployment("InProgress", events(4, "InProgress")))
	seen.Progress = []verify.Progress{{Check: "home", LatencyMS: 3, Made: 1, All: 3}, {Check: "cart", Made: 2, All: 3}}
	var got []string
	for _, c := range Tell(seen).Checks {
		got = append(got, c.Name+" "+c.State)
	}
	if strings.Join(got, ", ") != "home passed, cart passed, check 3 waiting" {
		t.Error(got)
	}
}

func TestWhatTheReleaseLoopHoldsIsToldOnceAndWhileItIsNews(t *testing.T) {
	seen := seenAs(deployment("Succeeded", events(8, "")))
	for _, c := range []struct {
		said Said
		told bool
	}{
		{Said{At: *after(60), Decision: "Hold", Reason: "suspended by ann"}, true},
		{Said{At: *after(-60), Decision: "Hold", Reason: "suspended by ann"}, false},
		{Said{At: *after(60), Decision: "Current", Released: true}, false},
		{Said{At: *after(60), Decision: "Hold", Reason: "v2 was tried by deployment d-2"}, false},
	} {
		seen.Said = &c.said
		if got := Tell(seen).Said != nil; got != c.told {
			t.Errorf("%+v is told: %t", c.said, got)
		}
	}
}

func TestVersionsHaveShortNames(t *testing.T) {
	for images, want := range map[string]string{
		"shop:v2@sha256:abcdef":                        "v2",
		"public.ecr.aws/docker/library/caddy:2-alpine": "caddy:2-alpine",
		"shop@sha256:0123456789abcdef":                 "shop 0123456789ab",
		"shop:v2@sha256:aa proxy:v7@sha256:bb":         "shop:v2 proxy:v7",
		"rolls back d-1":                               "rolls back d-1",
		"something by hand":                            "something by hand",
		"":                                             "",
		"111122223333.dkr.ecr.eu/shop:v3@sha256:abcdef…": "v3",
	} {
		if got := version(images); got != want {
			t.Errorf("%q is %q, not %q", images, got, want)
		}
	}
}

func TestTrafficBelongsToTheVersionInItsTargetGroup(t *testing.T) {
	var m meter
	m.learn(Tell(seenAs(deployment("InProgress", nil))))
	if _, ok := m.count(noon, Answered{Production: map[string]Count{"a": {All: 1000}}}); ok {
		t.Error("what was answered before anybody looked is a sample")
	}
	s, ok := m.count(*after(1), Answered{Production: map[string]Count{"a": {All: 1020}, "b": {All: 5, Failed: 2}, "": {All: 1, Failed: 1}}, Test: map[string]Count{"b": {All: 3}}})
	want := []Share{{"no target", 1, 1}, {"v1", 20, 0}, {"v2", 5, 2}}
	if !ok || len(s.Production) != 3 || s.Production[0] != want[0] || s.Production[1] != want[1] || s.Production[2] != want[2] || len(s.Test) != 1 {
		t.Errorf("%+v", s)
	}
	if w := weights(Tell(seenAs(nil))); len(w.Production) != 1 || w.Production[0] != (Share{Version: "v1", All: 100}) || w.Test[0].Version != "v2" {
		t.Errorf("%+v", w)
	}
}
