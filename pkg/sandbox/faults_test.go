package sandbox_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"

	"github.com/cutover-ecs/cutover/pkg/sandbox/fault"
	"github.com/cutover-ecs/cutover/pkg/sandbox/wire"
)

func TestDeploymentsEndAsTheirFaultsMakeThem(t *testing.T) {
	const green = "web:2" // the revision after the service's first
	for name, c := range map[string]struct {
		faults []fault.Fault
		help   string // wait to skip when it hangs
		status types.DeploymentStatus
		text   string // in the error's message
		trail  string // in the trail's faults
	}{
		"a throttled call is made again": {
			faults: []fault.Fault{fault.API{Service: "ecs", Action: "CreateTaskSet", Code: "ThrottlingException", Times: 2}},
			status: types.DeploymentStatusSucceeded, trail: "refused",
		},
		"a call that happened and is made again happens once": {
			faults: []fault.Fault{fault.API{Service: "ecs", Action: "CreateTaskSet", Code: "ServerException", After: true, Times: 1}},
			status: types.DeploymentStatusSucceeded, trail: "answered with an error though it happened",
		},
		"a promotion that happened though it failed is undone": {
			faults: []fault.Fault{fault.API{Service: "ecs", Action: "UpdateServicePrimaryTaskSet", Code: "InvalidParameterException", After: true, Times: 1}},
			status: types.DeploymentStatusFailed, text: "The ECS service cannot be updated", trail: "though it happened",
		},
		"a permission revoked is told as CodeDeploy tells it": {
			faults: []fault.Fault{fault.Deny{Principal: "*/CodeDeploy", Action: "ecs:CreateTaskSet"}},
			status: types.DeploymentStatusFailed, text: "does not give you permission to perform operations in the following AWS service: AmazonECS",
			trail: "permission revoked",
		},
		"a hook that crashes after its report has reported": {
			faults: []fault.Fault{fault.Function{Crash: fault.After, Call: "codedeploy:PutLifecycleEventHookExecutionStatus", Times: 1}},
			status: types.DeploymentStatusSucceeded, trail: "crashes after this call",
		},
		"a hook that crashes before its report is run again": {
			faults: []fault.Fault{fault.Function{Crash: fault.Before, Call: "codedeploy:PutLifecycleEventHookExecutionStatus", Times: 1}},
			status: types.DeploymentStatusSucceeded, trail: "crashes before this call",
		},
		"a hook that always crashes is silent": {
			faults: []fault.Fault{fault.Function{Name: "ju*", Crash: fault.Before}}, help: "hook",
			status: types.DeploymentStatusFailed, text: "within one hour", trail: "crashes before its work",
		},
		"a hook without concurrency comes later": {
			faults: []fault.Fault{fault.Function{Throttle: true, Times: 3}},
			status: types.DeploymentStatusSucceeded, trail: "finds no concurrency",
		},
		"an image that is missing is pulled again": {
			faults: []fault.Fault{fault.Task{Revision: green, NoImage: true, Times: 2}},
			status: types.DeploymentStatusSucceeded, trail: "cannot pull its image",
		},
		"a green that fails its health checks is never steady": {
			faults: []fault.Fault{fault.Target{Revision: green, Only: fault.Checks, Status: 503}}, help: "install",
			status: types.DeploymentStatusFailed, text: "to become healthy", trail: "503 Service Unavailable (checks)",
		},
		"production moved behind CodeDeploy's back is seen in Install": {
			faults: []fault.Fault{fault.Listener{Listener: "80", Group: "web-2"}},
			status: types.DeploymentStatusFailed, text: "Primary taskset target group must be behind listener", trail: "behind CodeDeploy's back",
		},
		"a task that dies is replaced": {
			faults: []fault.Fault{fault.Task{Revision: green, Dies: time.Minute, Times: 1}},
			status: types.DeploymentStatusSucceeded, trail: "is killed",
		},
		"a wait is skipped": {
			faults: []fault.Fault{fault.Wait{Name: "install", Times: 1}},
			status: types.DeploymentStatusFailed, text: "to become healthy", trail: "install skipped",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBed(t, 1, 6000)
			for _, f := range c.faults {
				must(b.s.Faults().Add(f))(t)
			}
			id, _, err := b.start("pass", canary)
			if err != nil {
				t.Fatal(err)
			}
			if c.help != "" {
				b.help(id, c.help, c.trail)
			}
			d := b.end(id, false)
			text := ""
			if d.ErrorInformation != nil {
				text = aws.ToString(d.ErrorInformation.Message)
			}
			if d.Status != c.status || !strings.Contains(text, c.text) || (c.text == "") != (text == "") {
				t.Errorf("ended %s: %s\n%s", d.Status, text, b.state())
			}
			if !b.struck(c.trail) {
				t.Errorf("the trail does not tell of %q\n%s", c.trail, b.state())
			}
			b.s.Faults().Clear()
			b.recover(func() {})
		})
	}
}

// struck says whether the trail tells of a fault.
func (b *bed) struck(words string) bool {
	return slices.ContainsFunc(b.s.Trail(), func(e wire.Entry) bool { return strings.Contains(e.Fault, words) })
}

// help skips a wait whenever it is under way until the deployment is over, once the fault has struck.
func (b *bed) help(id, wait, words string) {
	b.t.Helper()
	event := map[string]string{"hook": "AfterAllowTestTraffic", "install": "Install"}[wait]
	b.during(id, event)
	tick := time.NewTicker(200 * time.Millisecond) // nothing tells that a fault has had its time
	defer tick.Stop()
	ctx, cancel := context.WithTimeout(b.t.Context(), limit)
	defer cancel()
	for {
		if d, err := b.get(ctx, id); err != nil || over(d) {
			return
		}
		<-tick.C
		if b.struck(words) {
			b.s.Clock().Skip(wait)
		}
	}
}
