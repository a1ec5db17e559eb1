package codedeploy

import (
	"testing"

	cwtypes "github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
)

// TestEachAssumptionCanBeTurnedOver tells what a client sees with the choice made here and with the other.
func TestEachAssumptionCanBeTurnedOver(t *testing.T) {
	for name, c := range map[string]struct {
		turn   func(*Assumptions)
		see    func(*world) any
		chosen any
		other  any
	}{
		"SHA256Checked": {func(a *Assumptions) { a.SHA256Checked = false }, func(w *world) any {
			w.group(nil)
			r := inline(spec(td2))
			r.AppSpecContent.Sha256 = new("0")
			c, _ := code[codedeploy.CreateDeploymentOutput](w, &codedeploy.CreateDeploymentInput{ApplicationName: new("web"), DeploymentGroupName: new("web"), Revision: r})
			return c
		}, "InvalidRevisionException", ""},
		"MissingAlarmIsPollFailure": {func(a *Assumptions) { a.MissingAlarmIsPollFailure = false }, func(w *world) any {
			w.group(withAlarm)
			return w.end(w.deploy(spec(td2))).Status
		}, types.DeploymentStatusStopped, types.DeploymentStatusSucceeded},
		"RuleOfReplacementFails": {func(a *Assumptions) { a.RuleOfReplacementFails = false }, func(w *world) any {
			w.rules[prod], w.routes["rule/1"] = []string{"rule/1"}, forward(tg2)
			w.group(nil)
			return w.end(w.deploy(spec(td2))).Status
		}, types.DeploymentStatusFailed, types.DeploymentStatusSucceeded},
		"TestListenerChecked": {func(a *Assumptions) { a.TestListenerChecked = true }, func(w *world) any {
			w.routes[test] = forward(tg2)
			w.group(nil)
			return w.end(w.deploy(spec(td2))).Status
		}, types.DeploymentStatusSucceeded, types.DeploymentStatusFailed},
		"IdleGroupStaysOnTest": {func(a *Assumptions) { a.IdleGroupStaysOnTest = false }, func(w *world) any {
			w.group(nil)
			w.end(w.deploy(spec(td2)))
			return w.weights(test)
		}, "0/100", "-1/100"},
		"StickinessKept": {func(a *Assumptions) { a.StickinessKept = true }, func(w *world) any {
			w.routes[prod] = []elbtypes.Action{{Type: elbtypes.ActionTypeEnumForward, ForwardConfig: &elbtypes.ForwardActionConfig{
				TargetGroups:                []elbtypes.TargetGroupTuple{{TargetGroupArn: new(tg1)}},
				TargetGroupStickinessConfig: &elbtypes.TargetGroupStickinessConfig{Enabled: new(true)}}}}
			w.group(nil)
			w.end(w.deploy(spec(td2)))
			return *w.routes[prod][0].ForwardConfig.TargetGroupStickinessConfig.Enabled
		}, false, true},
		"PrimaryBeforeShift": {func(a *Assumptions) { a.PrimaryBeforeShift = true }, func(w *world) any {
			w.group(func(in *codedeploy.CreateDeploymentGroupInput) {
				in.DeploymentConfigName = new("CodeDeployDefault.ECSCanary10Percent5Minutes")
			})
			id := w.deploy(spec(td2))
			w.until(id, func(*types.DeploymentInfo) bool { return w.weights(prod) == "90/10" })
			return w.taskSets()[1]
		}, "ecs-svc/2 ACTIVE", "ecs-svc/2 PRIMARY"},
		"ReadyTimeoutRollsBack": {func(a *Assumptions) { a.ReadyTimeoutRollsBack = false }, func(w *world) any {
			w.group(withReadyWait)
			id := w.deploy(spec(td2))
			w.end(id)
			return w.get(id).RollbackInfo != nil
		}, true, false},
		"ReadyAfterHook": {func(a *Assumptions) { a.ReadyAfterHook = true }, func(w *world) any {
			w.group(withReadyWait)
			id := w.deploy(spec(td2))
			w.until(id, isReady)
			return w.statuses(id)[5:7]
		}, []string{"BeforeAllowTraffic=Pending", "AllowTraffic=Pending"}, []string{"BeforeAllowTraffic=Succeeded", "AllowTraffic=Pending"}},
		"StopCode": {func(a *Assumptions) { a.StopCode = "TIMEOUT" }, func(w *world) any {
			w.group(nil)
			id := w.deploy(spec(td2))
			do[codedeploy.StopDeploymentOutput](w, &codedeploy.StopDeploymentInput{DeploymentId: &id})
			return w.end(id).ErrorInformation.Code
		}, types.ErrorCodeManualStop, types.ErrorCodeTimeout},
		"RollbackNeedsChange": {func(a *Assumptions) { a.RollbackNeedsChange = false }, func(w *world) any {
			w.group(withAlarm)
			w.alarm("5xx", cwtypes.StateValueAlarm)
			id := w.deploy(spec(td2))
			w.end(id)
			return w.get(id).RollbackInfo != nil
		}, false, true},
		"StopFlagWins": {func(a *Assumptions) { a.StopFlagWins = false }, func(w *world) any {
			w.group(nil)
			id := w.deploy(spec(td2))
			w.until(id, lingering)
			do[codedeploy.StopDeploymentOutput](w, &codedeploy.StopDeploymentInput{DeploymentId: &id, AutoRollbackEnabled: new(false)})
			w.end(id)
			return w.get(id).RollbackInfo != nil
		}, false, true},
		"StoppedAgainSucceeds": {func(a *Assumptions) { a.StoppedAgainSucceeds = false }, func(w *world) any {
			w.group(nil)
			id := w.deploy(spec(td2))
			w.until(id, lingering)
			in := &codedeploy.StopDeploymentInput{DeploymentId: &id}
			do[codedeploy.StopDeploymentOutput](w, in)
			w.end(id)
			c, _ := code[codedeploy.StopDeploymentOutput](w, in)
			return c
		}, "", "DeploymentAlreadyCompletedException"},
		"ContinueDefaultsToReady": {func(a *Assumptions) { a.ContinueDefaultsToReady = false }, func(w *world) any {
			w.group(withReadyWait)
			id := w.deploy(spec(td2))
			w.until(id, isReady)
			c, _ := code[codedeploy.ContinueDeploymentOutput](w, &codedeploy.ContinueDeploymentInput{DeploymentId: &id})
			return c
		}, "", "InvalidDeploymentWaitTypeException"},
		"RepeatedReportRefused": {func(a *Assumptions) { a.RepeatedReportRefused = false }, func(w *world) any {
			w.group(nil)
			var execution string
			w.functions["judge"] = func(d, e string) { execution = e; w.reporting("Succeeded")(d, e) }
			id := w.deploy(spec(td2, "BeforeInstall=judge"))
			w.end(id)
			c, _ := code[codedeploy.PutLifecycleEventHookExecutionStatusOutput](w, &codedeploy.PutLifecycleEventHookExecutionStatusInput{
				DeploymentId: &id, LifecycleEventHookExecutionId: &execution, Status: "Succeeded"})
			return c
		}, "LifecycleEventAlreadyCompletedException", ""},
		"HooksInRollback": {func(a *Assumptions) { a.HooksInRollback = true }, func(w *world) any {
			w.group(nil)
			w.functions["good"], w.functions["bad"] = w.reporting("Succeeded"), w.reporting("Failed")
			w.end(w.deploy(spec(td2, "AfterInstall=good")))
			w.rolledBack(w.deploy(spec(td3, "AfterInstall=bad")))
			return len(w.invoked)
		}, 2, 3},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, 1, func(w *world) { same(t, "as chosen", c.see(w), c.chosen) })
			inBubble(t, 1, func(w *world) {
				c.turn(&w.s.assumes)
				same(t, "turned over", c.see(w), c.other)
			})
		})
	}
}
