package codedeploy

import (
	"fmt"
	"slices"
	"testing"
	"testing/synctest"

	cwtypes "github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"
	"github.com/aws/smithy-go"
)

// traveller takes one deployment of a group that has every row of the table to one of them, and out of it.
type traveller struct {
	*world
	at       string        // the hook that keeps silent
	silent   chan string   // its execution id
	reached  chan struct{} // closed when the call of a row without a wait is under way
	released chan struct{}
	id       string
}

// calls are the rows without a wait, each with the row before it, in which one can wait, and the call that it makes.
var calls = map[string]struct{ before, action string }{
	"AllowTestTraffic": {"AfterInstall", "ModifyListener"},
	"terminate":        {"termination wait", "DeleteTaskSet"},
}

// refusals are the calls that AWS may refuse, each with the row before theirs.
var refusals = map[string]struct{ before, action string }{
	"Install":          {"BeforeInstall", "CreateTaskSet"},
	"AllowTestTraffic": calls["AllowTestTraffic"],
	"AllowTraffic":     {"BeforeAllowTraffic", "ModifyListener"},
	"terminate":        calls["terminate"],
}

func isHook(row string) bool { return slices.Contains(hooked, row) }

var hooked = []string{"BeforeInstall", "AfterInstall", "AfterAllowTestTraffic", "BeforeAllowTraffic", "AfterAllowTraffic"}

// depart begins the deployment, whose hooks all succeed but one, which keeps silent.
func (v *traveller) depart(silent string) {
	v.t.Helper()
	v.at, v.silent = silent, make(chan string, 1)
	var hooks []string
	for _, event := range hooked {
		hooks = append(hooks, event+"="+event)
		v.functions[event] = func(deployment, execution string) {
			if event == v.at {
				v.silent <- execution
				return
			}
			v.reporting(types.LifecycleEventStatusSucceeded)(deployment, execution)
		}
	}
	v.alarm("5xx", cwtypes.StateValueOk)
	v.group(func(in *codedeploy.CreateDeploymentGroupInput) {
		withAlarm(in)
		withReadyWait(in)
		in.DeploymentConfigName = new("CodeDeployDefault.ECSCanary10Percent15Minutes")
	})
	v.unsteady = silent == "Install"
	v.id = v.deploy(spec(td2, hooks...))
}

// wait until the deployment stands in a row in which it waits; those before it are gone through.
func (v *traveller) wait(row string) {
	v.t.Helper()
	if row != "ready" && slices.Index(names(), row) > slices.Index(names(), "ready") {
		v.until(v.id, isReady)
		v.goOn("ready")
	}
	v.until(v.id, func(i *types.DeploymentInfo) bool {
		switch row {
		case "ready":
			return i.Status == types.DeploymentStatusReady
		case "termination wait":
			return i.InstanceTerminationWaitTimeStarted
		}
		return i.Status == types.DeploymentStatusInProgress && slices.Contains(v.statuses(v.id), row+"=InProgress")
	})
}

// goOn ends the wait of a row well.
func (v *traveller) goOn(row string) {
	v.t.Helper()
	switch {
	case isHook(row):
		v.reporting(types.LifecycleEventStatusSucceeded)(v.id, <-v.silent)
	case row == "Install":
		v.settle()
	case row == "ready":
		do[codedeploy.ContinueDeploymentOutput](v.world, &codedeploy.ContinueDeploymentInput{DeploymentId: &v.id, DeploymentWaitType: types.DeploymentWaitTypeReadyWait})
	case row == "termination wait":
		do[codedeploy.ContinueDeploymentOutput](v.world, &codedeploy.ContinueDeploymentInput{DeploymentId: &v.id, DeploymentWaitType: types.DeploymentWaitTypeTerminationWait})
	}
}

