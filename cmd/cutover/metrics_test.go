package main

import (
	"strings"
	"testing"

	"github.com/cutover-ecs/cutover/pkg/live"
)

func TestOneIdIsInTheLogsFromThePushToTheEndAndTheLeadTimeIsAMetric(t *testing.T) {
	t.Parallel()
	r := enter(t, 60, nil)
	now := r.release("v1")
	wish, ok := live.ParseDescription(now.Deployment.Description)
	if !ok {
		t.Fatalf("%+v", now.Deployment)
	}
	id := `"wish":"` + string(wish) + `"`
	r.logged("push of sample-website:v1", `"Released":1`, `"PushToStart":`, id)
	r.logged(`"message":"verdict"`, `"VerdictPassed":1`, `"CheckedFor":`, `"service":"sample-website"`, id)
	r.logged("success of deployment "+now.Deployment.ID, `"Succeeded":1`, `"PushToLive":`, `"InstallTime":`, `"VerifyTime":`, `"ShiftTime":`, `"_aws":`, id)

	told, _ := r.hands(0, "logs", "--about", now.Deployment.ID)
	for _, words := range []string{"release  Deploy: ", "verify   " + now.Deployment.ID + " Succeeded", "release  Current: "} {
		if !strings.Contains(told, words) {
			t.Errorf("%q is not told of the deployment:\n%s", words, told)
		}
	}
	if strings.Contains(told, "listens on") {
		t.Errorf("the task's own lines are told:\n%s", told)
	}
}
