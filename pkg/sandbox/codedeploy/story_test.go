package codedeploy

import (
	"slices"
	"testing"
	"testing/synctest"
	"time"

	cwtypes "github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
	"github.com/aws/smithy-go"
	"github.com/google/go-cmp/cmp"
)

func same(t *testing.T, what string, got, want any) {
	t.Helper()
	marker := cmp.FilterPath(func(p cmp.Path) bool { return p.Last().String() == ".noSmithyDocumentSerde" }, cmp.Ignore())
	if diff := cmp.Diff(want, got, marker); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

func succeeded(names ...string) []string {
	for i := range names {
		names[i] += "=Succeeded"
	}
	return names
}

func TestADeploymentGoesThroughAllEightEventsAndTerminatesBlueAfterTheWait(t *testing.T) {
	inBubble(t, 1, func(w *world) {
		w.group(nil)
		w.functions["judge"] = w.reporting(types.LifecycleEventStatusSucceeded)
		id := w.deploy(spec(td2, "AfterAllowTestTraffic=judge"))
		info := w.until(id, lingering)
		if info.Status != types.DeploymentStatusInProgress || info.DeploymentOverview != nil {
			t.Errorf("during the termination wait: %s, overview %v", info.Status, info.DeploymentOverview)
		}
		same(t, "task sets in the wait", w.taskSets(), []string{"ecs-svc/1 ACTIVE", "ecs-svc/2 PRIMARY"})
		info = w.end(id)
		if info.Status != types.DeploymentStatusSucceeded || info.ErrorInformation != nil {
			t.Fatalf("%s: %v", info.Status, info.ErrorInformation)
		}
		if took := info.CompleteTime.Sub(*info.CreateTime); took != time.Hour {
			t.Errorf("took %v, want the hour of the termination wait", took)
		}
		same(t, "events", w.statuses(id), succeeded("BeforeInstall", "Install", "AfterInstall", "AllowTestTraffic",
			"AfterAllowTestTraffic", "BeforeAllowTraffic", "AllowTraffic", "AfterAllowTraffic"))
		same(t, "task sets", w.taskSets(), []string{"ecs-svc/1 DRAINING", "ecs-svc/2 PRIMARY"})
		same(t, "production", w.weights(prod), "0/100")
		same(t, "test listener", w.weights(test), "0/100")
		same(t, "overview", info.DeploymentOverview, &types.DeploymentOverview{Succeeded: 1})
		same(t, "EventBridge", w.events, []string{"START " + id, "SUCCESS " + id})
		same(t, "callers", w.callers, map[string]bool{role: true})
		if got := w.created[0]; *got.ExternalId != id || *got.PlatformVersion != "LATEST" || *got.LoadBalancers[0].TargetGroupArn != tg2 ||
			got.NetworkConfiguration.AwsvpcConfiguration.Subnets[0] != "subnet-a" {
			t.Errorf("CreateTaskSet: %+v", got)
		}
		g := do[codedeploy.GetDeploymentGroupOutput](w, &codedeploy.GetDeploymentGroupInput{
			ApplicationName: new("web"), DeploymentGroupName: new("web")}).DeploymentGroupInfo
		if *g.LastSuccessfulDeployment.DeploymentId != id || *g.LastAttemptedDeployment.DeploymentId != id ||
			g.LastAttemptedDeployment.Status != types.DeploymentStatusSucceeded {
			t.Errorf("group: %+v", g)
		}
		same(t, "group id in the event", w.details[0].InstanceGroupID, *g.DeploymentGroupId)
	})
}

func TestTheTargetHasTheShapeOfAWS(t *testing.T) {
	inBubble(t, 1, func(w *world) {
		w.group(nil)
		w.unsteady = true
		id := w.deploy(spec(td2))
		synctest.Wait()
		got := w.target(id)
		same(t, "statuses", w.statuses(id), []string{"BeforeInstall=Succeeded", "Install=InProgress", "AfterInstall=Pending",
			"AllowTestTraffic=Pending", "AfterAllowTestTraffic=Pending", "BeforeAllowTraffic=Pending", "AllowTraffic=Pending", "AfterAllowTraffic=Pending"})
		if *got.TargetId != "main:web" || *got.TargetArn != "arn:aws:ecs:us-east-1:111122223333:service/main/web" ||
			got.Status != types.TargetStatusInProgress || *got.DeploymentId != id || got.LastUpdatedAt == nil {
			t.Errorf("target %+v", got)
		}
		same(t, "blue", got.TaskSetsInfo[0].TrafficWeight, 100.0)
		same(t, "labels", []types.TargetLabel{got.TaskSetsInfo[0].TaskSetLabel, got.TaskSetsInfo[1].TaskSetLabel}, []types.TargetLabel{"Blue", "Green"})
		same(t, "groups", *got.TaskSetsInfo[0].TargetGroup.Name+*got.TaskSetsInfo[1].TargetGroup.Name, "web-1web-2")
		same(t, "states", *got.TaskSetsInfo[0].Status+*got.TaskSetsInfo[1].Status, "PRIMARYACTIVE")
		if e := got.LifecycleEvents; e[1].StartTime == nil || e[1].EndTime != nil || e[2].StartTime != nil || e[0].EndTime == nil {
			t.Errorf("times: %+v", e[:3])
		}
		w.settle()
		w.until(id, lingering)
		if n := len(w.target(id).TaskSetsInfo); n != 2 {
			t.Errorf("%d task sets", n)
		}
	})
}

func TestATaskSetThatIsGoneIsToldAsDrained(t *testing.T) {
	inBubble(t, 1, func(w *world) {
		w.group(nil)
		id := w.deploy(spec(td2))
		w.until(id, lingering)
		w.mu.Lock()
		w.sets = w.sets[1:]
		w.mu.Unlock()
		same(t, "status", w.end(id).Status, types.DeploymentStatusSucceeded)
		blue := w.target(id).TaskSetsInfo[0]
		same(t, "blue", []any{*blue.Identifer, *blue.Status, blue.DesiredCount, blue.RunningCount, blue.TrafficWeight},
			[]any{"ecs-svc/1", "DRAINING", int64(0), int64(0), 0.0})
	})
}

func TestWithoutATestListenerThereAreSixEventsAndTheTestHookIsIgnored(t *testing.T) {
	inBubble(t, 1, func(w *world) {
		w.group(func(in *codedeploy.CreateDeploymentGroupInput) {
			in.LoadBalancerInfo.TargetGroupPairInfoList[0].TestTrafficRoute = nil
		})
		id := w.deploy(spec(td2, "AfterAllowTestTraffic=nowhere"))
		same(t, "status", w.end(id).Status, types.DeploymentStatusSucceeded)
		same(t, "events", w.statuses(id), succeeded("BeforeInstall", "Install", "AfterInstall", "BeforeAllowTraffic", "AllowTraffic", "AfterAllowTraffic"))
		same(t, "test listener", w.weights(test), "1/-1")
	})
}

func TestTheNextDeploymentTurnsTheTargetGroupsRound(t *testing.T) {
	inBubble(t, 1, func(w *world) {
		w.group(nil)
		first := w.deploy(spec(td2))
		w.end(first)
		second := w.deploy(spec(td3))
		info := w.end(second)
		same(t, "status", info.Status, types.DeploymentStatusSucceeded)
		same(t, "production", w.weights(prod), "100/0")
		same(t, "task sets", w.taskSets(), []string{"ecs-svc/1 DRAINING", "ecs-svc/2 DRAINING", "ecs-svc/3 PRIMARY"})
		same(t, "previous revision", info.PreviousRevision.AppSpecContent.Sha256, w.get(first).Revision.AppSpecContent.Sha256)
		if info.Revision.AppSpecContent.Content != nil || info.PreviousRevision.AppSpecContent.Content != nil {
			t.Error("GetDeployment tells the AppSpec's content")
		}
	})
}

func TestAFailedHookRollsBackAsADeploymentOfItsOwn(t *testing.T) {
	inBubble(t, 1, func(w *world) {
		w.group(func(in *codedeploy.CreateDeploymentGroupInput) {
			in.DeploymentConfigName = new("CodeDeployDefault.ECSLinear10PercentEvery1Minutes")
		})
		w.functions["judge"] = w.reporting(types.LifecycleEventStatusFailed)
		id := w.deploy(spec(td2, "AfterAllowTestTraffic=judge"))
		back := w.rolledBack(id)
		info := w.get(id)
		same(t, "error", info.ErrorInformation, &types.ErrorInformation{Code: types.ErrorCodeHookExecutionFailure,
			Message: new("The deployment failed because one or more of the lifecycle event validation functions failed.")})
		same(t, "events", w.statuses(id), append(succeeded("BeforeInstall", "Install", "AfterInstall", "AllowTestTraffic"),
			"AfterAllowTestTraffic=Failed", "BeforeAllowTraffic=Skipped", "AllowTraffic=Skipped", "AfterAllowTraffic=Skipped"))
		rid := *back.DeploymentId
		same(t, "messages", []string{*info.RollbackInfo.RollbackMessage, *back.RollbackInfo.RollbackMessage}, []string{
			"Deployment " + id + " terminated. Automatic rollback is triggered with a DeploymentId " + rid + ".",
			"Deployment " + rid + " is triggered to roll back deployment " + id + "."})
		same(t, "trigger", *back.RollbackInfo.RollbackTriggeringDeploymentId, id)
		same(t, "rollback", []any{back.Status, back.Creator, *back.DeploymentConfigName, back.StartTime != nil},
			[]any{types.DeploymentStatusSucceeded, types.DeploymentCreatorCodeDeployRollback, allAtOnce, true})
		same(t, "rollback's events", w.statuses(rid), succeeded("BeforeInstall", "Install", "AfterInstall", "AllowTestTraffic",
			"AfterAllowTestTraffic", "BeforeAllowTraffic", "AllowTraffic", "AfterAllowTraffic"))
		same(t, "task sets", w.taskSets(), []string{"ecs-svc/1 PRIMARY", "ecs-svc/2 DRAINING"})
		same(t, "production", w.weights(prod), "100/0")
		same(t, "test listener as before", w.weights(test), "1/-1")
		same(t, "hooks run", w.invoked, []string{"judge"})
		same(t, "EventBridge", w.events, []string{"START " + id, "FAILURE " + id, "START " + rid, "SUCCESS " + rid})
	})
}

func TestWithoutRollbackEverythingStaysWhereItWas(t *testing.T) {
	inBubble(t, 1, func(w *world) {
		w.group(func(in *codedeploy.CreateDeploymentGroupInput) { in.AutoRollbackConfiguration = nil })
		w.functions["judge"] = w.reporting(types.LifecycleEventStatusFailed)
		info := w.end(w.deploy(spec(td2, "AfterAllowTestTraffic=judge")))
		same(t, "status", info.Status, types.DeploymentStatusFailed)
		if info.RollbackInfo != nil {
			t.Error("rolled back")
		}
		same(t, "task sets", w.taskSets(), []string{"ecs-svc/1 PRIMARY", "ecs-svc/2 ACTIVE"})
		same(t, "listeners", w.weights(prod)+" "+w.weights(test), "1/-1 0/100")
		same(t, "a redeploy", w.end(w.deploy(spec(td3))).Status, types.DeploymentStatusSucceeded)
	})
}

func TestASilentHookFailsTheDeploymentAfterAnHour(t *testing.T) {
	inBubble(t, 1, func(w *world) {
		w.group(nil)
		w.functions["judge"] = func(string, string) {}
		id := w.deploy(spec(td2, "BeforeAllowTraffic=judge"))
		info := w.end(id)
		same(t, "took", info.CompleteTime.Sub(*info.CreateTime), time.Hour)
		same(t, "message", *info.ErrorInformation.Message, "The deployment timed out while waiting for a status callback. "+
			"CodeDeploy expects a status callback within one hour after a deployment hook is invoked.")
		same(t, "rollback", w.rolledBack(id).Status, types.DeploymentStatusSucceeded)
	})
}

func TestTheHooksDeadlineIsNeverUnderARealMinute(t *testing.T) {
	inBubble(t, 3600, func(w *world) {
		w.group(nil)
		w.functions["judge"] = func(string, string) {}
		info := w.end(w.deploy(spec(td2, "BeforeInstall=judge")))
		same(t, "took", info.CompleteTime.Sub(*info.CreateTime), time.Minute)
		if info.RollbackInfo != nil {
			t.Error("rolled back though nothing had changed")
		}
	})
}

func TestInstallTimesOutAfterSixtyMinutes(t *testing.T) {
	inBubble(t, 1, func(w *world) {
		w.group(nil)
		w.unsteady = true
		id := w.deploy(spec(td2))
		info := w.end(id)
		same(t, "took", info.CompleteTime.Sub(*info.CreateTime), time.Hour)
		same(t, "message", *info.ErrorInformation.Message, installText)
		same(t, "events", w.statuses(id)[:3], []string{"BeforeInstall=Succeeded", "Install=Failed", "AfterInstall=Skipped"})
		w.rolledBack(id)
		same(t, "task sets", w.taskSets(), []string{"ecs-svc/1 PRIMARY", "ecs-svc/2 DRAINING"})
		same(t, "production untouched", w.weights(prod), "1/-1")
	})
}

func TestTrafficShiftsByItsConfiguration(t *testing.T) {
	for name, c := range map[string]struct {
		shifts []int32
		took   time.Duration
	}{
		"CodeDeployDefault.ECSAllAtOnce":                    {[]int32{100}, 0},
		"CodeDeployDefault.ECSCanary10Percent5Minutes":      {[]int32{0, 10, 100}, 5 * time.Minute},
		"CodeDeployDefault.ECSCanary10Percent15Minutes":     {[]int32{0, 10, 100}, 15 * time.Minute},
		"CodeDeployDefault.ECSLinear10PercentEvery1Minutes": {[]int32{0, 10, 20, 30, 40, 50, 60, 70, 80, 90, 100}, 9 * time.Minute},
		"CodeDeployDefault.ECSLinear10PercentEvery3Minutes": {[]int32{0, 10, 20, 30, 40, 50, 60, 70, 80, 90, 100}, 27 * time.Minute},
		"Linear30": {[]int32{0, 30, 60, 90, 100}, 6 * time.Minute},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, 1, func(w *world) {
				do[codedeploy.CreateDeploymentConfigOutput](w, &codedeploy.CreateDeploymentConfigInput{
					DeploymentConfigName: new("Linear30"), ComputePlatform: types.ComputePlatformEcs,
					TrafficRoutingConfig: &types.TrafficRoutingConfig{Type: types.TrafficRoutingTypeTimeBasedLinear,
						TimeBasedLinear: &types.TimeBasedLinear{LinearPercentage: 30, LinearInterval: 2}}})
				w.group(func(in *codedeploy.CreateDeploymentGroupInput) {
					in.DeploymentConfigName = new(name)
					in.BlueGreenDeploymentConfiguration.TerminateBlueInstancesOnDeploymentSuccess.TerminationWaitTimeInMinutes = 0
				})
				if name != allAtOnce {
					same(t, "production once the group is there", w.weights(prod), "100/0")
				}
				info := w.end(w.deploy(spec(td2)))
				same(t, "status", info.Status, types.DeploymentStatusSucceeded)
				same(t, "green's weights", w.shifts, c.shifts)
				same(t, "took", info.CompleteTime.Sub(*info.CreateTime), c.took)
			})
		})
	}
}

