package codedeploy

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/codedeploy"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"
	"github.com/aws/smithy-go"

	"github.com/cutover-ecs/cutover/pkg/sandbox/wire"
)

func TestStopIsPendingThenStoppedThenSucceeded(t *testing.T) {
	inBubble(t, 1, func(w *world) {
		w.group(nil)
		w.unsteady = true
		id := w.deploy(spec(td2))
		synctest.Wait()
		stop := func() *codedeploy.StopDeploymentOutput {
			return do[codedeploy.StopDeploymentOutput](w, &codedeploy.StopDeploymentInput{DeploymentId: &id})
		}
		out := stop()
		same(t, "first answer", []string{string(out.Status), *out.StatusMessage}, []string{"Pending", stopPendingText})
		back := w.rolledBack(id)
		info := w.get(id)
		same(t, "stopped", []any{info.Status, info.ErrorInformation.Code}, []any{types.DeploymentStatusStopped, types.ErrorCodeManualStop})
		same(t, "events", w.statuses(id)[:3], []string{"BeforeInstall=Succeeded", "Install=Failed", "AfterInstall=Skipped"})
		same(t, "later answer", stop().Status, types.StopStatusSucceeded)
		same(t, "task sets", w.taskSets(), []string{"ecs-svc/1 PRIMARY", "ecs-svc/2 DRAINING"})
		same(t, "EventBridge", w.events, []string{"START " + id, "STOP " + id, "START " + *back.DeploymentId, "SUCCESS " + *back.DeploymentId})
		if c, _ := code[codedeploy.StopDeploymentOutput](w, &codedeploy.StopDeploymentInput{DeploymentId: back.DeploymentId}); c != "DeploymentAlreadyCompletedException" {
			t.Errorf("stop of an ended deployment: %s", c)
		}
	})
}

func TestStopWithoutRollbackLeavesBothTaskSets(t *testing.T) {
	inBubble(t, 1, func(w *world) {
		w.group(nil)
		id := w.deploy(spec(td2))
		w.until(id, lingering)
		do[codedeploy.StopDeploymentOutput](w, &codedeploy.StopDeploymentInput{DeploymentId: &id, AutoRollbackEnabled: new(false)})
		info := w.end(id)
		synctest.Wait()
		if info.Status != types.DeploymentStatusStopped || w.get(id).RollbackInfo != nil {
			t.Errorf("%s, rollback %v", info.Status, w.get(id).RollbackInfo)
		}
		same(t, "task sets", w.taskSets(), []string{"ecs-svc/1 ACTIVE", "ecs-svc/2 PRIMARY"})
		same(t, "production", w.weights(prod), "0/100")
	})
}

func TestStopWithRollbackWhereTheGroupHasNone(t *testing.T) {
	inBubble(t, 1, func(w *world) {
		w.group(func(in *codedeploy.CreateDeploymentGroupInput) { in.AutoRollbackConfiguration = nil })
		id := w.deploy(spec(td2))
		w.until(id, lingering)
		do[codedeploy.StopDeploymentOutput](w, &codedeploy.StopDeploymentInput{DeploymentId: &id, AutoRollbackEnabled: new(true)})
		w.rolledBack(id)
		same(t, "task sets", w.taskSets(), []string{"ecs-svc/1 PRIMARY", "ecs-svc/2 DRAINING"})
		same(t, "production", w.weights(prod), "100/0")
	})
}

