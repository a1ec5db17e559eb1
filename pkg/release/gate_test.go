package release

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	cwtypes "github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	"github.com/google/go-cmp/cmp"

	"github.com/cutover-ecs/cutover/pkg/call/cloudwatch"
	"github.com/cutover-ecs/cutover/pkg/call/lambda"
	"github.com/cutover-ecs/cutover/pkg/live"
)

const (
	gatesFunction = "arn:aws:lambda:us-east-1:111122223333:function:approve"
	gated         = `{"name": "sample-website", "gates": {"function": "` + gatesFunction + `"}}`
	// frozenAt is frozen when the world's clock stands: 5:00 on a Monday.
	frozenAt = `{"name": "sample-website", "gates": {"freeze": [{"name": "the sale", "from": "04:30", "to": "06:00"}]}}`
)

func answers(text string) func([]byte) *lambda.InvokeOutput {
	return func([]byte) *lambda.InvokeOutput { return &lambda.InvokeOutput{Payload: []byte(text)} }
}

// toRelease is a world in which v2 would be released.
func toRelease() *world {
	return newWorld(image(v2, "latest")).runs(wished(1)).had(deployment(wished(1), succeeded))
}

func TestAGateFunctionIsAskedWhatWouldBeReleasedAndLetsItThrough(t *testing.T) {
	w := toRelease()
	var request GateRequest
	w.gate = func(asked []byte) *lambda.InvokeOutput {
		if err := json.Unmarshal(asked, &request); err != nil {
			t.Error(err)
		}
		return &lambda.InvokeOutput{Payload: []byte(`{"open": true}`)}
	}
	got, err := w.handle(t, deployedWith(gated), byInvocation)
	if err != nil || got.Decision != Deploy || count(w.calls, "CreateDeployment") != 1 || count(w.calls, "Invoke") != 1 {
		t.Fatalf("got %+v, %v; %v", got, err, w.calls)
	}
	const registry = "111122223333.dkr.ecr.us-east-1.amazonaws.com/sample-website@"
	want := GateRequest{Version: 1, Service: "sample-website", Cluster: "cutover", Wish: wished(v2).Hash(), Base: baseARN, Event: "invocation by hand",
		Images: []GateImage{{Container: "sample-website", Reference: registry + digestOf(v2), Tag: "latest", Pushed: pushed.Add(v2 * time.Minute), Live: registry + digestOf(1)}}}
	if d := cmp.Diff(want, request); d != "" {
		t.Error(d)
	}
	for _, in := range w.sent {
		if i, ok := in.(*lambda.InvokeInput); ok && i.FunctionName != gatesFunction {
			t.Errorf("%s is asked", i.FunctionName)
		}
	}
}

func TestAGateFunctionThatDoesNotSayYesHolds(t *testing.T) {
	for name, c := range map[string]struct {
		gate func([]byte) *lambda.InvokeOutput
		fail error
		want string
	}{
		"no, with its reason":    {answers(`{"open": false, "reason": "ticket OPS-7 is not approved"}`), nil, "the gate function holds sample-website:latest: ticket OPS-7 is not approved"},
		"no, without one":        {answers(`{"open": false}`), nil, "it gives no reason"},
		"a reason of many lines": {answers(`{"open": false, "reason": "a\n\tb\u0007"}`), nil, ": a b"},
		"something else":         {answers(`"yes"`), nil, `its answer is not {"open": true}`},
		"open in other words":    {answers(`{"Allowed": true}`), nil, `its answer is not {"open": true}`},
		"nothing":                {answers(``), nil, `its answer is not {"open": true}`},
		"open as text":           {answers(`{"open": "true"}`), nil, `its answer is not {"open": true}`},
		"too much":               {answers(`{"open": true, "reason": "` + strings.Repeat("a", mostAnswer) + `"}`), nil, "at most 65536 are read"},
		"it failed": {func([]byte) *lambda.InvokeOutput {
			return &lambda.InvokeOutput{FunctionError: "Unhandled", Payload: []byte(`{"open": true, "errorMessage": "no network"}`)}
		}, nil, "it failed: {\"open\": true, \"errorMessage\": \"no network\"}"},
		"it is not there": {nil, errors.New("ResourceNotFoundException: Function not found"), "it could not be asked: ResourceNotFoundException"},
	} {
		t.Run(name, func(t *testing.T) {
			w := toRelease()
			w.gate = c.gate
			if c.fail != nil {
				w.fail["Invoke"] = c.fail
			}
			got, err := w.handle(t, deployedWith(gated), byInvocation)
			if err != nil || got.Decision != Hold || !strings.Contains(got.Reason, c.want) || count(w.calls, "CreateDeployment") > 0 {
				t.Errorf("got %+v, %v", got, err)
			}
			if len(got.Reason) > 3*mostReason {
				t.Errorf("the reason has %d bytes", len(got.Reason))
			}
		})
	}
}