func TestAnAlarmThatFiresAlreadyStopsANewDeploymentAtOnce(t *testing.T) {
	inBubble(t, 1, func(w *world) {
		w.group(withAlarm)
		w.alarm("5xx", cwtypes.StateValueAlarm)
		id := w.deploy(spec(td2))
		info := w.end(id)
		same(t, "status", info.Status, types.DeploymentStatusStopped)
		same(t, "error", info.ErrorInformation, &types.ErrorInformation{Code: types.ErrorCodeAlarmActive, Message: new(
			"One or more alarms have been activated according to the Amazon CloudWatch metrics you selected, and the affected deployments have been stopped. Activated alarms: 5xx")})
		same(t, "task sets", w.taskSets(), []string{"ecs-svc/1 PRIMARY"})
		same(t, "EventBridge", w.events, []string{"START " + id, "STOP " + id})
	})
}

func withAlarm(in *codedeploy.CreateDeploymentGroupInput) {
	in.DeploymentConfigName = new("CodeDeployDefault.ECSLinear10PercentEvery1Minutes")
	in.AlarmConfiguration = &types.AlarmConfiguration{Enabled: true, Alarms: []types.Alarm{{Name: new("5xx")}}}
}

func TestAnAlarmDuringTheShiftStopsAndRollsBack(t *testing.T) {
	inBubble(t, 1, func(w *world) {
		w.alarm("5xx", cwtypes.StateValueOk)
		w.group(withAlarm)
		id := w.deploy(spec(td2))
		w.until(id, func(*types.DeploymentInfo) bool { return w.weights(prod) == "70/30" })
		w.alarm("5xx", cwtypes.StateValueAlarm)
		back := w.rolledBack(id)
		info := w.get(id)
		same(t, "status", []any{info.Status, info.ErrorInformation.Code}, []any{types.DeploymentStatusStopped, types.ErrorCodeAlarmActive})
		same(t, "events", w.statuses(id)[6:], []string{"AllowTraffic=Failed", "AfterAllowTraffic=Skipped"})
		same(t, "rollback is not stopped by the same alarm", back.Status, types.DeploymentStatusSucceeded)
		same(t, "production", w.weights(prod), "100/0")
		same(t, "task sets", w.taskSets(), []string{"ecs-svc/1 PRIMARY", "ecs-svc/2 DRAINING"})
	})
}