func TestTheTerminationWaitCanBeEndedEarly(t *testing.T) {
	for name, end := range map[string]func(*world, *string){
		"ContinueDeployment": func(w *world, id *string) {
			do[codedeploy.ContinueDeploymentOutput](w, &codedeploy.ContinueDeploymentInput{DeploymentId: id, DeploymentWaitType: types.DeploymentWaitTypeTerminationWait})
		},
		"SkipWaitTimeForInstanceTermination": func(w *world, id *string) {
			do[codedeploy.SkipWaitTimeForInstanceTerminationOutput](w, &codedeploy.SkipWaitTimeForInstanceTerminationInput{DeploymentId: id})
		},
		"the clock's skip": func(w *world, _ *string) { w.s.opts.Clock.Skip("termination-wait") },
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, 1, func(w *world) {
				w.group(nil)
				id := w.deploy(spec(td2))
				w.until(id, lingering)
				end(w, &id)
				info := w.end(id)
				same(t, "status", info.Status, types.DeploymentStatusSucceeded)
				same(t, "took", info.CompleteTime.Sub(*info.CreateTime), time.Duration(0))
				same(t, "task sets", w.taskSets(), []string{"ecs-svc/1 DRAINING", "ecs-svc/2 PRIMARY"})
			})
		})
	}
}

func TestKeepAliveEndsTheDeploymentWithBothTaskSets(t *testing.T) {
	inBubble(t, 1, func(w *world) {
		w.group(func(in *codedeploy.CreateDeploymentGroupInput) {
			in.BlueGreenDeploymentConfiguration.TerminateBlueInstancesOnDeploymentSuccess.Action = types.InstanceActionKeepAlive
		})
		info := w.end(w.deploy(spec(td2)))
		if info.Status != types.DeploymentStatusSucceeded || info.InstanceTerminationWaitTimeStarted {
			t.Errorf("%s, wait started %v", info.Status, info.InstanceTerminationWaitTimeStarted)
		}
		same(t, "task sets", w.taskSets(), []string{"ecs-svc/1 ACTIVE", "ecs-svc/2 PRIMARY"})
	})
}

func withReadyWait(in *codedeploy.CreateDeploymentGroupInput) {
	in.BlueGreenDeploymentConfiguration.DeploymentReadyOption = &types.DeploymentReadyOption{
		ActionOnTimeout: types.DeploymentReadyActionStopDeployment, WaitTimeInMinutes: 30}
}

func TestAReadyDeploymentGoesOnWhenToldTo(t *testing.T) {
	inBubble(t, 1, func(w *world) {
		w.group(withReadyWait)
		id := w.deploy(spec(td2))
		info := w.until(id, isReady)
		same(t, "status", []any{info.Status, w.target(id).Status}, []any{types.DeploymentStatusReady, types.TargetStatusReady})
		same(t, "events", w.statuses(id)[4:6], []string{"AfterAllowTestTraffic=Succeeded", "BeforeAllowTraffic=Pending"})
		same(t, "listeners", w.weights(prod)+" "+w.weights(test), "1/-1 0/100")
		c, _ := code[codedeploy.ContinueDeploymentOutput](w, &codedeploy.ContinueDeploymentInput{DeploymentId: &id, DeploymentWaitType: types.DeploymentWaitTypeTerminationWait})
		same(t, "the other wait", c, "DeploymentIsNotInReadyStateException")
		do[codedeploy.ContinueDeploymentOutput](w, &codedeploy.ContinueDeploymentInput{DeploymentId: &id, DeploymentWaitType: types.DeploymentWaitTypeReadyWait})
		same(t, "end", w.end(id).Status, types.DeploymentStatusSucceeded)
		same(t, "EventBridge", w.events, []string{"START " + id, "READY " + id, "SUCCESS " + id})
	})
}

func TestAReadyDeploymentStopsWhenItsTimeRunsOut(t *testing.T) {
	inBubble(t, 1, func(w *world) {
		w.group(withReadyWait)
		id := w.deploy(spec(td2))
		info := w.end(id)
		same(t, "status", info.Status, types.DeploymentStatusStopped)
		same(t, "message", *info.ErrorInformation.Message,
			"The deployment timed out while waiting for a notification to continue. This time out period is 30 minutes.")
		same(t, "took", info.CompleteTime.Sub(*info.CreateTime), 30*time.Minute)
		w.rolledBack(id)
		same(t, "task sets", w.taskSets(), []string{"ecs-svc/1 PRIMARY", "ecs-svc/2 DRAINING"})
	})
}

