//go:build !race

package main

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// alarmsIn are the alarms of a stack on Cutover itself, by name: metric, threshold, and for how long.
func alarmsIn(t *testing.T, s template) map[string]string {
	t.Helper()
	found := map[string]string{}
	for _, id := range s.ids("AWS::CloudWatch::Alarm") {
		p := s.Resources[id].Properties
		if strings.HasSuffix(fmt.Sprint(p["AlarmName"]), "-5xx") {
			continue
		}
		found[fmt.Sprint(p["AlarmName"])] = fmt.Sprintf("%v %v %v >= %v, %v x %v s, to %d", p["Namespace"], p["Statistic"], p["MetricName"], p["Threshold"], p["EvaluationPeriods"], p["Period"],
			len(text(p["AlarmActions"])))
		if p["TreatMissingData"] != "notBreaching" || fmt.Sprint(p["AlarmActions"]) != fmt.Sprint(p["OKActions"]) {
			t.Errorf("%v: %v", p["AlarmName"], p)
		}
	}
	return found
}

func TestCutoverItselfIsWatchedWhereSomebodyHearsOfIt(t *testing.T) {
	const topic = "arn:aws:sns:us-east-1:111122223333:ops"
	to := fmt.Sprintf(", to %d", len(text([]any{topic})))
	letters := "AWS/SQS Maximum ApproximateNumberOfMessagesVisible >= 1, 1 x 300 s"
	usual := map[string]string{
		"web-events-letters": letters + to, "web-release-letters": letters + to, "web-verify-letters": letters + to,
		"web-hook-unanswered": "AWS/Lambda Sum Invocations >= 1, 1 x 300 s" + to,
		"web-refused":         "Cutover Sum Refused >= 1, 4 x 900 s" + to, "web-busy": "Cutover Sum Busy >= 1, 16 x 900 s" + to,
	}
	for name, c := range map[string]struct {
		platform, observe string
		want              map[string]string
	}{
		"a topic":           {`"topic": "` + topic + `"`, ``, usual},
		"no topic":          {``, ``, map[string]string{}},
		"a topic, and none": {`"topic": "` + topic + `"`, `, "observe": {"alarms": ["none"]}`, map[string]string{}},
		"no topic, but asked": {``, `, "observe": {"alarms": ["refused", "busy"], "refusedFor": "30m", "busyFor": "48h"}`, map[string]string{
			"web-refused": "Cutover Sum Refused >= 1, 2 x 900 s, to " + fmt.Sprint(len(text(nil))), "web-busy": "Cutover Sum Busy >= 1, 48 x 3600 s, to " + fmt.Sprint(len(text(nil)))}},
		"the functions": {`"topic": "` + topic + `"`, `, "observe": {"alarms": ["errors", "throttles", "durations"]}`, map[string]string{
			"web-release-errors": "AWS/Lambda Sum Errors >= 3, 1 x 300 s" + to, "web-verify-errors": "AWS/Lambda Sum Errors >= 1, 1 x 300 s" + to, "web-report-errors": "AWS/Lambda Sum Errors >= 1, 1 x 300 s" + to,
			"web-release-late": "AWS/Lambda Maximum AsyncEventAge >= 600000, 1 x 300 s" + to, "web-verify-throttles": "AWS/Lambda Sum Throttles >= 1, 1 x 300 s" + to, "web-report-throttles": "AWS/Lambda Sum Throttles >= 1, 1 x 300 s" + to,
			"web-release-durations": "AWS/Lambda Maximum Duration >= 48000, 1 x 300 s" + to, "web-verify-durations": "AWS/Lambda Maximum Duration >= 288000, 1 x 300 s" + to, "web-report-durations": "AWS/Lambda Maximum Duration >= 48000, 1 x 300 s" + to}},
	} {
		t.Run(name, func(t *testing.T) {
			all := synth(t, `{"platform": {`+c.platform+`}, "services": [{"name": "web"`+c.observe+`}]}`)
			if diff := cmp.Diff(c.want, alarmsIn(t, all["web"])); diff != "" {
				t.Error(diff)
			}
			watching := 0
			if _, ok := c.want["web-events-letters"]; ok {
				watching = 1
			}
			if got := alarmsIn(t, all["cutover"]); len(got) != watching {
				t.Errorf("the watch function's queue has %v", got)
			}
		})
	}
}

func TestTheAlarmsOfAFunctionAreOnItsOwnLimitAndName(t *testing.T) {
	s := synth(t, `{"services": [{"name": "web", "verify": {"timeout": "2m"}, "stages": {"AfterAllowTraffic": {"timeout": "1m"}}, "observe": {"alarms": ["durations"]}}]}`)["web"]
	for name, want := range map[string]string{"web-verify-durations": "144000 of CodeDeployHook_web", "web-verify-AfterAllowTraffic-durations": "96000 of CodeDeployHook_web"} {
		_, alarm := s.with(t, "AWS::CloudWatch::Alarm", "AlarmName", name)
		var ref struct{ Ref string }
		for _, d := range alarm.Properties["Dimensions"].([]any) {
			ref.Ref, _ = d.(map[string]any)["Value"].(map[string]any)["Ref"].(string)
		}
		function := s.Resources[ref.Ref].Properties
		if got := fmt.Sprintf("%v of %v", alarm.Properties["Threshold"], function["FunctionName"]); !strings.HasPrefix(got, want) ||
			fmt.Sprint(alarm.Properties["Threshold"]) != fmt.Sprint(function["Timeout"].(float64)*800) {
			t.Errorf("%s is at %s, whose limit is %v s", name, got, function["Timeout"])
		}
	}
}