func TestAnAlarmInTheTerminationWaitMakesBluePrimaryAgain(t *testing.T) {
	inBubble(t, 1, func(w *world) {
		w.alarm("5xx", cwtypes.StateValueOk)
		w.group(withAlarm)
		id := w.deploy(spec(td2))
		w.until(id, lingering)
		same(t, "before", w.taskSets(), []string{"ecs-svc/1 ACTIVE", "ecs-svc/2 PRIMARY"})
		w.alarm("5xx", cwtypes.StateValueAlarm)
		w.rolledBack(id)
		same(t, "status", w.get(id).Status, types.DeploymentStatusStopped)
		same(t, "events", w.statuses(id)[6:], succeeded("AllowTraffic", "AfterAllowTraffic"))
		same(t, "after", w.taskSets(), []string{"ecs-svc/1 PRIMARY", "ecs-svc/2 DRAINING"})
		same(t, "listeners", w.weights(prod)+" "+w.weights(test), "100/0 1/-1")
	})
}

func TestAlarmsThatCannotBeReadStopUnlessToldToIgnoreIt(t *testing.T) {
	for name, c := range map[string]struct {
		ignore bool
		err    error
		want   types.DeploymentStatus
		code   types.ErrorCode
	}{
		"no permission":              {false, &smithy.GenericAPIError{Code: "AccessDeniedException", Message: "no"}, types.DeploymentStatusStopped, types.ErrorCodeIamRolePermissions},
		"no permission, ignored":     {true, &smithy.GenericAPIError{Code: "AccessDeniedException", Message: "no"}, types.DeploymentStatusSucceeded, ""},
		"alarm does not exist":       {false, nil, types.DeploymentStatusStopped, types.ErrorCodeInternalError},
		"alarm missing, but ignored": {true, nil, types.DeploymentStatusSucceeded, ""},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, 1, func(w *world) {
				w.group(func(in *codedeploy.CreateDeploymentGroupInput) {
					withAlarm(in)
					in.AlarmConfiguration.IgnorePollAlarmFailure = c.ignore
				})
				if c.err != nil {
					w.refuse["DescribeAlarms"] = c.err
				}
				info := w.end(w.deploy(spec(td2)))
				same(t, "status", info.Status, c.want)
				if c.code != "" {
					same(t, "code", info.ErrorInformation.Code, c.code)
				}
			})
		})
	}
}