func TestOneDeploymentOfAGroupIsActiveTheTerminationWaitIncluded(t *testing.T) {
	inBubble(t, 1, func(w *world) {
		w.group(nil)
		id := w.deploy(spec(td2))
		w.until(id, lingering)
		c, m := code[codedeploy.CreateDeploymentOutput](w, &codedeploy.CreateDeploymentInput{
			ApplicationName: new("web"), DeploymentGroupName: new("web"), Revision: inline(spec(td3))})
		same(t, "error", []string{c, m}, []string{"DeploymentLimitExceededException",
			"The Deployment Group 'web' already has an active Deployment '" + id + "'"})
	})
}

func TestTheRollbackKeepsTheGroupsPlaceThoughTheTwoAreNotAtomic(t *testing.T) {
	inBubble(t, 1, func(w *world) {
		w.group(nil)
		w.s.assumes.RollbackGap = time.Minute
		w.functions["judge"] = w.reporting(types.LifecycleEventStatusFailed)
		id := w.deploy(spec(td2, "AfterInstall=judge"))
		if info := w.end(id); info.RollbackInfo != nil {
			t.Error("the rollback is there with the end")
		}
		c, _ := code[codedeploy.CreateDeploymentOutput](w, &codedeploy.CreateDeploymentInput{
			ApplicationName: new("web"), DeploymentGroupName: new("web"), Revision: inline(spec(td3))})
		same(t, "another meanwhile", c, "DeploymentLimitExceededException")
		same(t, "rollback", w.rolledBack(id).Status, types.DeploymentStatusSucceeded)
	})
}

func TestAHookReportsOnceInTimeAndWithOneOfTwoWords(t *testing.T) {
	inBubble(t, 1, func(w *world) {
		w.group(nil)
		var execution string
		w.functions["judge"] = func(_, e string) { execution = e }
		id := w.deploy(spec(td2, "AfterAllowTestTraffic=judge"))
		synctest.Wait()
		report := func(id, execution string, status types.LifecycleEventStatus) string {
			c, _ := code[codedeploy.PutLifecycleEventHookExecutionStatusOutput](w, &codedeploy.PutLifecycleEventHookExecutionStatusInput{
				DeploymentId: &id, LifecycleEventHookExecutionId: &execution, Status: status})
			return strings.TrimSuffix(c, "Exception")
		}
		if len(execution) < 100 {
			t.Errorf("execution id %q is not opaque and long", execution)
		}
		same(t, "answers", []string{
			report("", execution, "Succeeded"), report("nonsense", execution, "Succeeded"), report("d-AAAAAAAAA", execution, "Succeeded"),
			report(id, "nonsense", "Succeeded"), report(id, execution, "SUCCEEDED"), report(id, execution, "Skipped"),
			report(id, execution, "Succeeded"), report(id, execution, "Succeeded"), report(id, execution, "Failed"),
		}, []string{"DeploymentIdRequired", "InvalidDeploymentId", "DeploymentDoesNotExist",
			"InvalidLifecycleEventHookExecutionId", "InvalidLifecycleEventHookExecutionStatus", "InvalidLifecycleEventHookExecutionStatus",
			"", "LifecycleEventAlreadyCompleted", "LifecycleEventAlreadyCompleted"})
		same(t, "end", w.end(id).Status, types.DeploymentStatusSucceeded)
	})
}

