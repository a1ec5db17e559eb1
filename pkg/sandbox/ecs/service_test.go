package ecs_test

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/google/go-cmp/cmp"
)

const tail = " on services with a CODE_DEPLOY deployment controller. Use AWS CodeDeploy to trigger a new deployment."

func TestUpdateServiceRefusesWhatBelongsToADeployment(t *testing.T) {
	inWorld(t, func(w *world) {
		w.start(1)
		call[sdk.RegisterTaskDefinitionOutput](w, webDefinition())
		network := webService(1).NetworkConfiguration
		network.AwsvpcConfiguration.SecurityGroups = []string{"sg-2"}
		balancers := webService(1).LoadBalancers
		balancers[0].TargetGroupArn = aws.String(green)
		for _, c := range []struct {
			in   sdk.UpdateServiceInput
			want string
		}{
			{sdk.UpdateServiceInput{TaskDefinition: aws.String("web")}, "Unable to update task definition" + tail},
			{sdk.UpdateServiceInput{TaskDefinition: aws.String("web:2")}, "Unable to update task definition" + tail},
			{sdk.UpdateServiceInput{NetworkConfiguration: network}, "Unable to update network parameters" + tail},
			{sdk.UpdateServiceInput{LoadBalancers: balancers}, "Unable to update load balancers" + tail},
			{sdk.UpdateServiceInput{ForceNewDeployment: true}, "Cannot force a new deployment" + tail},
			{sdk.UpdateServiceInput{PlatformVersion: aws.String("1.3.0")}, "Unable to update platform version" + tail},
			{sdk.UpdateServiceInput{DesiredCount: aws.Int32(-1)}, "Desired count must not be negative."},
		} {
			c.in.Cluster, c.in.Service = aws.String("web"), aws.String("web")
			err := refused[sdk.UpdateServiceOutput](w, &c.in)
			var invalid *types.InvalidParameterException
			if !errors.As(err, &invalid) || *invalid.Message != c.want {
				t.Errorf("got %v, want %s", err, c.want)
			}
		}
	})
}

func TestUpdateServiceTakesTheSameValuesAgainAndWhatIsAllowed(t *testing.T) {
	inWorld(t, func(w *world) {
		w.start(1)
		out := call[sdk.UpdateServiceOutput](w, &sdk.UpdateServiceInput{
			Cluster: aws.String("web"), Service: aws.String("web"),
			TaskDefinition: aws.String("web"), NetworkConfiguration: webService(1).NetworkConfiguration,
			LoadBalancers: webService(1).LoadBalancers, PlatformVersion: aws.String("LATEST"),
			HealthCheckGracePeriodSeconds: aws.Int32(30), EnableExecuteCommand: aws.Bool(true),
			PropagateTags:           types.PropagateTagsService,
			DeploymentConfiguration: &types.DeploymentConfiguration{MaximumPercent: aws.Int32(150)},
		}).Service
		if *out.HealthCheckGracePeriodSeconds != 30 || !out.EnableExecuteCommand || out.PropagateTags != types.PropagateTagsService ||
			*out.DeploymentConfiguration.MaximumPercent != 150 || *out.DeploymentConfiguration.MinimumHealthyPercent != 100 {
			t.Errorf("%+v", out)
		}
	})
}

func TestWhatCreateServiceRefuses(t *testing.T) {
	inWorld(t, func(w *world) {
		w.start(0)
		for name, c := range map[string]struct {
			change func(*sdk.CreateServiceInput)
			want   string
		}{
			"a second of the name": {func(*sdk.CreateServiceInput) {},
				"InvalidParameterException: Creation of service was not idempotent."},
			"the ECS controller": {func(in *sdk.CreateServiceInput) { in.DeploymentController = nil },
				"UnsupportedFeatureException: The sandbox runs services of the CODE_DEPLOY deployment controller only."},
			"EC2": {func(in *sdk.CreateServiceInput) { in.ServiceName, in.LaunchType = aws.String("b"), "" },
				"UnsupportedFeatureException: The sandbox has no container instances: use launch type FARGATE or a Fargate capacity provider."},
			"no network": {func(in *sdk.CreateServiceInput) { in.ServiceName, in.NetworkConfiguration = aws.String("b"), nil },
				"InvalidParameterException: Network Configuration must be provided when networkMode 'awsvpc' is specified."},
			"a bad name": {func(in *sdk.CreateServiceInput) { in.ServiceName = aws.String("a b") },
				`InvalidParameterException: Invalid service name: "a b".`},
			"a grace period without load balancer": {func(in *sdk.CreateServiceInput) {
				in.LoadBalancers, in.HealthCheckGracePeriodSeconds = nil, aws.Int32(1)
			}, "InvalidParameterException: Health check grace period is only valid for services configured to use load balancers"},
		} {
			in := webService(1)
			c.change(in)
			if err := refused[sdk.CreateServiceOutput](w, in); err.Error() != c.want {
				t.Errorf("%s: %v", name, err)
			}
		}
	})
}

