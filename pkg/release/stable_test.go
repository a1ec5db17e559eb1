package release

import (
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	cdtypes "github.com/aws/aws-sdk-go-v2/service/codedeploy/types"
	"pgregory.net/rapid"

	"github.com/cutover-ecs/cutover/pkg/call/ecr"
	"github.com/cutover-ecs/cutover/pkg/config"
	"github.com/cutover-ecs/cutover/pkg/live"
)

// anything draws a situation: some images, some history, something live, parts missing, operator's tags.
func anything(t *rapid.T) (config.Deployed, *world) {
	d := deployedWith(rapid.SampledFrom([]string{"", glob, imageOf(`{"regexp": "v([0-9]+)", "order": "number"}`), `{"name": "sample-website", "image": {"tag": "v*"}, "settle": "58m"}`,
		`{"name": "sample-website", "whenNewer": {"inProgress": "stop"}}`,
		`{"name": "sample-website", "whenNewer": {"terminationWait": "wait"}}`}).Draw(t, "config"))
	tagOf := func() string {
		return rapid.SampledFrom([]string{takenTag(d), takenTag(d), "latest", "v2"}).Draw(t, "tag")
	}
	number := rapid.IntRange(1, 6)
	var images []ecr.ImageDetail
	for n := range rapid.IntRange(0, 6).Draw(t, "images") {
		images = append(images, image(n+1, tagOf()))
	}
	w := newWorld(images...)
	some := func(text string) bool { return rapid.IntRange(0, 9).Draw(t, text) == 0 }
	base := func(wish live.Wish) live.Wish {
		if some("another base") {
			wish.Base += "9"
		}
		return wish
	}
	if rapid.Bool().Draw(t, "released before") {
		w.runs(base(wishFor(d, number.Draw(t, "live"), takenTag(d))))
	}
	var history []cdtypes.DeploymentInfo
	for i := range rapid.IntRange(0, 5).Draw(t, "deployments") {
		status := rapid.SampledFrom([]cdtypes.DeploymentStatus{succeeded, failed, stopped}).Draw(t, "ended")
		if i == 0 && rapid.IntRange(0, 3).Draw(t, "active") == 0 {
			status = rapid.SampledFrom([]cdtypes.DeploymentStatus{inProgress, "Created", "Queued", "Ready", "Baking", "Unheard"}).Draw(t, "status")
		}
		one := deployment(base(wishFor(d, number.Draw(t, "tried"), takenTag(d))), status)
		switch rapid.IntRange(0, 5).Draw(t, "kind") {
		case 0:
			one = byHandIn(status)
		case 1:
			one = rolledBack(status)
		case 2:
			one = failedBy(one, rapid.SampledFrom([]cdtypes.ErrorCode{cdtypes.ErrorCodeInternalError, cdtypes.ErrorCodeTimeout}).Draw(t, "code"))
		}
		one.InstanceTerminationWaitTimeStarted = underWay(status) && rapid.Bool().Draw(t, "waits")
		history = append(history, one)
	}
	w.had(history...)
	if rapid.Bool().Draw(t, "moved") {
		w.Moved = w.At.Add(-time.Duration(rapid.IntRange(0, 10).Draw(t, "minutes")) * time.Minute)
	}
	if some("suspended") {
		tag(w, live.TagSuspend, rapid.String().Draw(t, "words"))
	}
	if some("pinned") {
		tag(w, live.TagPin, rapid.SampledFrom([]string{"", "v2", digestOf(1)}).Draw(t, "pin"))
	}
	if some("alarm") {
		w.Firing = []string{"alarm"}
	}
	for missing, take := range map[string]func(){
		"service":  func() { w.Service = nil },
		"group":    func() { w.Group = nil },
		"base":     func() { w.Base = nil },
		"PRIMARY":  func() { w.Primary = nil },
		"listener": func() { w.Listener = nil },
	} {
		if rapid.IntRange(0, 29).Draw(t, "no "+missing) == 0 {
			take()
		}
	}
	return d, w
}

func takenTag(d config.Deployed) string {
	if d.Service.Image.Exact() {
		return "latest"
	}
	return "v1"
}

func TestDecideIsTotalAndAlwaysGivesItsReason(t *testing.T) {
	known := map[Verdict]bool{Wait: true, Current: true, Hold: true, Refuse: true, Busy: true, Finish: true, Stop: true, Deploy: true}
	rapid.Check(t, func(t *rapid.T) {
		d, w := anything(t)
		desired := Wanted(d, w.Images)
		got := Decide(desired, w.Observed)
		if !known[got.Verdict] || got.Reason == "" {
			t.Fatalf("got %+v", got)
		}
		if again := Decide(desired, w.Observed); again.Verdict != got.Verdict || again.Reason != got.Reason {
			t.Fatalf("first %+v, then %+v", got, again)
		}
		if (got.Verdict == Finish || got.Verdict == Stop) && got.Deployment == "" {
			t.Fatalf("%s names no deployment", got.Verdict)
		}
		if _, busy := w.active(); busy && got.Verdict == Deploy {
			t.Fatalf("%s while another deployment is active: %s", got.Verdict, got.Reason)
		}
	})
	if got := Decide(Desired{}, Observed{}); got.Verdict != Wait {
		t.Errorf("of nothing at all: %+v", got)
	}
}

func TestDecidingAgainAfterActingGivesCurrentOrBusyAndNeverAnotherTry(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d, w := anything(t)
		desired := Wanted(d, w.Images)
		first := Decide(desired, w.Observed)
		if first.Verdict != Deploy || w.Base == nil {
			t.Skip("nothing to do")
		}
		started := deployment(first.Wish, "Created")
		started.DeploymentId, started.CreateTime = aws.String("d-NEW"), &w.At
		w.Deployments = append([]cdtypes.DeploymentInfo{started}, w.Deployments...)
		if got := Decide(desired, w.Observed); got.Verdict != Busy && got.Verdict != Current || got.Deployment != "d-NEW" {
			t.Fatalf("under way: %+v", got)
		}
		w.Deployments[0].Status = rapid.SampledFrom([]cdtypes.DeploymentStatus{failed, stopped}).Draw(t, "outcome")
		if got := Decide(desired, w.Observed); got.Verdict == Deploy && got.Wish.Hash() == first.Wish.Hash() {
			t.Fatalf("it is tried again: %+v", got)
		}
		w.Deployments[0].Status = succeeded
		w.runs(first.Wish)
		if got := Decide(desired, w.Observed); got.Verdict != Current && got.Verdict != Hold {
			t.Fatalf("it is live: %+v", got)
		}
	})
}

func BenchmarkDecide(b *testing.B) {
	w := newWorld(image(v2, "latest"))
	w.runs(wished(1))
	var history []cdtypes.DeploymentInfo
	for range newestDeployments {
		history = append(history, deployment(wished(1), succeeded))
	}
	w.had(history...)
	desired := Wanted(deployedWith(""), w.Images)
	b.ReportAllocs()
	for b.Loop() {
		if d := Decide(desired, w.Observed); d.Verdict != Deploy {
			b.Fatal(d)
		}
	}
	ours := b.Elapsed()
	b.StopTimer()
	// The floor: whatever is decided, the history's descriptions have to be read.
	start := time.Now()
	for range b.N {
		for i := range history {
			live.ParseDescription(aws.ToString(history[i].Description))
		}
	}
	b.ReportMetric(float64(ours)/float64(time.Since(start)), "x_reading_history")
}