func TestALateReportIsRefused(t *testing.T) {
	inBubble(t, 1, func(w *world) {
		w.group(nil)
		var execution string
		w.functions["judge"] = func(_, e string) { execution = e }
		id := w.deploy(spec(td2, "AfterAllowTestTraffic=judge"))
		w.rolledBack(id)
		c, _ := code[codedeploy.PutLifecycleEventHookExecutionStatusOutput](w, &codedeploy.PutLifecycleEventHookExecutionStatusInput{
			DeploymentId: &id, LifecycleEventHookExecutionId: &execution, Status: types.LifecycleEventStatusSucceeded})
		same(t, "late report", c, "LifecycleEventAlreadyCompletedException")
	})
}

func TestWhatADeploymentFindsOutFailsItWithTheTextsOfAWS(t *testing.T) {
	denial := &smithy.GenericAPIError{Code: "AccessDeniedException", Message: "User is not authorized"}
	const iam = "The IAM role " + role + " does not give you permission to perform operations in the following AWS service: "
	for name, c := range map[string]struct {
		arrange func(*world)
		spec    string
		code    types.ErrorCode
		message string // its beginning
		event   string
	}{
		"AppSpec that is no document": {nil, "{", types.ErrorCodeInvalidRevision,
			badSpec + "The input AppSpec file is a not well-formed yaml. The template cannot be parsed.", "BeforeInstall=Skipped"},
		"AppSpec without a container":          {nil, strings.Replace(spec(td2), `"web"`, `""`, 1), types.ErrorCodeInvalidRevision, badSpec, "BeforeInstall=Skipped"},
		"task definition without its revision": {nil, spec("web:2"), types.ErrorCodeInvalidRevision, badSpec, "BeforeInstall=Skipped"},
		"latest as revision": {nil, spec(strings.TrimSuffix(td2, "2") + "latest"), types.ErrorCodeEcsUpdateError,
			"The ECS service cannot be updated due to an unexpected error: Invalid revision number. Number: latest (Service: AmazonECS; Status Code: 400; Error Code: InvalidParameterException; Request ID: ", "Install=Failed"},
		"listener on the wrong target group": {func(w *world) { w.routes[prod] = forward(tg2) }, spec(td2), types.ErrorCodeElasticLoadBalancingInvalid,
			"The ELB could not be updated due to the following error: Primary taskset target group must be behind listener " + prod, "Install=Failed"},
		"rule on the wrong target group": {func(w *world) { w.rules[prod], w.routes["rule/1"] = []string{"rule/1"}, forward(tg2) }, spec(td2), types.ErrorCodeElasticLoadBalancingInvalid,
			"The ELB could not be updated due to the following error: Primary taskset target group must be behind listener rule/1", "Install=Failed"},
		"hook that does not exist": {nil, spec(td2, "BeforeInstall=nowhere"), types.ErrorCodeInvalidLambdaFunction,
			"The deployment failed because the Lambda function nowhere could not be found", "BeforeInstall=Failed"},
		"no permission to invoke": {func(w *world) { w.refuse["Invoke"] = denial }, spec(td2, "AfterInstall=judge"),
			types.ErrorCodeIamRolePermissions, iam + "AWSLambda.", "AfterInstall=Failed"},
		"no permission to create": {func(w *world) { w.refuse["CreateTaskSet"] = denial }, spec(td2),
			types.ErrorCodeIamRolePermissions, iam + "AmazonECS.", "Install=Failed"},
		"no permission to move traffic": {func(w *world) { w.refuse["ModifyListener"] = denial }, spec(td2),
			types.ErrorCodeIamRolePermissions, iam + "AmazonElasticLoadBalancing.", "AllowTestTraffic=Failed"},
		"throttled for good": {func(w *world) {
			w.refuse["CreateTaskSet"] = &smithy.GenericAPIError{Code: "ThrottlingException", Message: "Rate exceeded"}
		},
			spec(td2), types.ErrorCodeThrottled, "The deployment failed because of throttling", "Install=Failed"},
		"service gone": {func(w *world) { w.mu.Lock(); w.sets = nil; w.mu.Unlock() }, spec(td2), types.ErrorCodeInvalidEcsService, "The ECS service web has no primary", "BeforeInstall=Skipped"},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, 1, func(w *world) {
				w.group(nil)
				if c.arrange != nil {
					c.arrange(w)
				}
				id := w.deploy(c.spec)
				info := w.end(id)
				same(t, "end", []any{info.Status, info.ErrorInformation.Code}, []any{types.DeploymentStatusFailed, c.code})
				if !strings.HasPrefix(*info.ErrorInformation.Message, c.message) {
					t.Errorf("message %q\n   want %q", *info.ErrorInformation.Message, c.message)
				}
				if !strings.Contains(strings.Join(w.statuses(id), " "), c.event) {
					t.Errorf("events %v, want %s", w.statuses(id), c.event)
				}
			})
		})
	}
}