// arrive goes to a row and stays in it: in its wait, or in the middle of its call.
func (v *traveller) arrive(row string) {
	v.t.Helper()
	call, brief := calls[row]
	if !brief {
		v.depart(row)
		v.wait(row)
		return
	}
	v.depart(call.before)
	v.wait(call.before)
	v.reached, v.released = make(chan struct{}), make(chan struct{})
	v.during(call.action, func() {
		close(v.reached)
		<-v.released
	})
	v.goOn(call.before)
	<-v.reached
}

// during does something once, in the middle of the next such call.
func (v *traveller) during(action string, f func()) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.on[action] = func() {
		v.mu.Lock()
		delete(v.on, action)
		delete(v.refuse, action)
		v.mu.Unlock()
		f()
	}
}

// proceed lets a call that is under way end.
func (v *traveller) proceed() {
	synctest.Wait()
	if v.released != nil {
		close(v.released)
	}
}

// a way out of a row.
type way struct {
	leads  func(row string) bool // from which rows
	take   func(v *traveller, row string)
	status types.DeploymentStatus
	code   types.ErrorCode
	back   bool // a rollback follows where something was changed
}

func anywhere(string) bool { return true }

func last(row string) bool { return row == "terminate" }

func notLast(row string) bool { return !last(row) }

func arriving(then func(v *traveller, row string)) func(*traveller, string) {
	return func(v *traveller, row string) {
		v.arrive(row)
		then(v, row)
		v.proceed()
	}
}

func stopping(rollback *bool) func(*traveller, string) {
	return arriving(func(v *traveller, _ string) {
		do[codedeploy.StopDeploymentOutput](v.world, &codedeploy.StopDeploymentInput{DeploymentId: &v.id, AutoRollbackEnabled: rollback})
	})
}

func refusingToStop(v *traveller, _ string) {
	c, _ := code[codedeploy.StopDeploymentOutput](v.world, &codedeploy.StopDeploymentInput{DeploymentId: &v.id})
	same(v.t, "a stop that comes too late", c, "DeploymentAlreadyCompletedException")
}

func firing(v *traveller, _ string) { v.alarm("5xx", cwtypes.StateValueAlarm) }

func nothing(*traveller, string) {}

// refused: the row's call is denied, once.
func refused(v *traveller, row string) {
	call := refusals[row]
	v.depart(call.before)
	v.wait(call.before)
	v.during(call.action, func() {})
	v.mu.Lock()
	v.refuse[call.action] = &smithy.GenericAPIError{Code: "AccessDeniedException", Message: "no"}
	v.mu.Unlock()
	v.goOn(call.before)
}

var ways = map[string]way{
	"it goes on":                 {anywhere, arriving((*traveller).goOn), "Succeeded", "", false},
	"it is stopped":              {notLast, stopping(nil), "Stopped", "MANUAL_STOP", true},
	"it is stopped as it stands": {notLast, stopping(new(false)), "Stopped", "MANUAL_STOP", false},
	"its alarm fires":            {notLast, arriving(firing), "Stopped", "ALARM_ACTIVE", true},
	"its alarm fires too late":   {last, arriving(firing), "Succeeded", "", false},
	"it is stopped too late":     {last, arriving(refusingToStop), "Succeeded", "", false},
	"its hook fails": {isHook, arriving(func(v *traveller, _ string) {
		v.reporting(types.LifecycleEventStatusFailed)(v.id, <-v.silent)
	}), "Failed", "HOOK_EXECUTION_FAILURE", true},
	"its hour passes":    {func(row string) bool { return isHook(row) || row == "Install" }, arriving(nothing), "Failed", "TIMEOUT", true},
	"nobody continues":   {func(row string) bool { return row == "ready" }, arriving(nothing), "Stopped", "TIMEOUT", true},
	"it waits to an end": {func(row string) bool { return row == "AllowTraffic" || row == "termination wait" }, arriving(nothing), "Succeeded", "", false},
	"AWS refuses":        {func(row string) bool { return refusals[row].action != "" }, refused, "Failed", "IAM_ROLE_PERMISSIONS", true},
}

