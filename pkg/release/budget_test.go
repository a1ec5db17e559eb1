package release

import (
	"testing"

	cdtypes "github.com/aws/aws-sdk-go-v2/service/codedeploy/types"
)

// mostDecideAllocations of a decision over a full history, and of copying a task definition whose every field is set.
const (
	mostDecideAllocations = 220
	mostReviseAllocations = 80
)

func TestADecisionAllocatesNoMoreThanItsBudget(t *testing.T) {
	w := newWorld(image(v2, "latest"))
	w.runs(wished(1))
	var history []cdtypes.DeploymentInfo
	for range newestDeployments {
		history = append(history, deployment(wished(1), succeeded))
	}
	w.had(history...)
	desired := Wanted(deployedWith(""), w.Images)
	n := testing.AllocsPerRun(50, func() { Decide(desired, w.Observed) })
	t.Logf("%.0f allocations", n)
	if n > mostDecideAllocations {
		t.Errorf("a decision makes %.0f allocations, and its budget is %d", n, mostDecideAllocations)
	}
	base, wish := fullBase(), wished(v2)
	n = testing.AllocsPerRun(50, func() { _, _ = Revise(base, "sample-website", wish) })
	t.Logf("%.0f allocations of a revision", n)
	if n > mostReviseAllocations {
		t.Errorf("a revision makes %.0f allocations, and its budget is %d", n, mostReviseAllocations)
	}
}