func TestADeletedServiceDrainsAndItsNameIsFreeAgain(t *testing.T) {
	inWorld(t, func(w *world) {
		w.start(1)
		in := &sdk.DeleteServiceInput{Cluster: aws.String("web"), Service: aws.String("web")}
		if err := refused[sdk.DeleteServiceOutput](w, in); err.Error() !=
			"InvalidParameterException: The service cannot be stopped while it is scaled above 0." {
			t.Error(err)
		}
		in.Force = aws.Bool(true)
		if svc := call[sdk.DeleteServiceOutput](w, in).Service; *svc.Status != "DRAINING" {
			t.Error(*svc.Status)
		}
		time.Sleep(10 * time.Minute)
		synctest.Wait()
		if svc := w.service(); *svc.Status != "INACTIVE" || len(svc.TaskSets) != 0 || svc.RunningCount != 0 {
			t.Errorf("%s, %d task sets", *svc.Status, len(svc.TaskSets))
		}
		var inactive *types.ServiceNotActiveException
		if err := refused[sdk.CreateTaskSetOutput](w, greenSet()); !errors.As(err, &inactive) {
			t.Error(err)
		}
		if arns := call[sdk.ListServicesOutput](w, &sdk.ListServicesInput{Cluster: aws.String("web")}).ServiceArns; arns == nil || len(arns) != 0 {
			t.Errorf("listed %v", arns)
		}
		call[sdk.CreateServiceOutput](w, webService(1))
		synctest.Wait()
		if n := w.service().RunningCount; n != 1 {
			t.Errorf("%d running in its successor", n)
		}
	})
}

func TestClustersCountWhatRunsInThem(t *testing.T) {
	inWorld(t, func(w *world) {
		w.start(2)
		call[sdk.CreateClusterOutput](w, &sdk.CreateClusterInput{})
		arns := call[sdk.ListClustersOutput](w, &sdk.ListClustersInput{}).ClusterArns
		want := []string{"arn:aws:ecs:us-east-1:111122223333:cluster/default", "arn:aws:ecs:us-east-1:111122223333:cluster/web"}
		if diff := cmp.Diff(want, arns); diff != "" {
			t.Error(diff)
		}
		out := call[sdk.DescribeClustersOutput](w, &sdk.DescribeClustersInput{Clusters: []string{arns[1], "none"}})
		if c := out.Clusters[0]; c.RunningTasksCount != 2 || c.ActiveServicesCount != 1 || *c.Status != "ACTIVE" {
			t.Errorf("%+v", c)
		}
		if *out.Failures[0].Reason != "MISSING" {
			t.Errorf("%+v", out.Failures)
		}
		var full *types.ClusterContainsServicesException
		if err := refused[sdk.DeleteClusterOutput](w, &sdk.DeleteClusterInput{Cluster: aws.String("web")}); !errors.As(err, &full) {
			t.Error(err)
		}
		call[sdk.DeleteClusterOutput](w, &sdk.DeleteClusterInput{Cluster: aws.String("default")})
	})
}

