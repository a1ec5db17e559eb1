package sandbox_test

import (
	"context"
	"fmt"

	cwtypes "github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"

	"github.com/cutover-ecs/cutover/pkg/sandbox/fault"
)

// outcome is one way in which a deployment goes, and what becomes of it.
type outcome struct {
	story        string // as a person would name it
	wish, config string
	// prepare is what is so before the deployment is created, meddle what befalls it on its way, during a wait that
	// does not end by itself: on this clock it is shorter than a busy machine's hesitation.
	prepare func(b *bed)
	meddle  func(b *bed, id string)
	during  string

	status     types.DeploymentStatus
	code       types.ErrorCode
	message    string // AWS's own, or the beginning of one that ends with the production listener's ARN
	event      string // the lifecycle event that failed; those after it were skipped
	rolledBack bool
	// production and test are who answers there afterwards.
	production, test answer
}

// answer is who answers a listener.
type answer string

const (
	theNew answer = "the new version"
	theOld answer = "the old version"
	nobody answer = "503 Service Unavailable"
)

const canary, linear, atOnce = "Canary10Percent15Minutes", "Linear10PercentEvery1Minutes", "AllAtOnce"

// The texts of https://docs.aws.amazon.com/codedeploy/latest/userguide/troubleshooting-ecs.html, but for the last two:
// of an alarm's a public capture has the text, of a stop's nobody has; assumptions.go of package codedeploy has ours.
const (
	hookFailed  = "The deployment failed because one or more of the lifecycle event validation functions failed."
	hookSilent  = "The deployment timed out while waiting for a status callback. CodeDeploy expects a status callback within one hour after a deployment hook is invoked."
	notHealthy  = "The deployment timed out while waiting for the replacement task set to become healthy. This time out period is 60 minutes."
	notBehind   = "The ELB could not be updated due to the following error: Primary taskset target group must be behind listener "
	alarmActive = "One or more alarms have been activated according to the Amazon CloudWatch metrics you selected, and the affected deployments have been stopped. Activated alarms: errors"
	stopped     = "The deployment was stopped at the request of a user."
)

// stories are the eight main outcomes.
func stories() []outcome {
	return []outcome{
		{story: "success", wish: "pass", config: canary, status: types.DeploymentStatusSucceeded, production: theNew, test: theNew},
		{story: "the hook fails", wish: "fail", config: canary, status: types.DeploymentStatusFailed, code: types.ErrorCodeHookExecutionFailure,
			message: hookFailed, event: "AfterAllowTestTraffic", rolledBack: true, production: theOld, test: theOld},
		{story: "the hook is silent for an hour", wish: "silent", config: linear, status: types.DeploymentStatusFailed, code: types.ErrorCodeTimeout,
			message: hookSilent, event: "AfterAllowTestTraffic", rolledBack: true, production: theOld, test: theOld,
			during: "hook", meddle: func(b *bed, id string) { b.skip("hook", id, "AfterAllowTestTraffic") }},
		{story: "an alarm during the shift", wish: "pass", config: canary, status: types.DeploymentStatusStopped, code: types.ErrorCodeAlarmActive,
			message: alarmActive, event: "AllowTraffic", rolledBack: true, production: theOld, test: theOld,
			during: "traffic-shift", meddle: func(b *bed, id string) {
				b.during(id, "AllowTraffic")
				b.alarm(cwtypes.StateValueAlarm)
			}},
		{story: "a stop with rollback", wish: "silent", config: canary, status: types.DeploymentStatusStopped, code: types.ErrorCodeManualStop,
			message: stopped, event: "AfterAllowTestTraffic", rolledBack: true, production: theOld, test: theOld,
			during: "hook", meddle: func(b *bed, id string) { b.stop(id, "AfterAllowTestTraffic", true) }},
		{story: "a stop without", wish: "silent", config: canary, status: types.DeploymentStatusStopped, code: types.ErrorCodeManualStop,
			message: stopped, event: "AfterAllowTestTraffic", production: theOld, test: theNew,
			during: "hook", meddle: func(b *bed, id string) { b.stop(id, "AfterAllowTestTraffic", false) }},
		{story: "green crashes in a loop", wish: "pass", config: canary, status: types.DeploymentStatusFailed, code: types.ErrorCodeTimeout,
			message: notHealthy, event: "Install", rolledBack: true, production: theOld, test: theOld,
			prepare: func(b *bed) { // of the revision that is registered next
				must(b.s.Faults().Add(fault.Task{Revision: fmt.Sprintf("web:%d", b.version+1), Exit: 1}))(b.t)
			},
			during: "install", meddle: func(b *bed, id string) { b.skip("install", id, "Install") }},
		{story: "the listener is elsewhere", wish: "pass", config: canary, status: types.DeploymentStatusFailed, code: types.ErrorCodeElasticLoadBalancingInvalid,
			message: notBehind, event: "Install", production: nobody, test: theOld,
			prepare: func(b *bed) { must(b.s.Faults().Add(fault.Listener{Listener: "80", Group: "web-2"}))(b.t) }},
	}
}

// outcomes in a row: the stories that leave a service which serves, and more on their ways. Who answers the test
// listener is left open: a stop without rollback leaves it on green, which an operator deletes, and the next rollback
// puts it back there.
func outcomes() []outcome {
	pass := func(config string) outcome {
		return outcome{story: "success", wish: "pass", config: config, status: types.DeploymentStatusSucceeded, production: theNew}
	}
	early, late := pass(atOnce), pass(linear)
	early.story, early.meddle = "success, finished early", func(b *bed, id string) { b.skip("termination-wait", id, "termination-wait") }
	early.during, late.during = "termination-wait", "termination-wait"
	late.story, late.meddle = "a stop at the end", func(b *bed, id string) { b.stop(id, "termination-wait", true) }
	late.status, late.code, late.message, late.rolledBack, late.production = types.DeploymentStatusStopped, types.ErrorCodeManualStop, stopped, true, theOld
	row := []outcome{pass(atOnce), pass(linear), early, late}
	for _, o := range stories() {
		if o.test = ""; o.production != nobody {
			row = append(row, o)
		}
	}
	return append(row, pass(canary))
}

// skip ends a wait of a deployment once it is under way.
func (b *bed) skip(wait, id, event string) {
	b.t.Helper()
	b.during(id, event)
	ctx, cancel := context.WithTimeout(b.t.Context(), limit)
	defer cancel()
	if err := b.s.Clock().SkipNext(ctx, wait); err != nil {
		b.t.Fatalf("%s does not wait for %s: %v\n%s", id, wait, err, b.state())
	}
}

func (b *bed) stop(id, event string, rollback bool) {
	b.t.Helper()
	b.during(id, event)
	must(b.deploy.StopDeployment(b.t.Context(), &codedeploy.StopDeploymentInput{DeploymentId: &id, AutoRollbackEnabled: &rollback}))(b.t)
}
