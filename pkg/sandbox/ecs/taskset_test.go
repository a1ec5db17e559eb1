package ecs_test

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

var errTargetGroup = errors.New("target group not found")

func TestABlueGreenDeploymentOfTaskSets(t *testing.T) {
	inWorld(t, func(w *world) {
		before := w.start(2).TaskSets[0]
		call[sdk.RegisterTaskDefinitionOutput](w, webDefinition())
		w.lb.unused[green] = true
		made := call[sdk.CreateTaskSetOutput](w, greenSet()).TaskSet
		if *made.Status != "ACTIVE" || *made.ExternalId != "d-ABCDEFGHI" || *made.StartedBy != "CODE_DEPLOY" ||
			made.StabilityStatus != types.StabilityStatusStabilizing || made.ComputedDesiredCount != 2 {
			t.Errorf("created %+v", made)
		}
		synctest.Wait()
		svc := w.service()
		if len(svc.TaskSets) != 2 || svc.RunningCount != 4 || *svc.TaskSets[0].Id != *before.Id ||
			svc.TaskSets[1].StabilityStatus != types.StabilityStatusSteadyState {
			t.Fatalf("with both: %+v", svc)
		}
		if svc.TaskSets[1].NetworkConfiguration == nil || svc.TaskSets[1].LaunchType != types.LaunchTypeFargate {
			t.Error("network and launch type were not taken from the service")
		}

		call[sdk.UpdateServicePrimaryTaskSetOutput](w, &sdk.UpdateServicePrimaryTaskSetInput{
			Cluster: aws.String("web"), Service: aws.String("web"), PrimaryTaskSet: made.TaskSetArn,
		})
		svc = w.service()
		if *svc.TaskSets[0].Id != *made.Id || *svc.TaskSets[0].Status != "PRIMARY" || *svc.TaskSets[1].Status != "ACTIVE" {
			t.Errorf("PRIMARY %s %s, other %s", *svc.TaskSets[0].Id, *svc.TaskSets[0].Status, *svc.TaskSets[1].Status)
		}
		if *svc.TaskDefinition != *made.TaskDefinition || *svc.LoadBalancers[0].TargetGroupArn != green {
			t.Errorf("the service has %s at %s", *svc.TaskDefinition, *svc.LoadBalancers[0].TargetGroupArn)
		}

		gone := &sdk.DeleteTaskSetInput{
			Cluster: aws.String("web"), Service: aws.String("web"), TaskSet: before.Id, Force: aws.Bool(true),
		}
		draining := call[sdk.DeleteTaskSetOutput](w, gone).TaskSet
		if *draining.Status != "DRAINING" || draining.Scale.Value != 0 || draining.ComputedDesiredCount != 0 ||
			draining.StabilityStatus != types.StabilityStatusStabilizing {
			t.Errorf("deleted: %+v", draining)
		}
		time.Sleep(299 * time.Second)
		synctest.Wait()
		if n := len(w.service().TaskSets); n != 2 {
			t.Errorf("%d task sets while blue drains", n)
		}
		time.Sleep(2 * time.Second)
		synctest.Wait()
		if svc = w.service(); len(svc.TaskSets) != 1 || svc.RunningCount != 2 {
			t.Errorf("at the end: %d task sets, %d running", len(svc.TaskSets), svc.RunningCount)
		}
		var notFound *types.TaskSetNotFoundException
		if err := refused[sdk.DeleteTaskSetOutput](w, gone); !errors.As(err, &notFound) {
			t.Errorf("deleting again: %v", err)
		}
	})
}

func TestTheDesiredCountAppliesToEveryTaskSetByItsScale(t *testing.T) {
	inWorld(t, func(w *world) {
		w.start(1)
		in := greenSet()
		in.Scale.Value = 50
		call[sdk.CreateTaskSetOutput](w, in)
		call[sdk.UpdateServiceOutput](w, &sdk.UpdateServiceInput{
			Cluster: aws.String("web"), Service: aws.String("web"), DesiredCount: aws.Int32(3),
		})
		synctest.Wait()
		svc := w.service()
		if svc.TaskSets[0].RunningCount != 3 || svc.TaskSets[1].RunningCount != 2 {
			t.Errorf("running %d and %d", svc.TaskSets[0].RunningCount, svc.TaskSets[1].RunningCount)
		}
		out := call[sdk.UpdateTaskSetOutput](w, &sdk.UpdateTaskSetInput{
			Cluster: aws.String("web"), Service: aws.String("web"), TaskSet: svc.TaskSets[1].Id,
			Scale: &types.Scale{Value: 0},
		}).TaskSet
		if out.ComputedDesiredCount != 0 || out.StabilityStatus != types.StabilityStatusStabilizing {
			t.Errorf("scaled: %+v", out)
		}
		out = call[sdk.DeleteTaskSetOutput](w, &sdk.DeleteTaskSetInput{
			Cluster: aws.String("web"), Service: aws.String("web"), TaskSet: svc.TaskSets[1].Id,
		}).TaskSet
		if *out.Status != "DRAINING" {
			t.Errorf("at scale 0 it needs no force: %s", *out.Status)
		}
	})
}