func TestAGateFunctionIsAskedOnlyBeforeSomethingIsDone(t *testing.T) {
	alarmed := toRelease()
	alarmed.alarms = []cloudwatch.Alarm{{AlarmName: "loud", StateValue: cwtypes.StateValueAlarm}}
	for name, w := range map[string]*world{
		"it is live":      newWorld(image(1, "latest")).runs(wished(1)),
		"it was tried":    newWorld(image(v2, "latest")).runs(wished(1)).had(deployment(wished(v2), failed)),
		"an alarm fires":  alarmed,
		"it is under way": newWorld(image(v2, "latest")).runs(wished(1)).had(deployment(wished(v2), inProgress)),
	} {
		t.Run(name, func(t *testing.T) {
			if got, err := w.handle(t, deployedWith(gated), byInvocation); err != nil || count(w.calls, "Invoke") > 0 {
				t.Errorf("got %+v, %v: %v", got, err, w.calls)
			}
		})
	}
}

func TestNothingMakesRoomForWhatAGateHolds(t *testing.T) {
	w := newWorld(image(3, "latest")).runs(wished(v2)).had(waiting(wished(v2)))
	w.moved(time.Hour)
	w.gate = answers(`{"open": false, "reason": "no"}`)
	got, err := w.handle(t, deployedWith(gated), byInvocation)
	if err != nil || got.Decision != Hold || count(w.calls, "ContinueDeployment") > 0 {
		t.Errorf("got %+v, %v", got, err)
	}
}

func TestAReleaseThroughAGateFunctionCostsOneCallMore(t *testing.T) {
	calls := func(description string) int {
		w := toRelease()
		w.gate = answers(`{"open": true}`)
		if got, err := w.handle(t, deployedWith(description), byInvocation); err != nil || got.Decision != Deploy {
			t.Fatalf("got %+v, %v", got, err)
		}
		return len(w.calls)
	}
	if without, with := calls(`{"name": "sample-website"}`), calls(gated); with != without+1 {
		t.Errorf("%d calls with a gate function, %d without", with, without)
	}
}

func TestAFreezeHoldsUntilItEndsUnlessAnOperatorThaws(t *testing.T) {
	w := toRelease()
	got, err := w.handle(t, deployedWith(frozenAt), byInvocation)
	if want := "releases are frozen until 2026-11-23T06:00:00Z (the sale); what is newest then goes out, and cutover thaw releases now"; err != nil ||
		got.Decision != Hold || got.Reason != want || got.Until == nil || !got.Until.Equal(time.Date(2026, 11, 23, 6, 0, 0, 0, time.UTC)) {
		t.Errorf("got %+v, %v", got, err)
	}
	tag(w, live.TagThaw, "by alice until 2026-11-23T05:30:00Z because of a hotfix")
	if got, err = w.handle(t, deployedWith(frozenAt), byInvocation); err != nil || got.Decision != Deploy ||
		!strings.Contains(got.Reason, "though releases are frozen (the sale): by alice until 2026-11-23T05:30:00Z because of a hotfix") {
		t.Errorf("thawed: %+v, %v", got, err)
	}
	w = toRelease()
	tag(w, live.TagThaw, "by alice until 2026-11-23T04:59:59Z")
	if got, err = w.handle(t, deployedWith(frozenAt), byInvocation); err != nil || got.Decision != Hold {
		t.Errorf("after the thaw: %+v, %v", got, err)
	}
	w.At = time.Date(2026, 11, 23, 6, 0, 0, 0, time.UTC)
	if got, err = w.handle(t, deployedWith(frozenAt), byInvocation); err != nil || got.Decision != Deploy {
		t.Errorf("when it ends: %+v, %v", got, err)
	}
}

func TestGoingBackPassesEveryGate(t *testing.T) {
	w := newWorld(image(1, "v1"), image(v2, "latest")).runs(wished(v2)).had(deployment(wished(v2), succeeded), deployment(wished(1), succeeded))
	tag(w, live.TagBlocked, digestOf(v2)+" to "+digestOf(1))
	w.gate = answers(`{"open": false, "reason": "no"}`)
	both := strings.TrimSuffix(frozenAt, "}}") + `, "function": "` + gatesFunction + `"}}`
	if got, err := w.handle(t, deployedWith(both), byInvocation); err != nil || got.Decision != Deploy || count(w.calls, "Invoke") > 0 {
		t.Errorf("got %+v, %v: %v", got, err, w.calls)
	}
}

