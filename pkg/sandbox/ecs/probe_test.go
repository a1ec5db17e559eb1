package ecs_test

import (
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

// probed is a definition whose container is asked each 10 s, twice before it is unhealthy, and forgiven for a minute.
func probed() *sdk.RegisterTaskDefinitionInput {
	def := webDefinition()
	def.ContainerDefinitions[0].HealthCheck = &types.HealthCheck{Command: []string{"CMD-SHELL", "ask me"},
		Interval: aws.Int32(10), Retries: aws.Int32(2), StartPeriod: aws.Int32(60)}
	return def
}

func (w *world) health() (task, container types.HealthStatus) {
	w.t.Helper()
	synctest.Wait()
	t := w.tasks(types.DesiredStatusRunning)[0]
	return t.HealthStatus, t.Containers[0].HealthStatus
}

func TestATaskIsSteadyOnlyWhenItsContainersAreHealthy(t *testing.T) {
	inWorld(t, func(w *world) {
		w.runner.born = func(f *fake) { f.health = 1 }
		call[sdk.RegisterTaskDefinitionOutput](w, probed())
		call[sdk.CreateServiceOutput](w, webService(1))
		time.Sleep(59 * time.Second)
		if task, container := w.health(); task != types.HealthStatusUnknown || container != types.HealthStatusUnknown {
			t.Errorf("within the start period: %s, %s", task, container)
		}
		if got := w.service().TaskSets[0].StabilityStatus; got != types.StabilityStatusStabilizing {
			t.Error(got)
		}
		f := w.runner.all()[0]
		if len(f.asked()) != 5 || f.asked()[0] != "web: /bin/sh -c ask me" {
			t.Errorf("asked %q", f.asked())
		}
		f.turns(0)
		time.Sleep(2 * time.Second)
		if task, container := w.health(); task != types.HealthStatusHealthy || container != types.HealthStatusHealthy {
			t.Errorf("after a success: %s, %s", task, container)
		}
		if got := w.service().TaskSets[0].StabilityStatus; got != types.StabilityStatusSteadyState {
			t.Error(got)
		}
		if n := len(w.events("ECS Task State Change")); n == 0 || w.events("ECS Task State Change")[n-1].detail["healthStatus"] != "HEALTHY" {
			t.Error("no event tells of the health")
		}
	})
}

func TestAnUnhealthyEssentialContainerCostsItsTask(t *testing.T) {
	inWorld(t, func(w *world) {
		call[sdk.RegisterTaskDefinitionOutput](w, probed())
		call[sdk.CreateServiceOutput](w, webService(1))
		time.Sleep(71 * time.Second) // a task that fails within a minute is replaced later
		synctest.Wait()
		first := w.runner.all()[0]
		first.turns(1)
		time.Sleep(10 * time.Second) // one failure is not two
		if task, _ := w.health(); task != types.HealthStatusHealthy {
			t.Error(task)
		}
		time.Sleep(10 * time.Second)
		synctest.Wait()
		if n := len(w.runner.all()); n != 2 {
			t.Fatalf("%d tasks were started", n)
		}
		time.Sleep(10 * time.Minute)
		synctest.Wait()
		gone := w.tasks(types.DesiredStatusStopped)[0]
		if *gone.StoppedReason != "Task failed container health checks" || gone.StopCode != types.TaskStopCodeServiceSchedulerInitiated ||
			gone.HealthStatus != types.HealthStatusUnhealthy {
			t.Errorf("%s %s %s", *gone.StoppedReason, gone.StopCode, gone.HealthStatus)
		}
		if !slices.ContainsFunc(w.service().Events, func(e types.ServiceEvent) bool {
			return strings.HasSuffix(*e.Message, "failed container health checks.")
		}) {
			t.Errorf("%+v", w.service().Events)
		}
		if n := len(first.asked()); n != 9 {
			t.Errorf("a task that is to stop was asked on: %d", n)
		}
	})
}

func TestACommandThatTakesTooLongIsAFailureAndASidecarCostsNoTask(t *testing.T) {
	inWorld(t, func(w *world) {
		w.runner.born = func(f *fake) { f.takes = 6 * time.Second } // 5 is what the default lets it take
		def := probed()
		side := def.ContainerDefinitions[0]
		side.Name, side.Essential, side.PortMappings = aws.String("side"), aws.Bool(false), nil
		side.HealthCheck = &types.HealthCheck{Command: []string{"CMD", "/probe", "-x"}}
		def.ContainerDefinitions[0].HealthCheck = nil
		def.ContainerDefinitions = append(def.ContainerDefinitions, side)
		told := call[sdk.RegisterTaskDefinitionOutput](w, def).TaskDefinition.ContainerDefinitions[1].HealthCheck
		if *told.Interval != 30 || *told.Timeout != 5 || *told.Retries != 3 {
			t.Errorf("told %+v", told)
		}
		call[sdk.CreateServiceOutput](w, webService(1))
		time.Sleep(2 * time.Minute)
		synctest.Wait()
		task := w.tasks(types.DesiredStatusRunning)[0]
		if task.Containers[1].HealthStatus != types.HealthStatusUnhealthy || task.HealthStatus != types.HealthStatusUnknown {
			t.Errorf("side is %s, the task %s", task.Containers[1].HealthStatus, task.HealthStatus)
		}
		if got := w.service().TaskSets[0].StabilityStatus; got != types.StabilityStatusSteadyState || len(w.runner.all()) != 1 {
			t.Errorf("%s, %d tasks", got, len(w.runner.all()))
		}
		if f := w.runner.all()[0]; f.asked()[0] != "side: /probe -x" {
			t.Errorf("asked %q", f.asked())
		}
	})
}

func TestAHealthCheckThatMeansNothingIsRefused(t *testing.T) {
	inWorld(t, func(w *world) {
		for want, h := range map[string]types.HealthCheck{
			"must begin with CMD":         {Command: []string{"curl", "localhost"}},
			"name a command":              {Command: []string{"CMD"}},
			"interval of container 'web'": {Command: []string{"CMD", "x"}, Interval: aws.Int32(1)},
			"timeout of container":        {Command: []string{"CMD", "x"}, Timeout: aws.Int32(1)},
			"retries of container":        {Command: []string{"CMD", "x"}, Retries: aws.Int32(11)},
			"startPeriod of container":    {Command: []string{"CMD", "x"}, StartPeriod: aws.Int32(301)},
		} {
			def := webDefinition()
			def.ContainerDefinitions[0].HealthCheck = &h
			if err := refused[sdk.RegisterTaskDefinitionOutput](w, def); !strings.Contains(err.Error(), want) {
				t.Errorf("%q: %v", want, err)
			}
		}
		none := webDefinition()
		none.ContainerDefinitions[0].HealthCheck = &types.HealthCheck{Command: []string{"NONE"}}
		call[sdk.RegisterTaskDefinitionOutput](w, none)
		call[sdk.CreateServiceOutput](w, webService(1))
		time.Sleep(time.Hour)
		synctest.Wait()
		if f := w.runner.all()[0]; len(f.asked()) > 0 || w.service().TaskSets[0].StabilityStatus != types.StabilityStatusSteadyState {
			t.Errorf("asked %q", f.asked())
		}
	})
}