func TestATaskSetWithoutAScaleHasNoTasks(t *testing.T) {
	inWorld(t, func(w *world) {
		w.start(1)
		in := greenSet()
		in.Scale = nil
		if out := call[sdk.CreateTaskSetOutput](w, in).TaskSet; out.Scale.Value != 0 || out.ComputedDesiredCount != 0 {
			t.Errorf("%+v", out)
		}
	})
}

func TestWhatTaskSetsRefuse(t *testing.T) {
	inWorld(t, func(w *world) {
		primary := w.start(0).TaskSets[0].Id
		for name, c := range map[string]struct {
			change func(*sdk.CreateTaskSetInput)
			want   string
		}{
			"an unknown service": {func(in *sdk.CreateTaskSetInput) { in.Service = aws.String("other") },
				"ServiceNotFoundException: Service not found."},
			"an unknown cluster": {func(in *sdk.CreateTaskSetInput) { in.Cluster = nil },
				"ClusterNotFoundException: Cluster not found."},
			"an unknown revision": {func(in *sdk.CreateTaskSetInput) { in.TaskDefinition = aws.String("web:9") },
				"ClientException: TaskDefinition not found."},
			"an unknown container": {func(in *sdk.CreateTaskSetInput) { in.LoadBalancers[0].ContainerName = aws.String("x") },
				"InvalidParameterException: The container x does not exist in the task definition."},
			"an unknown port": {func(in *sdk.CreateTaskSetInput) { in.LoadBalancers[0].ContainerPort = aws.Int32(81) },
				"InvalidParameterException: The container web did not have a container port 81 defined."},
			"too large a scale": {func(in *sdk.CreateTaskSetInput) { in.Scale.Value = 101 },
				"InvalidParameterException: Scale must be between 0 and 100 PERCENT."},
		} {
			in := greenSet()
			c.change(in)
			if err := refused[sdk.CreateTaskSetOutput](w, in); err.Error() != c.want {
				t.Errorf("%s: %v", name, err)
			}
		}
		err := refused[sdk.DeleteTaskSetOutput](w, &sdk.DeleteTaskSetInput{
			Cluster: aws.String("web"), Service: aws.String("web"), TaskSet: primary,
		})
		if err.Error() != "InvalidParameterException: The primary TaskSet "+*primary+" cannot be deleted." {
			t.Error(err)
		}
		for range 4 {
			call[sdk.CreateTaskSetOutput](w, greenSet())
		}
		err = refused[sdk.CreateTaskSetOutput](w, greenSet())
		if err.Error() != "InvalidParameterException: 5 deployments exist on the service. "+
			"Unable to create new TaskSet since this exceeds the maximum limit." {
			t.Error(err)
		}
	})
}

func TestDescribeTaskSetsNamesTheMissing(t *testing.T) {
	inWorld(t, func(w *world) {
		svc := w.start(1)
		out := call[sdk.DescribeTaskSetsOutput](w, &sdk.DescribeTaskSetsInput{
			Cluster: aws.String("web"), Service: svc.ServiceArn, TaskSets: []string{*svc.TaskSets[0].TaskSetArn, "ecs-svc/1"},
		})
		if len(out.TaskSets) != 1 || len(out.Failures) != 1 || *out.Failures[0].Reason != "MISSING" {
			t.Errorf("%+v", out)
		}
		all := call[sdk.DescribeTaskSetsOutput](w, &sdk.DescribeTaskSetsInput{Cluster: aws.String("web"), Service: aws.String("web")})
		if len(all.TaskSets) != 1 {
			t.Errorf("%d task sets", len(all.TaskSets))
		}
	})
}

func TestARepeatedClientTokenMakesNoSecondTaskSet(t *testing.T) {
	inWorld(t, func(w *world) {
		w.start(1)
		in := greenSet()
		in.ClientToken = aws.String("d-1")
		first, again := call[sdk.CreateTaskSetOutput](w, in).TaskSet, call[sdk.CreateTaskSetOutput](w, in).TaskSet
		if *first.Id != *again.Id || len(w.service().TaskSets) != 2 {
			t.Errorf("%s and %s, %d task sets", *first.Id, *again.Id, len(w.service().TaskSets))
		}
		in.ClientToken = aws.String("d-2")
		if other := call[sdk.CreateTaskSetOutput](w, in).TaskSet; *other.Id == *first.Id {
			t.Error("another token is another task set's")
		}
	})
}