func TestScalingDuringTheShiftFailsTheDeploymentUnlessItIsSteadyInFiveMinutes(t *testing.T) {
	for name, settles := range map[string]bool{"steady again": true, "not steady": false} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, 1, func(w *world) {
				w.group(func(in *codedeploy.CreateDeploymentGroupInput) {
					in.DeploymentConfigName = new("CodeDeployDefault.ECSLinear10PercentEvery3Minutes")
				})
				id := w.deploy(spec(td2))
				w.until(id, func(*types.DeploymentInfo) bool { return w.weights(prod) == "80/20" })
				w.mu.Lock()
				w.desired = 5
				w.sets[1].StabilityStatus = "STABILIZING"
				w.mu.Unlock()
				w.changed.Raise()
				begin := time.Now()
				if settles {
					<-time.After(4 * time.Minute)
					w.settle()
					same(t, "status", w.end(id).Status, types.DeploymentStatusSucceeded)
					return
				}
				info := w.end(id)
				same(t, "end", []any{info.Status, *info.ErrorInformation.Message}, []any{types.DeploymentStatusFailed, scalingText})
				same(t, "after", info.CompleteTime.Sub(begin), 5*time.Minute)
				w.rolledBack(id)
				same(t, "production", w.weights(prod), "100/0")
			})
		})
	}
}

