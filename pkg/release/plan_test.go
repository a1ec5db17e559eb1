package release

import (
	"slices"
	"strings"
	"testing"

	cwtypes "github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	"github.com/aws/smithy-go"

	"github.com/cutover-ecs/cutover/pkg/call/cloudwatch"
	"github.com/cutover-ecs/cutover/pkg/live"
	"github.com/cutover-ecs/cutover/pkg/live/oci"
)

// plans has the loop of a service plan the release of an image, as if it were pinned.
func (w *world) plans(t *testing.T, service string, labels *labelled) Plan {
	t.Helper()
	loop := w.loop(deployedWith(service))
	if labels != nil {
		loop.aws.Labels = labels
	}
	p, err := loop.Plan(t.Context(), map[string]string{live.TagPin: digestOf(v2) + " by alice"}, false)
	if err != nil {
		t.Fatal(err)
	}
	for _, call := range w.calls {
		for _, write := range []string{"Register", "Create", "Tag", "Untag", "Update", "Stop", "Continue", "Deregister"} {
			if strings.HasPrefix(call, write) {
				t.Errorf("a plan called %s", call)
			}
		}
	}
	return p
}

func TestAPlanTellsEveryReasonForWhichTheLoopWouldNotRelease(t *testing.T) {
	w := toRelease()
	w.scan, w.gate = finds("CVE-2026-1 CRITICAL"), answers(`{"open": false, "reason": "OPS-7"}`)
	tag(w, live.TagSuspend, "by bob because of the sale")
	w.alarms = []cloudwatch.Alarm{{AlarmName: "sample-website-tg-1-5xx", StateValue: cwtypes.StateValueAlarm}}
	p := w.plans(t, `{"name": "sample-website", "verify": {"version": {"header": "X-Revision", "is": "revision"}},
		"gates": {"scan": {}, "freeze": [{"name": "the sale", "from": "04:30", "to": "06:00"}], "function": "`+gatesFunction+`"}}`,
		newLabelled(t, map[string]string{digestOf(v2): "{}"}))
	if p.Decision.Verdict != Hold || !strings.Contains(p.Decision.Reason, "releases are suspended") {
		t.Errorf("decided: %+v", p.Decision)
	}
	for _, words := range []string{"releases are frozen until 2026-11-23T06:00:00Z (the sale)", "sample-website-tg-1-5xx is firing", "has no label " + oci.Revision,
		"the scan gate holds sample-website:latest: its scan found 1 critical"} {
		if !slices.ContainsFunc(p.Also, func(reason string) bool { return strings.Contains(reason, words) }) {
			t.Errorf("it does not tell %q: %q", words, p.Also)
		}
	}
	if count(w.calls, "Invoke") != 0 {
		t.Error("the gate function is asked about what is held anyhow")
	}
}

func TestAPlanAsksWhatTheLoopAsks(t *testing.T) {
	for name, c := range map[string]struct {
		service string
		scan    scanAnswer
		gate    string
		label   string
		verdict Verdict
		words   string
	}{
		"a label that is not there": {service: proving, label: "{}", verdict: Refuse, words: "has no label " + oci.Revision},
		"a label":                   {service: proving, label: revisionOf("4f5e6d7"), verdict: Deploy, words: "is pinned"},
		"a scan":                    {service: scanning, scan: finds("CVE-2026-1 CRITICAL"), verdict: Hold, words: "the scan gate holds sample-website"},
		"a scan that speaks for it": {service: scanning, scan: finds(), verdict: Deploy, words: "is pinned"},
		"a gate function":           {service: gated, gate: `{"open": false, "reason": "OPS-7 is not approved"}`, verdict: Hold, words: "OPS-7 is not approved"},
		"a gate function's yes":     {service: gated, gate: `{"open": true}`, verdict: Deploy, words: "is pinned"},
		"a freeze":                  {service: frozenAt, verdict: Hold, words: "releases are frozen until"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(image(v2, "v2"), image(3, "latest")).runs(wished(1)).had(deployment(wished(1), succeeded))
			if w.scan = c.scan; c.gate != "" {
				w.gate = answers(c.gate)
			}
			p := w.plans(t, c.service, newLabelled(t, map[string]string{digestOf(v2): c.label}))
			if p.Decision.Verdict != c.verdict || !strings.Contains(p.Decision.Reason, c.words) || len(p.Also) > 0 || len(p.Unasked) > 0 {
				t.Errorf("%+v", p)
			}
		})
	}
}

func TestWhatAPlannerMayNotAskIsToldAndHoldsNothing(t *testing.T) {
	denied := &smithy.GenericAPIError{Code: "AccessDeniedException", Message: "bob may not"}
	w := newWorld(image(v2, "v2"), image(3, "latest")).runs(wished(1)).had(deployment(wished(1), succeeded))
	w.scan = answersScan(nil, denied)
	w.fail["Invoke"] = denied
	labels := newLabelled(t, map[string]string{digestOf(v2): revisionOf("4f5e6d7")})
	labels.err = denied
	p := w.plans(t, `{"name": "sample-website", "verify": {"version": {"header": "X-Revision", "is": "revision"}}, "gates": {"scan": {}, "function": "`+gatesFunction+`"}}`, labels)
	if p.Decision.Verdict != Deploy || len(p.Unasked) != 3 {
		t.Fatalf("%+v", p)
	}
	for i, words := range []string{"the scan of sample-website:v2: you may not ask", "the label of sample-website:v2: ", "the gate function: "} {
		if !strings.Contains(p.Unasked[i], words) {
			t.Errorf("it does not tell %q: %q", words, p.Unasked[i])
		}
	}

	w.fail["Invoke"] = denied // the function itself is not so lenient
	if got, err := w.handle(t, deployedWith(gated), byInvocation); err != nil || got.Decision != Hold {
		t.Errorf("the loop: %+v %v", got, err)
	}
}
