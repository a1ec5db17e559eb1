package release

import (
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	cwtypes "github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"

	"github.com/cutover-ecs/cutover/pkg/call/cloudwatch"
	"github.com/cutover-ecs/cutover/pkg/call/codedeploy"
	"github.com/cutover-ecs/cutover/pkg/live"
)

func TestAnImageThatItsTagHasLeftIsPinnedAtTheCostOfOneCall(t *testing.T) {
	w := newWorld(image(v2, "latest"), image(1))
	w.runs(wished(v2)).had(deployment(wished(v2), succeeded))
	tag(w, live.TagPin, "v1@"+digestOf(1)+" by alice because v2 is slow")
	got, err := w.handle(t, deployedWith(""), byInvocation)
	if err != nil || got.Decision != Deploy || got.Image != "sample-website:v1@"+digestOf(1) || !strings.Contains(got.Reason, "by alice because v2 is slow") {
		t.Fatalf("%+v, %v", got, err)
	}
	asked := 0
	for _, call := range w.calls {
		if call == "DescribeImages" {
			asked++
		}
	}
	if asked != 2 {
		t.Errorf("the registry was asked %d times: %v", asked, w.calls)
	}
}

func TestATagOnlyNamesImagesThatCanRun(t *testing.T) {
	chart := image(1, "v1")
	chart.ArtifactMediaType = "application/vnd.cncf.helm.config.v1+json"
	for name, order := range map[string]string{
		"a chart": "v1", "a missing tag": "v9", "a missing digest": digestOf(9), "part of a digest": "sha256:0123456789ab", "nothing": "@", "no digest": "v1@x",
	} {
		w := newWorld(image(v2, "latest"), chart)
		tag(w, live.TagPin, order)
		if got, err := w.handle(t, deployedWith(""), byInvocation); err != nil || got.Decision != Hold || !strings.Contains(got.Reason, "no such image") {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
}

func TestARetryIsHonouredOnceAndOnlyForItsWish(t *testing.T) {
	for retry, want := range map[live.Hash]Verdict{wished(v2).Hash(): Deploy, wished(1).Hash(): Hold, "": Hold} {
		w := newWorld(image(v2, "latest"))
		w.had(deployment(wished(v2), failed))
		got, err := w.handle(t, deployedWith(""), `{"service": "sample-website", "retry": "`+string(retry)+`"}`)
		if err != nil || got.Decision != want {
			t.Errorf("%q: %+v, %v", retry, got, err)
		}
		if retry == wished(1).Hash() && !strings.Contains(got.Reason, "is not the one of now") {
			t.Error(got.Reason)
		}
	}
	w := newWorld(image(v2, "latest"))
	w.had(deployment(wished(v2), failed), deployment(wished(v2), failed))
	if got, err := w.handle(t, deployedWith(""), byInvocation); err != nil || got.Decision != Hold {
		t.Errorf("without a retry: %+v, %v", got, err)
	}
}

func TestDespiteAlarmsNoneIsAsked(t *testing.T) {
	w := newWorld(image(v2, "latest"))
	w.alarms = []cloudwatch.Alarm{{AlarmName: "sample-website-tg-1-5xx", StateValue: cwtypes.StateValueAlarm}}
	if got, err := w.handle(t, deployedWith(""), byInvocation); err != nil || got.Decision != Refuse {
		t.Fatalf("%+v, %v", got, err)
	}
	l := New(deployedWith(""), AWS{Images: w, Services: w, Deployments: w, Listeners: w, Alarms: w}, slog.New(slog.DiscardHandler)).DespiteAlarms()
	l.now = func() time.Time { return w.At }
	w.calls = nil
	got, err := l.Handle(t.Context(), []byte(byInvocation))
	if err != nil || got.Decision != Deploy || slices.Contains(w.calls, "DescribeAlarms") {
		t.Fatalf("%+v, %v, %v", got, err, w.calls)
	}
	in := w.sent[len(w.sent)-1].(*codedeploy.CreateDeploymentInput)
	if in.OverrideAlarmConfiguration == nil || in.OverrideAlarmConfiguration.Enabled {
		t.Errorf("sent %+v", in)
	}
}
