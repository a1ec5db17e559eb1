package ecs_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

func TestStabilityFollowsTheTargetGroup(t *testing.T) {
	inWorld(t, func(w *world) {
		call[sdk.RegisterTaskDefinitionOutput](w, webDefinition())
		in := webService(1)
		in.HealthCheckGracePeriodSeconds = aws.Int32(600)
		call[sdk.CreateServiceOutput](w, in)
		synctest.Wait()
		ip := *w.tasks("")[0].Containers[0].NetworkInterfaces[0].PrivateIpv4Address
		for _, step := range []struct {
			state string
			want  types.StabilityStatus
		}{
			{"healthy", types.StabilityStatusSteadyState},
			{"initial", types.StabilityStatusStabilizing},
			{"healthy", types.StabilityStatusSteadyState},
			{"unhealthy", types.StabilityStatusStabilizing}, // within the grace period: not replaced
			{"unavailable", types.StabilityStatusSteadyState},
			{"draining", types.StabilityStatusStabilizing},
		} {
			w.lb.set(blue, ip, step.state)
			synctest.Wait()
			if got := w.service().TaskSets[0].StabilityStatus; got != step.want {
				t.Errorf("%s: %s, want %s", step.state, got, step.want)
			}
		}
		if n := len(w.runner.all()); n != 1 {
			t.Errorf("%d tasks started", n)
		}
	})
}

func TestATargetGroupThatNoListenerUsesDoesNotGateStability(t *testing.T) {
	inWorld(t, func(w *world) {
		w.lb.unused[blue] = true
		w.runner.born = func(f *fake) { f.status = 500 }
		if got := w.start(1).TaskSets[0].StabilityStatus; got != types.StabilityStatusSteadyState {
			t.Errorf("unused: %s", got)
		}
		w.lb.mu.Lock()
		w.lb.unused[blue] = false
		w.lb.changed.Raise()
		w.lb.mu.Unlock()
		synctest.Wait()
		if got := w.service().TaskSets[0].StabilityStatus; got != types.StabilityStatusStabilizing {
			t.Errorf("in use: %s", got)
		}
	})
}

func TestAnUnhealthyTaskIsReplacedOnlyAfterTheGracePeriod(t *testing.T) {
	inWorld(t, func(w *world) {
		w.runner.born = func(f *fake) {
			if len(w.runner.tasks) == 1 {
				f.status = 500
			}
		}
		call[sdk.RegisterTaskDefinitionOutput](w, webDefinition())
		in := webService(1)
		in.HealthCheckGracePeriodSeconds = aws.Int32(60)
		call[sdk.CreateServiceOutput](w, in)
		time.Sleep(59 * time.Second)
		synctest.Wait()
		if n := len(w.runner.all()); n != 1 {
			t.Errorf("%d tasks started within the grace period", n)
		}
		time.Sleep(2 * time.Second)
		synctest.Wait()
		svc := w.service()
		if svc.RunningCount != 1 || svc.TaskSets[0].StabilityStatus != types.StabilityStatusSteadyState {
			t.Errorf("after the grace period: %+v", svc.TaskSets[0])
		}
		told := false
		for _, e := range svc.Events {
			told = told || strings.Contains(*e.Message, "(port 80) is unhealthy in (target-group "+blue+") due to (reason Health checks failed)")
		}
		stopped := w.tasks(types.DesiredStatusStopped)[0]
		if !told || stopped.StopCode != types.TaskStopCodeServiceSchedulerInitiated ||
			*stopped.StoppedReason != "Task failed ELB health checks in (target-group "+blue+")" {
			t.Errorf("event told: %t; %s: %s", told, stopped.StopCode, *stopped.StoppedReason)
		}
	})
}

func TestATaskThatCannotBeRegisteredCountsAsFailedToStart(t *testing.T) {
	inWorld(t, func(w *world) {
		w.lb.broken = errTargetGroup
		w.start(1)
		stopped := w.tasks(types.DesiredStatusStopped)[0]
		if stopped.StopCode != types.TaskStopCodeTaskFailedToStart || !strings.Contains(*stopped.StoppedReason, errTargetGroup.Error()) {
			t.Errorf("%s: %s", stopped.StopCode, *stopped.StoppedReason)
		}
		w.lb.mu.Lock()
		w.lb.broken = nil
		w.lb.mu.Unlock()
		time.Sleep(10 * time.Second)
		synctest.Wait()
		if n := w.service().RunningCount; n != 1 {
			t.Errorf("%d running after the target group is there", n)
		}
	})
}

func TestSteadyStateIsToldOnceATime(t *testing.T) {
	inWorld(t, func(w *world) {
		svc := w.start(1)
		time.Sleep(time.Hour)
		call[sdk.UpdateServiceOutput](w, &sdk.UpdateServiceInput{
			Cluster: aws.String("web"), Service: aws.String("web"), DesiredCount: aws.Int32(3),
		})
		synctest.Wait()
		names := map[any]int{}
		for _, e := range w.events("ECS Service Action") {
			names[e.detail["eventName"]]++
			if e.detail["clusterArn"] != *svc.ClusterArn || e.detail["eventType"] != "INFO" {
				t.Errorf("detail %v", e.detail)
			}
			if e.detail["eventName"] == "TASKSET_STEADY_STATE" {
				if arns, ok := e.detail["taskSetArns"].([]string); !ok || arns[0] != *svc.TaskSets[0].TaskSetArn {
					t.Errorf("detail %v", e.detail)
				}
			}
		}
		if names["TASKSET_STEADY_STATE"] != 2 || names["SERVICE_STEADY_STATE"] != 2 {
			t.Errorf("told %v", names)
		}
	})
}