func TestTheOriginalTaskSetIsWaitedForWhereThatIsAssumed(t *testing.T) {
	inBubble(t, 1, func(w *world) {
		w.group(nil)
		w.s.assumes.SteadyBlueFirst = true
		w.sets[0].StabilityStatus = "STABILIZING"
		info := w.end(w.deploy(spec(td2)))
		same(t, "end", []any{*info.ErrorInformation.Message, len(w.created)}, []any{blueText, 0})
	})
}

func TestEveryRouteOfTheListenerThatForwardsToThePairMovesAndNoOther(t *testing.T) {
	inBubble(t, 1, func(w *world) {
		w.rules[prod] = []string{"rule/app", "rule/other"}
		w.routes["rule/app"] = append([]elbtypes.Action{{Type: elbtypes.ActionTypeEnumAuthenticateOidc, Order: new(int32(1))}}, forward(tg1)...)
		w.routes["rule/other"] = forward("elsewhere")
		w.group(nil)
		w.end(w.deploy(spec(td2)))
		same(t, "weights", []string{w.weights(prod), w.weights("rule/app"), w.weights("rule/other")}, []string{"0/100", "0/100", "-1/-1"})
		if a := w.routes["rule/app"]; len(a) != 2 || a[0].Type != elbtypes.ActionTypeEnumAuthenticateOidc {
			t.Errorf("the rule's first action was lost: %+v", a)
		}
		if !slices.ContainsFunc(w.routes[prod], func(a elbtypes.Action) bool {
			return a.TargetGroupArn == nil && !*a.ForwardConfig.TargetGroupStickinessConfig.Enabled
		}) {
			t.Errorf("default action %+v", w.routes[prod])
		}
	})
}
