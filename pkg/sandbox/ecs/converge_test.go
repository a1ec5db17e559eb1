package ecs_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/google/go-cmp/cmp"
)

func TestAServiceComesToItsDesiredCountAndServes(t *testing.T) {
	inWorld(t, func(w *world) {
		svc := w.start(2)
		if svc.RunningCount != 2 || svc.PendingCount != 0 || svc.Deployments == nil || len(svc.Deployments) != 0 {
			t.Errorf("running %d, pending %d, deployments %v", svc.RunningCount, svc.PendingCount, svc.Deployments)
		}
		set := svc.TaskSets[0]
		if *set.Status != "PRIMARY" || set.ExternalId != nil || set.StartedBy != nil ||
			set.StabilityStatus != types.StabilityStatusSteadyState || set.ComputedDesiredCount != 2 {
			t.Errorf("first task set: %+v", set)
		}
		if !strings.HasPrefix(*set.Id, "ecs-svc/") || len(*set.Id) != len("ecs-svc/")+19 ||
			*set.TaskSetArn != "arn:aws:ecs:us-east-1:111122223333:task-set/web/web/"+*set.Id {
			t.Errorf("id %s, ARN %s", *set.Id, *set.TaskSetArn)
		}
		tasks := w.tasks("")
		for _, task := range tasks {
			if code, err := w.get(task); code != 200 || err != nil {
				t.Errorf("GET: %d, %v", code, err)
			}
			if *task.LastStatus != "RUNNING" || *task.StartedBy != *set.Id || *task.Group != "service:web" {
				t.Errorf("task %s of %s, %s", *task.LastStatus, *task.StartedBy, *task.Group)
			}
			ip := *task.Containers[0].NetworkInterfaces[0].PrivateIpv4Address
			details := task.Attachments[0].Details
			if !slices.ContainsFunc(details, func(d types.KeyValuePair) bool {
				return *d.Name == "privateIPv4Address" && *d.Value == ip
			}) {
				t.Errorf("attachment %v lacks %s", details, ip)
			}
		}
		if len(tasks) != 2 {
			t.Errorf("%d tasks", len(tasks))
		}
		if !strings.Contains(*svc.Events[0].Message, "(service web) has reached a steady state.") {
			t.Errorf("newest event: %s", *svc.Events[0].Message)
		}
	})
}

