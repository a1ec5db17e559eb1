package fault_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/ecr/types"
	"github.com/google/go-cmp/cmp"

	"github.com/cutover-ecs/cutover/pkg/sandbox/fault"
)

func TestScansFindWhatThePlanSays(t *testing.T) {
	b := newBed(1)
	b.add(t, fault.Scan{Repository: "web", Image: "v*", Critical: 2}, fault.Scan{Repository: "*", Low: 1}, fault.Scan{Image: "sha256:broken", Fail: true})
	for _, c := range []struct {
		repository, digest string
		tags               []string
		counts             map[types.FindingSeverity]int32
		failed             bool
	}{
		{"web", "sha256:a", []string{"latest", "v1"}, map[types.FindingSeverity]int32{"CRITICAL": 2, "LOW": 1}, false},
		{"web", "sha256:a", nil, map[types.FindingSeverity]int32{"LOW": 1}, false},
		{"api", "sha256:broken", []string{"v1"}, map[types.FindingSeverity]int32{"LOW": 1}, true},
	} {
		got := b.plan.Findings(c.repository, c.digest, c.tags)
		if diff := cmp.Diff(c.counts, got.Counts); diff != "" || got.Failed != c.failed {
			t.Errorf("%s %v: %s, failed %t", c.repository, c.tags, diff, got.Failed)
		}
	}
	if n := len(b.faults()); n != 5 {
		t.Errorf("the trail tells of %d strikes", n)
	}
	for _, f := range []fault.Scan{{}, {Critical: 1, Fail: true}, {Low: -1}} {
		if _, err := b.plan.Add(f); err == nil {
			t.Errorf("%+v was taken", f)
		}
	}
}