func TestTagsAreKeptOnEveryKindOfResource(t *testing.T) {
	inWorld(t, func(w *world) {
		svc := w.start(1)
		for _, arn := range []string{
			*svc.ServiceArn, *svc.ClusterArn, *svc.TaskDefinition, *svc.TaskSets[0].TaskSetArn, *w.tasks("")[0].TaskArn,
		} {
			call[sdk.TagResourceOutput](w, &sdk.TagResourceInput{ResourceArn: &arn, Tags: []types.Tag{
				{Key: aws.String("a"), Value: aws.String("1")}, {Key: aws.String("b"), Value: aws.String("2")},
			}})
			call[sdk.TagResourceOutput](w, &sdk.TagResourceInput{ResourceArn: &arn, Tags: []types.Tag{
				{Key: aws.String("b"), Value: aws.String("3")},
			}})
			call[sdk.UntagResourceOutput](w, &sdk.UntagResourceInput{ResourceArn: &arn, TagKeys: []string{"a", "z"}})
			got := call[sdk.ListTagsForResourceOutput](w, &sdk.ListTagsForResourceInput{ResourceArn: &arn}).Tags
			if len(got) != 1 || *got[0].Key != "b" || *got[0].Value != "3" {
				t.Errorf("%s has %v", arn, got)
			}
			for _, bad := range []string{"", "aws:x"} {
				refused[sdk.TagResourceOutput](w, &sdk.TagResourceInput{ResourceArn: &arn, Tags: []types.Tag{{Key: &bad}}})
			}
		}
		if svc := w.service(); len(svc.Tags) != 1 || len(svc.TaskSets[0].Tags) != 1 {
			t.Errorf("described with tags %v and %v", svc.Tags, svc.TaskSets[0].Tags)
		}
		for _, arn := range []string{
			"web", *svc.ServiceArn + "x", "arn:aws:ecs:us-east-1:111122223333:instance/web", *svc.TaskSets[0].TaskSetArn + "0",
		} {
			refused[sdk.ListTagsForResourceOutput](w, &sdk.ListTagsForResourceInput{ResourceArn: &arn})
		}
	})
}

func TestTasksAreListedByWhatTheyAre(t *testing.T) {
	inWorld(t, func(w *world) {
		svc := w.start(2)
		for want, in := range map[int][]sdk.ListTasksInput{
			2: {
				{Cluster: aws.String("web")},
				{Cluster: svc.ClusterArn, StartedBy: svc.TaskSets[0].Id, Family: aws.String("web"), LaunchType: types.LaunchTypeFargate},
			},
			1: {{Cluster: aws.String("web"), MaxResults: aws.Int32(1)}},
			0: {
				{Cluster: aws.String("web"), StartedBy: aws.String("ecs-svc/1")},
				{Cluster: aws.String("web"), DesiredStatus: types.DesiredStatusStopped},
			},
		} {
			for _, i := range in {
				if out := call[sdk.ListTasksOutput](w, &i); out.TaskArns == nil || len(out.TaskArns) != want {
					t.Errorf("%+v lists %v", i, out.TaskArns)
				}
			}
		}
		first := call[sdk.ListTasksOutput](w, &sdk.ListTasksInput{Cluster: aws.String("web"), MaxResults: aws.Int32(1)})
		second := call[sdk.ListTasksOutput](w, &sdk.ListTasksInput{
			Cluster: aws.String("web"), MaxResults: aws.Int32(1), NextToken: first.NextToken,
		})
		if second.NextToken != nil || second.TaskArns[0] == first.TaskArns[0] {
			t.Errorf("pages %v and %v", first, second)
		}
		refused[sdk.ListTasksOutput](w, &sdk.ListTasksInput{Cluster: aws.String("web"), ServiceName: aws.String("none")})
		refused[sdk.StopTaskOutput](w, &sdk.StopTaskInput{Cluster: aws.String("web"), Task: aws.String("none")})
	})
}

func TestTasksGetTheTagsThatTheServicePropagates(t *testing.T) {
	inWorld(t, func(w *world) {
		def, svc := webDefinition(), webService(1)
		def.Tags = []types.Tag{{Key: aws.String("from"), Value: aws.String("TASK_DEFINITION")}}
		svc.Tags = []types.Tag{{Key: aws.String("from"), Value: aws.String("SERVICE")}}
		call[sdk.RegisterTaskDefinitionOutput](w, def)
		for _, from := range []types.PropagateTags{types.PropagateTagsService, types.PropagateTagsTaskDefinition, types.PropagateTagsNone} {
			svc.ServiceName, svc.PropagateTags = aws.String(string(from)), from
			call[sdk.CreateServiceOutput](w, svc)
			synctest.Wait()
			arns := call[sdk.ListTasksOutput](w, &sdk.ListTasksInput{Cluster: aws.String("web"), ServiceName: svc.ServiceName}).TaskArns
			got := call[sdk.DescribeTasksOutput](w, &sdk.DescribeTasksInput{
				Cluster: aws.String("web"), Tasks: arns, Include: []types.TaskField{types.TaskFieldTags},
			}).Tasks[0].Tags
			if from == types.PropagateTagsNone && len(got) == 0 {
				continue
			}
			if len(got) != 1 || *got[0].Value != string(from) {
				t.Errorf("%s: %v", from, got)
			}
		}
	})
}