func TestAPassingTroubleOfAWSIsRepeated(t *testing.T) {
	inBubble(t, 1, func(w *world) {
		w.group(nil)
		w.refuse["CreateTaskSet"] = &smithy.GenericAPIError{Code: "ThrottlingException", Message: "Rate exceeded"}
		calls := 0
		w.on["CreateTaskSet"] = func() {
			if calls++; calls == 2 {
				w.mu.Lock()
				delete(w.refuse, "CreateTaskSet")
				w.mu.Unlock()
			}
		}
		same(t, "status", w.end(w.deploy(spec(td2))).Status, types.DeploymentStatusSucceeded)
	})
}

func TestItIsTooLateOnceBlueIsBeingTerminated(t *testing.T) {
	inBubble(t, 1, func(w *world) {
		w.group(nil)
		var got string
		id := ""
		w.on["DeleteTaskSet"] = func() {
			got, _ = code[codedeploy.StopDeploymentOutput](w, &codedeploy.StopDeploymentInput{DeploymentId: &id})
		}
		w.refuse["DeleteTaskSet"] = &smithy.GenericAPIError{Code: "AccessDeniedException", Message: "no"}
		id = w.deploy(spec(td2))
		info := w.end(id)
		synctest.Wait()
		same(t, "stop", got, "DeploymentAlreadyCompletedException")
		if info.Status != types.DeploymentStatusFailed || w.get(id).RollbackInfo != nil {
			t.Errorf("%s, rollback %v", info.Status, info.RollbackInfo)
		}
	})
}

func TestARollbackWhoseOriginalTaskSetIsGoneDeploysThePreviousRevision(t *testing.T) {
	inBubble(t, 1, func(w *world) {
		w.group(nil)
		w.end(w.deploy(spec(td2)))
		id := w.deploy(spec(td3))
		w.until(id, lingering)
		w.mark("ecs-svc/2", "DRAINING")
		do[codedeploy.StopDeploymentOutput](w, &codedeploy.StopDeploymentInput{DeploymentId: &id})
		same(t, "status", w.rolledBack(id).Status, types.DeploymentStatusSucceeded)
		same(t, "task sets", w.taskSets(), []string{"ecs-svc/1 DRAINING", "ecs-svc/2 DRAINING", "ecs-svc/3 DRAINING", "ecs-svc/4 PRIMARY"})
		same(t, "task definition", *w.sets[3].TaskDefinition, td2)
	})
}

func TestCloseEndsDeploymentsWhereTheyStand(t *testing.T) {
	inBubble(t, 1, func(w *world) {
		w.group(nil)
		id := w.deploy(spec(td2))
		w.until(id, lingering)
		w.s.Close()
		if _, err := wire.Call[codedeploy.CreateDeploymentOutput](context.Background(), w.srv, &codedeploy.CreateDeploymentInput{
			ApplicationName: new("web"), DeploymentGroupName: new("web"), Revision: inline(spec(td3))}); err == nil {
			t.Error("a closed service takes a deployment")
		}
		same(t, "task sets", w.taskSets(), []string{"ecs-svc/1 ACTIVE", "ecs-svc/2 PRIMARY"})
	})
}
