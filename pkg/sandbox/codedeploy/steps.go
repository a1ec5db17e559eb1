package codedeploy

import (
	"slices"

	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"
)

// step is one row of an ECS deployment.
type step struct {
	name string
	// event: listed among the target's lifecycle events under this name.
	event bool
	// applies says whether a deployment has this row at all; nil means that each has.
	applies func(*deployment) bool
	// do is the row's work in a deployment, undo in a rollback while the original task set lives; nil is no work.
	// Hooks do nothing in a rollback (HooksInRollback).
	do, undo func(*run) error
	// last: StopDeployment and alarms come too late from here on, and no rollback is possible.
	last bool
	// continued by ContinueDeployment with this wait type.
	continued types.DeploymentWaitType
}

// steps are the rows in order. Until the last one anyone with the permission may stop the deployment, and so do its
// alarms; a row in flight is then Failed and later ones Skipped. A rollback goes through the same rows by undo.
//
// https://docs.aws.amazon.com/codedeploy/latest/userguide/reference-appspec-file-structure-hooks.html
var steps = []step{
	// A function may run before the replacement task set is created. Nothing has changed yet.
	{name: "BeforeInstall", event: true, do: hook("BeforeInstall"), undo: hook("BeforeInstall")},
	// The replacement task set is created in the other target group; it has 60 minutes to become healthy.
	{name: "Install", event: true, do: (*run).install},
	// A function may run after the replacement task set is there and one target group is associated with it.
	{name: "AfterInstall", event: true, do: hook("AfterInstall"), undo: hook("AfterInstall")},
	// The test listener forwards to the replacement task set.
	{name: "AllowTestTraffic", event: true, applies: hasTest, do: (*run).allowTest, undo: (*run).restoreTest},
	// A function may judge the replacement task set on the test listener. Without one this is ignored.
	{name: "AfterAllowTestTraffic", event: true, applies: hasTest, do: hook("AfterAllowTestTraffic"), undo: hook("AfterAllowTestTraffic")},
	// The deployment is Ready and waits for ContinueDeployment; when the time runs out it is Stopped.
	{name: "ready", applies: waitsReady, do: (*run).ready, continued: types.DeploymentWaitTypeReadyWait},
	// A function may run before production traffic moves.
	{name: "BeforeAllowTraffic", event: true, do: hook("BeforeAllowTraffic"), undo: hook("BeforeAllowTraffic")},
	// The production listener forwards to the replacement task set, at once or by and by; then it is PRIMARY.
	{name: "AllowTraffic", event: true, do: (*run).allow, undo: (*run).restore},
	// A function may run after all production traffic has moved.
	{name: "AfterAllowTraffic", event: true, do: hook("AfterAllowTraffic"), undo: hook("AfterAllowTraffic")},
	// Both task sets live. Alarms are still watched and a rollback is still possible.
	{name: "termination wait", applies: terminates, do: (*run).linger, continued: types.DeploymentWaitTypeTerminationWait},
	// The original task set is deleted; in a rollback the replacement is.
	{name: "terminate", applies: terminates, do: (*run).terminateBlue, undo: (*run).terminateGreen, last: true},
}

func hasTest(d *deployment) bool { return testListener(d.pair) != "" }

func waitsReady(d *deployment) bool {
	o := d.info.BlueGreenDeploymentConfiguration.DeploymentReadyOption
	return d.undoes == nil && o.ActionOnTimeout == types.DeploymentReadyActionStopDeployment && o.WaitTimeInMinutes > 0
}

func terminates(d *deployment) bool {
	return d.undoes != nil ||
		d.info.BlueGreenDeploymentConfiguration.TerminateBlueInstancesOnDeploymentSuccess.Action == types.InstanceActionTerminate
}

// rowsOf a deployment are those of the table that apply to it.
func rowsOf(d *deployment, a Assumptions) []step {
	rows := slices.Clone(steps)
	if a.ReadyAfterHook {
		i := slices.IndexFunc(rows, func(s step) bool { return s.name == "ready" })
		rows[i], rows[i+1] = rows[i+1], rows[i]
	}
	return slices.DeleteFunc(rows, func(s step) bool { return s.applies != nil && !s.applies(d) })
}

// eventsOf rows are their lifecycle events, all Pending.
func eventsOf(rows []step) []types.LifecycleEvent {
	var all []types.LifecycleEvent
	for _, s := range rows {
		if s.event {
			all = append(all, types.LifecycleEvent{LifecycleEventName: new(s.name), Status: types.LifecycleEventStatusPending})
		}
	}
	return all
}

// shares of the replacement in 100, one for each shift; an interval passes between two.
func shares(c types.TrafficRoutingConfig) (percent []int32, minutes int32) {
	switch c.Type {
	case types.TrafficRoutingTypeTimeBasedCanary:
		return []int32{c.TimeBasedCanary.CanaryPercentage, 100}, c.TimeBasedCanary.CanaryInterval
	case types.TrafficRoutingTypeTimeBasedLinear:
		for p := c.TimeBasedLinear.LinearPercentage; p < 100; p += c.TimeBasedLinear.LinearPercentage {
			percent = append(percent, p)
		}
		return append(percent, 100), c.TimeBasedLinear.LinearInterval
	}
	return []int32{100}, 0
}