func TestATaskRaisesAnEventForEveryStatus(t *testing.T) {
	inWorld(t, func(w *world) {
		w.start(1)
		call[sdk.StopTaskOutput](w, &sdk.StopTaskInput{
			Cluster: aws.String("web"), Task: w.tasks("")[0].TaskArn, Reason: aws.String("because"),
		})
		time.Sleep(6 * time.Minute) // the deregistration delay, in the bubble
		synctest.Wait()
		stopped := w.tasks(types.DesiredStatusStopped)[0]
		var got []string
		var last raised
		for _, e := range w.events("ECS Task State Change") {
			if e.resources[0] == *stopped.TaskArn {
				got = append(got, e.detail["lastStatus"].(string)+" "+e.detail["desiredStatus"].(string))
				last = e
			}
		}
		want := []string{
			"PROVISIONING RUNNING", "PENDING RUNNING", "ACTIVATING RUNNING", "RUNNING RUNNING", "RUNNING STOPPED",
			"DEACTIVATING STOPPED", "STOPPING STOPPED", "DEPROVISIONING STOPPED", "STOPPED STOPPED",
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
		container := last.detail["containers"].([]any)[0].(map[string]any)
		if last.detail["stopCode"] != "UserInitiated" || last.detail["stoppedReason"] != "because" ||
			container["exitCode"] != 143.0 || container["imageDigest"] == nil || last.detail["group"] != "service:web" {
			t.Errorf("last event: %v", last.detail)
		}
		if n := len(w.tasks("")); n != 1 {
			t.Errorf("%d tasks after the replacement", n)
		}
	})
}

func TestATaskLeavesTheTargetGroupBeforeItIsTerminated(t *testing.T) {
	inWorld(t, func(w *world) {
		w.start(1)
		began := time.Now()
		call[sdk.UpdateServiceOutput](w, &sdk.UpdateServiceInput{
			Cluster: aws.String("web"), Service: aws.String("web"), DesiredCount: aws.Int32(0),
		})
		synctest.Wait()
		if svc := w.service(); svc.RunningCount != 0 || svc.TaskSets[0].StabilityStatus != types.StabilityStatusSteadyState {
			t.Errorf("draining: %d running, %s", svc.RunningCount, svc.TaskSets[0].StabilityStatus)
		}
		if w.runner.alive() != 1 {
			t.Error("terminated before it was drained")
		}
		time.Sleep(time.Hour)
		f := w.runner.all()[0]
		if w.runner.alive() != 0 || f.ended.Sub(began) != 5*time.Minute {
			t.Errorf("terminated after %s", f.ended.Sub(began))
		}
		if diff := cmp.Diff([]string{"register 10.0.0.11:80", "deregister 10.0.0.11:80"}, w.lb.book); diff != "" {
			t.Error(diff)
		}
	})
}

func TestADeadTaskIsReplaced(t *testing.T) {
	inWorld(t, func(w *world) {
		w.start(1)
		time.Sleep(2 * time.Minute)
		w.runner.all()[0].die(1)
		synctest.Wait()
		if svc := w.service(); svc.RunningCount != 1 || svc.TaskSets[0].StabilityStatus != types.StabilityStatusSteadyState {
			t.Errorf("after the death: %+v", svc.TaskSets[0])
		}
		gone := w.tasks(types.DesiredStatusStopped)[0]
		if gone.StopCode != types.TaskStopCodeEssentialContainerExited || *gone.Containers[0].ExitCode != 1 ||
			*gone.StoppedReason != "Essential container in task exited" {
			t.Errorf("%s %s, exit %d", gone.StopCode, *gone.StoppedReason, *gone.Containers[0].ExitCode)
		}
		if _, err := w.get(gone); err == nil {
			t.Error("the dead task's address still answers")
		}
	})
}

func TestTasksThatCannotStartAreHeldBackLongerAndLonger(t *testing.T) {
	inWorld(t, func(w *world) {
		w.runner.fail = func(int) error { return errors.New("CannotStartContainerError: no") }
		began := time.Now()
		svc := w.start(1)
		time.Sleep(3 * time.Hour)
		synctest.Wait()
		var got []time.Duration
		for _, at := range w.runner.at[:10] {
			got = append(got, at.Sub(began))
			began = at
		}
		want := []time.Duration{
			0, 10 * time.Second, 20 * time.Second, 40 * time.Second, 80 * time.Second, 160 * time.Second,
			320 * time.Second, 640 * time.Second, 1280 * time.Second, 27 * time.Minute,
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
		impaired := 0
		for _, e := range w.events("ECS Service Action") {
			if e.detail["eventName"] == "SERVICE_TASK_START_IMPAIRED" {
				impaired++
				if e.detail["eventType"] != "WARN" || e.resources[0] != *svc.ServiceArn {
					t.Errorf("event %v", e)
				}
			}
		}
		if impaired != 1 {
			t.Errorf("told %d times that tasks cannot start", impaired)
		}
		failed := w.tasks(types.DesiredStatusStopped)[0]
		if failed.StopCode != types.TaskStopCodeTaskFailedToStart || *failed.StoppedReason != "CannotStartContainerError: no" {
			t.Errorf("%s: %s", failed.StopCode, *failed.StoppedReason)
		}
	})
}

func TestATaskThatCrashesAtOnceIsRestartedEachMinute(t *testing.T) {
	inWorld(t, func(w *world) {
		w.runner.born = func(f *fake) { f.die(2) }
		w.start(1)
		time.Sleep(time.Hour)
		synctest.Wait()
		if n := len(w.runner.all()); n != 62 {
			t.Errorf("%d starts in an hour: %v", n, w.runner.at)
		}
	})
}

func TestAMissingImageStopsTheTaskWithItsReason(t *testing.T) {
	inWorld(t, func(w *world) {
		def := webDefinition()
		def.ContainerDefinitions[0].Image = aws.String("missing:v1")
		call[sdk.RegisterTaskDefinitionOutput](w, def)
		call[sdk.CreateServiceOutput](w, webService(1))
		synctest.Wait()
		gone := w.tasks(types.DesiredStatusStopped)[0]
		if !strings.HasPrefix(*gone.StoppedReason, "CannotPullContainerError: missing:v1") {
			t.Error(*gone.StoppedReason)
		}
		if status := w.service().TaskSets[0].StabilityStatus; status != types.StabilityStatusStabilizing {
			t.Error(status)
		}
	})
}

func TestEnvironmentSecretsAndLogsReachTheContainer(t *testing.T) {
	inWorld(t, func(w *world) {
		def := webDefinition()
		c := &def.ContainerDefinitions[0]
		c.Environment = []types.KeyValuePair{{Name: aws.String("COLOUR"), Value: aws.String("")}}
		c.Secrets = []types.Secret{{Name: aws.String("KEY"), ValueFrom: aws.String("/param")}}
		c.StopTimeout = aws.Int32(7)
		c.LogConfiguration = &types.LogConfiguration{LogDriver: types.LogDriverAwslogs, Options: map[string]string{
			"awslogs-group": "/web", "awslogs-region": "us-east-1", "awslogs-stream-prefix": "app",
		}}
		call[sdk.RegisterTaskDefinitionOutput](w, def)
		call[sdk.CreateServiceOutput](w, webService(1))
		synctest.Wait()
		f := w.runner.all()[0]
		got := f.spec.Containers[0]
		if !slices.Contains(got.Env, "COLOUR=") || !slices.Contains(got.Env, "KEY=secret of /param") {
			t.Errorf("environment %q", got.Env)
		}
		if got.StopTimeout != 7*time.Second || !got.Essential || !slices.Equal(got.Ports, []int{80}) {
			t.Errorf("container %+v", got)
		}
		if _, err := got.Log.Write([]byte("hello\n")); err != nil {
			t.Error(err)
		}
		if want := []string{"/web app/web/" + f.spec.ID + " hello"}; !slices.Equal(w.logged, want) {
			t.Errorf("logged %q, want %q", w.logged, want)
		}
	})
}

func TestATaskWhoseSecretIsMissingCannotStart(t *testing.T) {
	inWorld(t, func(w *world) {
		def := webDefinition()
		def.ContainerDefinitions[0].Secrets = []types.Secret{{Name: aws.String("KEY"), ValueFrom: aws.String("gone")}}
		call[sdk.RegisterTaskDefinitionOutput](w, def)
		call[sdk.CreateServiceOutput](w, webService(1))
		synctest.Wait()
		gone := w.tasks(types.DesiredStatusStopped)[0]
		if !strings.HasPrefix(*gone.StoppedReason, "ResourceInitializationError: unable to pull secrets") {
			t.Error(*gone.StoppedReason)
		}
	})
}