// names of the rows.
func names() (all []string) {
	for _, s := range steps {
		all = append(all, s.name)
	}
	return all
}

// Out of every row of the table every way leads where AWS's documentation says: what came before is Succeeded, what
// was in flight Failed, what comes later Skipped, and after a rollback all is as before.
func TestEveryWayOutOfEveryRowLeadsWhereItShould(t *testing.T) {
	for i, s := range steps {
		taken := 0
		for name, out := range ways {
			if !out.leads(s.name) {
				continue
			}
			taken++
			t.Run(s.name+", "+name, func(t *testing.T) {
				inBubble(t, 1, func(w *world) {
					v := &traveller{world: w}
					out.take(v, s.name)
					if out.status == "Succeeded" && slices.Index(names(), s.name) < slices.Index(names(), "ready") {
						v.until(v.id, isReady)
						v.goOn("ready")
					}
					v.judge(i, name, out)
				})
			})
		}
		if taken < 3 {
			t.Errorf("%s: only %d ways out", s.name, taken)
		}
	}
}

// judge how the deployment ended, once it took a way out of the i-th row.
func (v *traveller) judge(i int, name string, out way) {
	v.t.Helper()
	info := v.end(v.id)
	code := types.ErrorCode("")
	if info.ErrorInformation != nil {
		code = info.ErrorInformation.Code
	}
	same(v.t, "end", fmt.Sprint(info.Status, " ", code), fmt.Sprint(out.status, " ", out.code))
	// A call is made to its end, so that its row has succeeded before the deployment stops.
	_, brief := calls[steps[i].name]
	through := out.status == "Succeeded"
	var want []string
	for j, s := range steps {
		status := "=Skipped"
		switch {
		case through || j < i || j == i && brief && name != "AWS refuses":
			status = "=Succeeded"
		case j == i:
			status = "=Failed"
		}
		if s.event {
			want = append(want, s.name+status)
		}
	}
	same(v.t, "events", v.statuses(v.id), want)
	created := len(v.taskSets()) == 2
	if !out.back || !created || last(steps[i].name) {
		synctest.Wait()
		if r := v.get(v.id).RollbackInfo; r != nil {
			v.t.Errorf("a rollback follows: %s", *r.RollbackMessage)
		}
		v.left(i, through)
		return
	}
	back := v.rolledBack(v.id)
	same(v.t, "rollback", []any{back.Status, back.Creator, *back.DeploymentConfigName},
		[]any{types.DeploymentStatusSucceeded, types.DeploymentCreatorCodeDeployRollback, allAtOnce})
	same(v.t, "task sets", v.taskSets(), []string{"ecs-svc/1 PRIMARY", "ecs-svc/2 DRAINING"})
	same(v.t, "production", v.weights(prod), "100/0")
	if at := v.weights(test); at != "100/0" && at != "1/-1" {
		v.t.Errorf("the test listener is left at %s", at)
	}
}

// left is what stands where nothing was rolled back: a success, or all where it was.
func (v *traveller) left(i int, through bool) {
	v.t.Helper()
	production, sets := "100/0", []string{"ecs-svc/1 PRIMARY"}
	switch row := steps[i].name; {
	case through:
		production, sets = "0/100", []string{"ecs-svc/1 DRAINING", "ecs-svc/2 PRIMARY"}
	case row == "AllowTraffic":
		production, sets = "90/10", []string{"ecs-svc/1 PRIMARY", "ecs-svc/2 ACTIVE"}
	case i > slices.Index(names(), "AllowTraffic"):
		production, sets = "0/100", []string{"ecs-svc/1 ACTIVE", "ecs-svc/2 PRIMARY"}
	case len(v.taskSets()) == 2:
		sets = append(sets, "ecs-svc/2 ACTIVE")
	}
	same(v.t, "production", v.weights(prod), production)
	same(v.t, "task sets", v.taskSets(), sets)
}
