//go:build !race

package main

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestTheFunctionsOfAServiceThatWantsItAreTracedAndNoOthers(t *testing.T) {
	all := synth(t, `{"services": [{"name": "web", "observe": {"traces": true}, "stages": {"AfterAllowTraffic": {}}}, {"name": "shop"}]}`)
	var traced []string
	for _, s := range all {
		for _, id := range s.ids("AWS::Lambda::Function") {
			p := s.Resources[id].Properties
			name := p["FunctionName"].(string)
			var may []string
			for _, line := range allowed(t, s, p["Role"]) {
				if strings.HasPrefix(line, "xray:") {
					may = append(may, line)
				}
			}
			if p["TracingConfig"] == nil {
				if may != nil {
					t.Errorf("%s is not traced and may %v", name, may)
				}
				continue
			}
			traced = append(traced, name)
			if text(p["TracingConfig"]) != `{"Mode":"Active"}` || !cmp.Equal(may, []string{"xray:PutTelemetryRecords on *", "xray:PutTraceSegments on *"}) {
				t.Errorf("%s: %v, may %v", name, p["TracingConfig"], may)
			}
		}
	}
	slices.Sort(traced)
	if diff := cmp.Diff([]string{"CodeDeployHook_web", "CodeDeployHook_web-AfterAllowTraffic", "web-release", "web-report"}, traced); diff != "" {
		t.Error(diff)
	}
}