func TestGoingBackDoesNotWaitForWhatAGateHolds(t *testing.T) {
	for name, images := range map[string][]string{"by a glob": {"v1", "v2", "v3"}, "by an exact tag": {"a", "b", "latest"}} {
		t.Run(name, func(t *testing.T) {
			description := strings.Replace(frozenAt, `"gates"`, `"image": {"tag": "v*"}, "gates"`, 1)
			if images[2] == "latest" {
				description = frozenAt
			}
			w := newWorld(image(1, images[0]), image(2, images[1]), image(3, images[2]))
			w.runs(wished(2)).had(deployment(wished(2), succeeded), deployment(wished(1), succeeded))
			tag(w, live.TagBlocked, digestOf(2)+" to "+digestOf(1))
			got, err := w.handle(t, deployedWith(description), byInvocation)
			if err != nil || got.Decision != Deploy || !strings.Contains(got.Image, digestOf(1)) || !strings.Contains(got.Reason, "releases are frozen until") {
				t.Errorf("got %+v, %v", got, err)
			}
			w.runs(wished(1))
			if got, err = w.handle(t, deployedWith(description), byInvocation); err != nil || got.Decision != Hold {
				t.Errorf("then: %+v, %v", got, err)
			}
		})
	}
}

func TestNothingMakesRoomShortlyBeforeAFreeze(t *testing.T) {
	for name, c := range map[string]struct {
		from, thaw string
		makesRoom  bool
	}{
		"a freeze in ten minutes":                       {"05:10", "", false},
		"a freeze in half an hour":                      {"05:30", "", true},
		"a freeze in ten minutes, thawed beyond":        {"05:10", "by alice until 2026-11-23T05:40:00Z", true},
		"a freeze in ten minutes, thawed not so long":   {"05:10", "by alice until 2026-11-23T05:12:00Z", false},
		"a freeze that begins while a thaw is about to": {"04:50", "by alice until 2026-11-23T05:05:00Z", false},
	} {
		description := `{"name": "sample-website", "whenNewer": {"inProgress": "stop"}, "gates": {"freeze": [{"name": "the sale", "from": "` + c.from + `", "to": "06:00"}]}}`
		t.Run(name+", a deployment under way", func(t *testing.T) {
			w := newWorld(image(3, "latest")).runs(wished(1)).had(deployment(wished(v2), inProgress))
			if c.thaw != "" {
				tag(w, live.TagThaw, c.thaw)
			}
			got, err := w.handle(t, deployedWith(description), byInvocation)
			if err != nil || (got.Decision == Stop) != c.makesRoom || !c.makesRoom && (got.Decision != Busy || !strings.Contains(got.Reason, "about to be frozen (the sale)")) {
				t.Errorf("got %+v, %v", got, err)
			}
		})
		t.Run(name+", a wait to terminate blue", func(t *testing.T) {
			w := newWorld(image(3, "latest")).runs(wished(v2)).had(waiting(wished(v2)))
			w.moved(time.Hour)
			if c.thaw != "" {
				tag(w, live.TagThaw, c.thaw)
			}
			got, err := w.handle(t, deployedWith(description), byInvocation)
			if err != nil || (got.Decision == Finish) != c.makesRoom || !c.makesRoom && (got.Decision != Busy || !strings.Contains(got.Reason, "about to be frozen (the sale)")) {
				t.Errorf("got %+v, %v", got, err)
			}
		})
	}
}

func TestAGateFunctionIsAskedAboutWhatGoesOutInThePlaceOfABlockedImage(t *testing.T) {
	w := newWorld(image(v2, "latest")).runs(wished(1, "2"))
	tag(w, live.TagBlocked, digestOf(v2)+" to "+digestOf(v2))
	var request GateRequest
	w.gate = func(asked []byte) *lambda.InvokeOutput {
		if err := json.Unmarshal(asked, &request); err != nil {
			t.Error(err)
		}
		return &lambda.InvokeOutput{Payload: []byte(`{"open": false, "reason": "no"}`)}
	}
	got, err := w.handle(t, deployedWith(gated), byInvocation)
	if err != nil || got.Decision != Hold || request.Wish != wished(1).Hash() || request.Order != "" {
		t.Errorf("got %+v, %v; asked about %+v", got, err, request)
	}
}
